package journal

import (
	"context"
	"database/sql"
	"time"

	"inboxuploader/uploader/ledger"
)

// AddTransfer implements [ledger.Journal].
func (j *Journal) AddTransfer(ctx context.Context, t ledger.Transfer) (int64, error) {
	data, err := encodeTransfer(&t)
	if err != nil {
		return 0, j.failed("add transfer", err)
	}
	var id int64
	err = j.change(ctx, true, func(ctx context.Context) error {
		// The checksum covers the id, which is not known before.
		r, err := j.execute(ctx, "INSERT INTO transfers(owner, seen, data, sum) VALUES(?, ?, ?, 0)",
			j.id, time.Now().Unix(), data)
		if err != nil {
			return err
		}
		if id, err = r.LastInsertId(); err != nil {
			return err
		}
		if err := j.exec(ctx, "UPDATE transfers SET sum = ? WHERE id = ?",
			sum(inTransfers, data, id), id); err != nil {
			return err
		}
		return j.exec(ctx, "INSERT OR REPLACE INTO origins(id, data, sum) VALUES(?, ?, ?)", id,
			data, sum(inOrigins, data, id))
	})
	if err != nil {
		return 0, j.failed("add transfer", err)
	}
	return id, nil
}

// AddBatches implements [ledger.Journal]. Their transfers must be there.
func (j *Journal) AddBatches(ctx context.Context, batches []ledger.Batch) error {
	ids := make([]int64, len(batches))
	err := j.change(ctx, true, func(ctx context.Context) error {
		for i := range batches {
			b := &batches[i]
			if len(b.Totals) > maxTotals || len(b.Facts) > maxBlob || len(b.States) > maxBlob {
				return errMisuse
			}
			claimed := seconds(b.Claimed)
			r, err := j.execute(ctx,
				"INSERT INTO batches(transfer, claimed, totals, sum) SELECT id, ?2, ?3, 0 FROM transfers WHERE id = ?1",
				b.Transfer, claimed, blob(b.Totals))
			if err != nil {
				return err
			}
			if n, err := r.RowsAffected(); err != nil || n != 1 {
				return errMisuse
			}
			if ids[i], err = r.LastInsertId(); err != nil {
				return err
			}
			id := ids[i]
			if err := j.exec(ctx, "UPDATE batches SET sum = ? WHERE id = ?",
				sumOfHead(id, b.Transfer, claimed, b.Totals), id); err != nil {
				return err
			}
			if err := j.exec(ctx, "INSERT INTO facts(id, data, sum) VALUES(?, ?, ?)", id,
				blob(b.Facts), sumOfFacts(id, b.Transfer, b.Facts)); err != nil {
				return err
			}
			if err := j.exec(ctx,
				"INSERT INTO states(id, transfer, claimed, totals, data, sum) VALUES(?, ?, ?, ?, ?, ?)", id, b.Transfer, claimed,
				blob(b.Totals), blob(b.States), sumOfStates(id, b.Transfer, claimed, b.Totals,
					b.States)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return j.failed("add batches", err)
	}
	for i := range batches {
		batches[i].ID = ids[i]
	}
	return nil
}

// blob keeps the driver from taking no bytes for NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Commit implements [ledger.Journal]. What was removed meanwhile stays removed: changes to it are
// dropped.
func (j *Journal) Commit(ctx context.Context, c ledger.Changes) error {
	transfers := make([][]byte, len(c.Transfers))
	for i := range c.Transfers {
		var err error
		if transfers[i], err = encodeTransfer(&c.Transfers[i]); err != nil {
			return j.failed("commit", err)
		}
	}
	err := j.change(ctx, c.Sync, func(ctx context.Context) error {
		for i := range c.Transfers {
			id := c.Transfers[i].ID
			if err := j.exec(ctx, "UPDATE transfers SET data = ?, sum = ? WHERE id = ?",
				transfers[i], sum(inTransfers, transfers[i], id), id); err != nil {
				return err
			}
		}
		for i := range c.Batches {
			if err := j.updateBatch(ctx, &c.Batches[i]); err != nil {
				return err
			}
		}
		for i := range c.Blocks {
			if err := j.changeBlock(ctx, &c.Blocks[i]); err != nil {
				return err
			}
		}
		for job, rank := range c.Ranks {
			if err := j.exec(ctx,
				"INSERT INTO ranks(job, rank, sum) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET rank = ?2, sum = ?3",
				job, rank, sum(inRanks, nil, job, rank)); err != nil {
				return err
			}
		}
		for _, id := range c.Removed {
			if err := j.removeBatch(ctx, id); err != nil {
				return err
			}
		}
		for _, id := range c.Forgotten {
			if err := j.forget(ctx, id); err != nil {
				return err
			}
		}
		for _, id := range c.Heard {
			if err := j.exec(ctx, "DELETE FROM commands WHERE id = ?", id); err != nil {
				return err
			}
		}
		// A commit that changes nothing makes nothing durable, so what an earlier one left to be is
		// brought along by this.
		if c.Alive || c.Sync && j.loose {
			return j.seen(ctx)
		}
		return nil
	})
	return j.failed("commit", err)
}

func (j *Journal) updateBatch(ctx context.Context, b *ledger.Batch) error {
	if len(b.Totals) > maxTotals || len(b.States) > maxBlob {
		return errMisuse
	}
	claimed := seconds(b.Claimed)
	// A batch's transfer never changes; another one would leave the facts with a checksum that does
	// not fit.
	if err := j.exec(ctx,
		"UPDATE batches SET claimed = ?, totals = ?, sum = ? WHERE id = ? AND transfer = ?",
		claimed, blob(b.Totals), sumOfHead(b.ID, b.Transfer, claimed, b.Totals), b.ID,
		b.Transfer); err != nil {
		return err
	}
	return j.exec(ctx,
		"UPDATE states SET claimed = ?, totals = ?, data = ?, sum = ? WHERE id = ? AND transfer = ?",
		claimed, blob(b.Totals), blob(b.States), sumOfStates(b.ID, b.Transfer, claimed, b.Totals,
			b.States), b.ID, b.Transfer)
}

func (j *Journal) changeBlock(ctx context.Context, b *ledger.BlockChange) error {
	if b.Forget {
		return j.exec(ctx, "DELETE FROM blocks WHERE job = ?", b.Job)
	}
	number, crc, at := int64(b.Block.Number), int64(b.Block.CRC64), seconds(b.Block.At)
	return j.exec(ctx,
		"INSERT OR REPLACE INTO blocks(job, number, crc64, at, sum) VALUES(?, ?, ?, ?, ?)",
		b.Job, number, crc, at, sumOfBlock(b.Job, number, crc, at))
}

// removeBatch removes a batch with all that belongs to its jobs.
func (j *Journal) removeBatch(ctx context.Context, id int64) error {
	for _, q := range []string{"DELETE FROM batches WHERE id = ?", "DELETE FROM facts WHERE id = ?", "DELETE FROM states WHERE id = ?"} {
		if err := j.exec(ctx, q, id); err != nil {
			return err
		}
	}
	first, last := jobsOf(id)
	for _, q := range []string{"DELETE FROM blocks WHERE job BETWEEN ? AND ?", "DELETE FROM ranks WHERE job BETWEEN ? AND ?"} {
		if err := j.exec(ctx, q, first, last); err != nil {
			return err
		}
	}
	return nil
}

// forget removes a transfer with all that belongs to it.
func (j *Journal) forget(ctx context.Context, transfer int64) error {
	var batches []int64
	if err := j.query(ctx, "SELECT id FROM batches WHERE transfer = ?", func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		batches = append(batches, id)
		return err
	}, transfer); err != nil {
		return err
	}
	for _, id := range batches {
		if err := j.removeBatch(ctx, id); err != nil {
			return err
		}
	}
	for _, q := range []string{"DELETE FROM commands WHERE transfer = ?", "DELETE FROM origins WHERE id = ?", "DELETE FROM transfers WHERE id = ?"} {
		if err := j.exec(ctx, q, transfer); err != nil {
			return err
		}
	}
	return nil
}
