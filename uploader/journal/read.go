package journal

import (
	"context"
	"database/sql"
	"slices"

	"inboxuploader/uploader/ledger"
)

// The queries that read whole tables. They don't load values beyond their limit, which count as
// damaged.
const (
	selectTransfers = "SELECT t.id, t.owner, coalesce(p.seen, t.seen), t.data, t.sum FROM transfers t LEFT JOIN processes p ON p.id = t.owner ORDER BY t.id"
	selectHeads     = "SELECT id, transfer, claimed, CASE WHEN length(totals) <= ?1 THEN totals END, sum FROM batches ORDER BY id"
	selectRanks     = "SELECT job, rank, sum FROM ranks"
	batchParts      = "SELECT s.id, s.transfer, s.claimed, CASE WHEN length(s.totals) <= ?1 THEN s.totals END, s.data, s.sum, f.data, f.sum " +
		"FROM states s LEFT JOIN facts f ON f.id = s.id"
	selectBatch     = batchParts + " WHERE s.id = ?2"
	selectAllBlocks = "SELECT job, number, crc64, at, sum FROM blocks"
	selectBlocks    = selectAllBlocks + " WHERE job = ?"
	selectInboxes   = "SELECT id, data, sum FROM inboxes ORDER BY id"
)

// Load implements [ledger.Journal].
func (j *Journal) Load(ctx context.Context) (ledger.Contents, error) {
	c, err := j.load(ctx)
	if err != nil {
		return ledger.Contents{}, j.failed("load journal", err)
	}
	return c, nil
}

func (j *Journal) load(ctx context.Context) (ledger.Contents, error) {
	var c ledger.Contents
	if err := j.check(); err != nil {
		return c, err
	}
	err := patiently(ctx, j.patience, func() error {
		c = ledger.Contents{Ranks: map[int64]int64{}}
		inner := context.WithoutCancel(ctx)
		tx, err := j.readers.BeginTx(inner, nil) // so that all is of one moment
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		rows, err := tx.QueryContext(inner, selectTransfers)
		owners := map[string]ledger.Owner{}
		if err := each(rows, err, func(r *sql.Rows) error {
			t, owner, err := scanTransfer(r, inTransfers)
			t.Owner = j.ownership(owner, owners)
			c.Transfers = append(c.Transfers, t)
			return err
		}); err != nil {
			return err
		}
		rows, err = tx.QueryContext(inner, selectHeads, maxTotals)
		if err := each(rows, err, func(r *sql.Rows) error {
			h, err := scanHead(r)
			c.Batches = append(c.Batches, h)
			return err
		}); err != nil {
			return err
		}
		rows, err = tx.QueryContext(inner, selectRanks)
		return each(rows, err, func(r *sql.Rows) error {
			job, rank, err := scanRank(r)
			c.Ranks[job] = rank
			return err
		})
	})
	return c, err
}

// check returns errClosed after Close.
func (j *Journal) check() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.read == nil {
		return errClosed
	}
	return nil
}

// scanTransfer reads a row of selectTransfers, or one like it of another table.
func scanTransfer(r *sql.Rows, table byte) (t ledger.Transfer, owner string, err error) {
	var id, seen, s int64
	var who sql.NullString
	var data sql.RawBytes
	if err := r.Scan(&id, &who, &seen, &data, &s); err != nil {
		return t, "", err
	}
	if id < 1 || id > maxID || s != sum(table, data, id) {
		return t, "", errDamaged
	}
	if t, err = decodeTransfer(data); err != nil {
		return t, "", err
	}
	t.ID, t.Seen = id, moment(seen)
	return t, who.String, nil
}

// scanHead reads a row of selectHeads.
func scanHead(r *sql.Rows) (ledger.BatchHead, error) {
	var h ledger.BatchHead
	var claimed, s int64
	if err := r.Scan(&h.ID, &h.Transfer, &claimed, &h.Totals, &s); err != nil {
		return h, err
	}
	if h.ID < 1 || h.ID > maxID || s != sumOfHead(h.ID, h.Transfer, claimed, h.Totals) {
		return h, errDamaged
	}
	h.Claimed = moment(claimed)
	return h, nil
}

