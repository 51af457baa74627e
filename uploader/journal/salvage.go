package journal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"inboxuploader/uploader/ledger"
)

// salvage copies what is intact from a damaged database into a new one.
type salvage struct {
	o       *Opened
	from    *sql.Conn            // the damaged one, in one transaction
	stmt    map[string]*sql.Stmt // of from, by text
	into    *sql.Tx
	written map[string]*sql.Stmt // of into, by text

	transfers map[int64]*savedTransfer
	kept      map[int64]bool  // batches
	missed    map[int64]int64 // batches that are not whole, and their transfers
	broken    int             // queries that could not be carried to their end
	traced    bool            // a list of all batches could be read to its end, so that none is missing without a trace
}

// run reads the database twice: as it is, and with its first page replaced by that of a new
// database. The first page says where each table begins, and in a new database tables begin at the
// same pages. Checksums keep out rows that do not belong there.
func (s *salvage) run(ctx context.Context, f files, into *sql.DB) error {
	first, err := firstPage(f.making())
	if err != nil {
		return err
	}
	if err := f.copyDamaged(); err != nil {
		return err
	}
	if s.into, err = into.BeginTx(ctx, nil); err != nil {
		return err
	}
	defer func() { _ = s.into.Rollback() }()
	for _, replaced := range []bool{false, true} {
		if replaced {
			if err := replaceFirstPage(f.copied(), first); err != nil {
				return err
			}
		}
		if err := s.pass(ctx, f.copied()); err != nil {
			return err
		}
	}
	if err := s.finish(ctx); err != nil {
		return err
	}
	return s.into.Commit()
}

// pass reads the copy once. It returns only write errors.
func (s *salvage) pass(ctx context.Context, path string) error {
	db, err := connect(path, building)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if s.from, err = db.Conn(ctx); err != nil {
		if isDamage(err) {
			return nil
		}
		return err
	}
	s.stmt = map[string]*sql.Stmt{}
	defer func() {
		for _, stmt := range s.stmt {
			_ = stmt.Close()
		}
		_, _ = s.from.ExecContext(ctx, "ROLLBACK")
		_ = s.from.Close()
	}()
	if _, err := s.from.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, take := range []func(context.Context) error{s.takeTransfers, s.takeInboxes, s.takeBatches, s.takeRanks} {
		if err := take(ctx); err != nil {
			return err
		}
	}
	return nil
}

// errWrite marks an error of the new database, as opposed to one of the damaged one.
type errWrite struct{ err error }

func (e errWrite) Error() string { return e.err.Error() }
func (e errWrite) Unwrap() error { return e.err }

func (s *salvage) write(ctx context.Context, query string, args ...any) error {
	stmt := s.written[query]
	if stmt == nil {
		var err error
		if stmt, err = s.into.PrepareContext(ctx, query); err != nil {
			return errWrite{err}
		}
		s.written[query] = stmt // closed with the transaction
	}
	if _, err := stmt.ExecContext(ctx, args...); err != nil {
		return errWrite{err}
	}
	return nil
}

// read passes rows of the damaged database to row for as long as it can. It skips damaged rows, and
// returns only write errors.
func (s *salvage) read(
	ctx context.Context, query string, row func(*sql.Rows) error, args ...any,
) error {
	if err := cancelled(ctx); err != nil {
		return err
	}
	rows, err := s.query(ctx, query, args...)
	err = each(rows, err, func(r *sql.Rows) error {
		if err := row(r); errors.As(err, new(errWrite)) {
			return err
		}
		return nil
	})
	if w := (errWrite{}); errors.As(err, &w) {
		return w.err
	}
	if err != nil {
		s.broken++
	}
	return nil
}

func (s *salvage) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt := s.stmt[query]
	if stmt == nil {
		var err error
		if stmt, err = s.from.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		s.stmt[query] = stmt
	}
	return stmt.QueryContext(ctx, args...)
}

// maxProbes is the largest credible id: a billion jobs would make that many batches.
const maxProbes = 1 << 22

// ids adds to seen the ids that scans of a table from both ends find. An unreadable page hides its
// own rows and those between it and another such page.
func (s *salvage) ids(ctx context.Context, table string, seen map[int64]bool) error {
	for _, order := range []string{"ASC", "DESC"} {
		if err := s.read(ctx, "SELECT id FROM "+table+" ORDER BY id "+order,
			func(r *sql.Rows) error {
				var id int64
				if err := r.Scan(&id); err == nil && id >= 1 && id <= maxProbes {
					seen[id] = true
				}
				return nil
			}); err != nil {
			return err
		}
	}
	return nil
}

// maxGuesses is how many ids to look up that no scan has found. Each costs some 10 µs.
const maxGuesses = 1 << 17