func scanRank(r *sql.Rows) (job, rank int64, err error) {
	var s int64
	if err := r.Scan(&job, &rank, &s); err != nil {
		return 0, 0, err
	}
	if s != sum(inRanks, nil, job, rank) {
		return 0, 0, errDamaged
	}
	return job, rank, nil
}

// Batch implements [ledger.Journal].
func (j *Journal) Batch(ctx context.Context, id int64) (ledger.Batch, error) {
	var b ledger.Batch
	err := j.look(ctx, selectBatch, func(r *sql.Rows) error {
		return scanBatch(r, func(row *batchRow) error {
			b = ledger.Batch{
				BatchHead: ledger.BatchHead{
					ID: row.id, Transfer: row.transfer, Claimed: moment(row.claimed),
					Totals: slices.Clone([]byte(row.totals)),
				},
				Facts: slices.Clone([]byte(row.facts)), States: slices.Clone([]byte(row.states)),
			}
			return nil
		})
	}, maxTotals, id)
	if err != nil {
		return ledger.Batch{}, j.failed("read batch", err)
	}
	return b, nil
}

// batchRow is a batch as its rows have it. Its slices are valid until the next row is read.
type batchRow struct {
	id, transfer, claimed   int64
	totals, states, facts   sql.RawBytes
	sumOfStates, sumOfFacts int64
}

// scanBatch reads a row of batchParts and hands it to use if it is intact.
func scanBatch(r *sql.Rows, use func(*batchRow) error) error {
	var b batchRow
	var ofFacts sql.NullInt64
	if err := r.Scan(&b.id, &b.transfer, &b.claimed, &b.totals, &b.states, &b.sumOfStates, &b.facts,
		&ofFacts); err != nil {
		return err
	}
	b.sumOfFacts = ofFacts.Int64
	if b.id < 1 || b.id > maxID || !ofFacts.Valid || b.sumOfFacts != sumOfFacts(b.id, b.transfer,
		b.facts) ||
		b.sumOfStates != sumOfStates(b.id, b.transfer, b.claimed, b.totals, b.states) {
		return errDamaged
	}
	return use(&b)
}

// Blocks implements [ledger.Journal]. It omits a block with a damaged row, which is then sent
// again.
func (j *Journal) Blocks(ctx context.Context, job int64) ([]ledger.AckedBlock, error) {
	var all []ledger.AckedBlock
	err := j.look(ctx, selectBlocks, func(r *sql.Rows) error {
		if _, b, err := scanBlock(r); err == nil {
			all = append(all, b)
		}
		return nil
	}, job)
	if err != nil {
		return nil, j.failed("read blocks", err)
	}
	return all, nil
}

// scanBlock reads a row of selectAllBlocks.
func scanBlock(r *sql.Rows) (job int64, b ledger.AckedBlock, err error) {
	var number, crc, at, s int64
	if err := r.Scan(&job, &number, &crc, &at, &s); err != nil {
		return 0, b, err
	}
	if s != sumOfBlock(job, number, crc, at) {
		return 0, b, errDamaged
	}
	return job, ledger.AckedBlock{Number: int(number), CRC64: uint64(crc), At: moment(at)}, nil
}

// Changed implements [ledger.Journal]. It checks SQLite's data_version on the one connection with
// which this process writes; the number changes when another process writes. It waits for a running
// write of this process.
func (j *Journal) Changed(ctx context.Context) (bool, error) {
	if err := j.take(ctx); err != nil {
		return false, j.failed("look at journal", err)
	}
	defer func() { j.turn <- struct{}{} }()
	v, err := j.dataVersion(ctx)
	if err != nil {
		return false, j.failed("look at journal", err)
	}
	changed := v != j.version
	j.version = v
	return changed, nil
}

// dataVersion returns a number that changes when another process writes. The caller has the turn.
func (j *Journal) dataVersion(ctx context.Context) (int64, error) {
	var v int64
	err := patiently(ctx, j.patience, func() error {
		return j.query(context.WithoutCancel(ctx), "PRAGMA data_version",
			func(r *sql.Rows) error { return r.Scan(&v) })
	})
	return v, err
}