// candidates returns the ids that were seen, and those between them, the smallest gaps first, up to
// maxGuesses. One damaged id, far from all others, thus costs nothing.
func candidates(seen map[int64]bool) []int64 {
	ids := slices.Sorted(maps.Keys(seen))
	var gaps []int // by the place of the id before it
	for i := range len(ids) - 1 {
		if ids[i+1]-ids[i] > 1 {
			gaps = append(gaps, i)
		}
	}
	slices.SortStableFunc(gaps,
		func(a, b int) int { return cmp.Compare(ids[a+1]-ids[a], ids[b+1]-ids[b]) })
	left := int64(maxGuesses)
	all := slices.Clone(ids)
	for _, i := range gaps {
		if left -= ids[i+1] - ids[i]; left < 0 {
			break
		}
		for id := ids[i] + 1; id < ids[i+1]; id++ {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all
}

// takeTransfers takes transfers, or where one is damaged what it was begun with.
func (s *salvage) takeTransfers(ctx context.Context) error {
	seen := map[int64]bool{}
	for _, table := range []string{"transfers", "origins"} {
		if err := s.ids(ctx, table, seen); err != nil {
			return err
		}
	}
	for _, source := range []struct {
		query string
		table byte
	}{
		{"SELECT id, owner, seen, data, sum FROM transfers WHERE id = ?", inTransfers},
		{"SELECT id, NULL, 0, data, sum FROM origins WHERE id = ?", inOrigins},
	} {
		for _, id := range candidates(seen) {
			if t := s.transfers[id]; t != nil && (t.whole || source.table == inOrigins) {
				continue
			}
			if err := s.read(ctx, source.query, func(r *sql.Rows) error {
				t, owner, err := scanTransfer(r, source.table)
				if source.table == inOrigins {
					t.Checks = ledger.ChecksUnknown // what came since is lost
				}
				if err == nil {
					s.transfers[id] = &savedTransfer{Transfer: t, owner: owner, whole: source.table == inTransfers}
				}
				return err
			}, id); err != nil {
				return err
			}
		}
	}
	// The moment when the last owner was at work, if that can be read.
	for _, t := range s.transfers {
		if t.owner == "" {
			continue
		}
		if err := s.read(ctx, "SELECT seen FROM processes WHERE id = ?", func(r *sql.Rows) error {
			var seen int64
			err := r.Scan(&seen)
			if at := moment(seen); err == nil && at.After(t.Seen) {
				t.Seen = at
			}
			return err
		}, t.owner); err != nil {
			return err
		}
	}
	return nil
}

// savedTransfer is a transfer that can be read.
type savedTransfer struct {
	ledger.Transfer
	owner string
	whole bool // otherwise it is what it was begun with
}

func (s *salvage) takeInboxes(ctx context.Context) error {
	for _, order := range []string{"ASC", "DESC"} {
		if err := s.read(ctx, "SELECT id, data, sum FROM inboxes ORDER BY id "+order,
			func(r *sql.Rows) error {
				record, err := scanInbox(r)
				if err != nil {
					return err
				}
				data, err := encodeRecord(&record)
				if err != nil {
					return err
				}
				return s.write(ctx, "INSERT OR IGNORE INTO inboxes(id, data, sum) VALUES(?, ?, ?)",
					record.ID, data, sumOfInbox(record.ID, data))
			}); err != nil {
			return err
		}
	}
	return nil
}

// takeBatches takes the batches that are intact and whose transfer exists. For all others it notes
// the transfer, or 0 if that is unreadable.
func (s *salvage) takeBatches(ctx context.Context) error {
	seen := map[int64]bool{}
	for _, table := range []string{"batches", "facts", "states"} {
		before := s.broken
		if err := s.ids(ctx, table, seen); err != nil {
			return err
		}
		s.traced = s.traced || s.broken == before
	}
	for _, id := range candidates(seen) {
		if s.kept[id] {
			continue
		}
		if err := s.takeBatch(ctx, id); err != nil {
			return err
		}
		if s.kept[id] {
			delete(s.missed, id)
			if err := s.takeBlocks(ctx, id); err != nil {
				return err
			}
			continue
		}
		if _, known := s.missed[id]; seen[id] && !known {
			s.missed[id] = 0
		}
		if err := s.read(ctx,
			"SELECT id, transfer, claimed, CASE WHEN length(totals) <= ?1 THEN totals END, sum FROM batches WHERE id = ?2",
			func(r *sql.Rows) error {
				h, err := scanHead(r)
				if err == nil {
					s.missed[id] = h.Transfer
				}
				return err
			}, maxTotals, id); err != nil {
			return err
		}
	}
	return nil
}

// takeBatch takes a batch if its facts and states are intact; its head is what the states say.
func (s *salvage) takeBatch(ctx context.Context, id int64) error {
	return s.read(ctx, selectBatch, func(r *sql.Rows) error {
		return scanBatch(r, func(b *batchRow) error {
			if s.transfers[b.transfer] == nil {
				return errDamaged // where it should go to is not known any more
			}
			s.kept[id] = true
			totals := []byte(b.totals)
			if err := s.write(ctx,
				"INSERT INTO batches(id, transfer, claimed, totals, sum) VALUES(?, ?, ?, ?, ?)",
				b.id, b.transfer, b.claimed, totals, sumOfHead(b.id, b.transfer, b.claimed,
					totals)); err != nil {
				return err
			}
			if err := s.write(ctx, "INSERT INTO facts(id, data, sum) VALUES(?, ?, ?)", b.id,
				[]byte(b.facts), b.sumOfFacts); err != nil {
				return err
			}
			return s.write(ctx,
				"INSERT INTO states(id, transfer, claimed, totals, data, sum) VALUES(?, ?, ?, ?, ?, ?)",
				b.id, b.transfer, b.claimed, totals, []byte(b.states), b.sumOfStates)
		})
	}, maxTotals, id)
}

// takeBlocks takes the blocks of a batch's jobs.
func (s *salvage) takeBlocks(ctx context.Context, batch int64) error {
	first, last := jobsOf(batch)
	for _, order := range []string{"ASC", "DESC"} {
		if err := s.read(ctx,
			selectAllBlocks+" WHERE job BETWEEN ? AND ? ORDER BY job "+order+", number "+order,
			func(r *sql.Rows) error {
				job, b, err := scanBlock(r)
				if err != nil || job < first || job > last {
					return errDamaged
				}
				number, crc, at := int64(b.Number), int64(b.CRC64), seconds(b.At)
				return s.write(ctx,
					"INSERT OR IGNORE INTO blocks(job, number, crc64, at, sum) VALUES(?, ?, ?, ?, ?)",
					job, number, crc, at, sumOfBlock(job, number, crc, at))
			}, first, last); err != nil {
			return err
		}
	}
	return nil
}

func (s *salvage) takeRanks(ctx context.Context) error {
	for _, order := range []string{"ASC", "DESC"} {
		if err := s.read(ctx, "SELECT job, rank, sum FROM ranks ORDER BY job "+order,
			func(r *sql.Rows) error {
				job, rank, err := scanRank(r)
				if err != nil {
					return err
				}
				if !s.kept[batchOf(job)] {
					return errDamaged
				}
				return s.write(ctx, "INSERT OR IGNORE INTO ranks(job, rank, sum) VALUES(?, ?, ?)", job,
					rank, sum(inRanks, nil, job, rank))
			}); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the transfers, counts, and makes new ids begin after all old ones. A transfer that
// may have lost jobs counts as not scanned, so that the queue reads its roots again and finds the
// lost files.
func (s *salvage) finish(ctx context.Context) error {
	s.o.Kept, s.o.KeptTransfers, s.o.Lost = len(s.kept), len(s.transfers), len(s.missed)
	gone := map[int64]bool{}
	last := map[string]int64{"batches": 0, "transfers": 0}
	note := func(table string, id int64) { last[table] = max(last[table], id) }
	for id := range s.kept {
		note("batches", id)
	}
	for id, transfer := range s.missed {
		note("batches", id)
		note("transfers", transfer)
		switch {
		case s.transfers[transfer] != nil:
			s.transfers[transfer].whole = false
		case transfer != 0:
			gone[transfer] = true
		default: // may be any's
			for _, t := range s.transfers {
				t.whole = false
			}
		}
	}
	s.o.LostTransfers = len(gone)
	for id, t := range s.transfers {
		note("transfers", id)
		if !t.whole || !s.traced {
			t.Scanned = false
			s.o.Again = append(s.o.Again, t.Roots...)
			s.o.Replaces = s.o.Replaces || t.Options.Replace || t.Options.KeepBoth
		}
		if err := s.putTransfer(ctx, &t.Transfer); err != nil {
			return err
		}
	}
	slices.Sort(s.o.Again)
	s.o.Again = slices.Compact(s.o.Again)
	for table, seq := range last {
		if err := s.write(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", table); err != nil {
			return err
		}
		if err := s.write(ctx, "INSERT INTO sqlite_sequence(name, seq) VALUES(?, ?)", table,
			seq); err != nil {
			return err
		}
	}
	return nil
}

func (s *salvage) putTransfer(ctx context.Context, t *ledger.Transfer) error {
	data, err := encodeTransfer(t)
	if err != nil {
		return err
	}
	if err := s.write(ctx, "INSERT INTO transfers(id, seen, data, sum) VALUES(?, ?, ?, ?)", t.ID,
		seconds(t.Seen), data, sum(inTransfers, data, t.ID)); err != nil {
		return err
	}
	return s.write(ctx, "INSERT INTO origins(id, data, sum) VALUES(?, ?, ?)", t.ID, data,
		sum(inOrigins, data, t.ID))
}
