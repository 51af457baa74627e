package journal

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"time"

	"inboxuploader/uploader/ledger"
)

// register records this journal as an owner, after tidying up after dead ones. Both happen in the
// write transaction, which only one process can be in. So it notices here if its lock file was
// taken for a dead owner's in the moment before it was locked.
func (j *Journal) register(ctx context.Context) error {
	if err := j.tidy(ctx); err != nil {
		return err
	}
	if !j.lock.StandsAt(j.files.runFile(j.id)) {
		return errBusy
	}
	return j.seen(ctx)
}

// leave releases everything that this journal owns, and removes it from the owners.
func (j *Journal) leave(ctx context.Context) error {
	if err := j.exec(ctx, "UPDATE transfers SET owner = NULL, seen = ? WHERE owner = ?",
		time.Now().Unix(), j.id); err != nil {
		return err
	}
	return j.exec(ctx, "DELETE FROM processes WHERE id = ?", j.id)
}

// seen keeps the moment.
func (j *Journal) seen(ctx context.Context) error {
	return j.exec(ctx, "INSERT OR REPLACE INTO processes(id, seen) VALUES(?, ?)", j.id,
		time.Now().Unix())
}

// tidy releases the transfers of dead owners and removes what these left. The caller is in a
// transaction.
func (j *Journal) tidy(ctx context.Context) error {
	var dead []string
	if err := j.query(ctx,
		"SELECT id FROM processes WHERE id <> ?1 UNION SELECT owner FROM transfers WHERE owner <> ?1", func(r *sql.Rows) error {
			var id string
			if err := r.Scan(&id); err != nil {
				return err
			}
			if !j.files.alive(id) {
				dead = append(dead, id)
			}
			return nil
		}, j.id); err != nil {
		return err
	}
	for _, id := range dead {
		if err := j.exec(ctx,
			"UPDATE transfers SET owner = NULL, seen = coalesce((SELECT seen FROM processes WHERE id = ?1), seen) WHERE owner = ?1", id); err != nil {
			return err
		}
		if err := j.exec(ctx, "DELETE FROM processes WHERE id = ?", id); err != nil {
			return err
		}
	}
	return j.sweep()
}

// sweep removes lock files that nobody holds. An id is used once, so the owner of such a file is
// dead, or about to lock it and will notice in register. sweep leaves everything else in the folder
// alone.
func (j *Journal) sweep() error {
	entries, err := os.ReadDir(j.files.runDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil // somebody tidied up; Alive makes it anew
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, ok := cutLock(e.Name())
		if !ok || id == j.id || !e.Type().IsRegular() || j.files.alive(id) {
			continue
		}
		_ = removeFile(j.files.runFile(id)) // Windows keeps one that somebody looks at; the next sweep takes it
	}
	return nil
}

// ownership returns who owns a transfer, by its owner's id. It caches answers in known.
func (j *Journal) ownership(owner string, known map[string]ledger.Owner) ledger.Owner {
	switch owner {
	case "":
		return ledger.Nobody
	case j.id:
		return ledger.Here
	}
	o, ok := known[owner]
	if !ok {
		if j.files.alive(owner) {
			o = ledger.Elsewhere
		}
		known[owner] = o
	}
	return o
}

// Adopt implements [ledger.Journal].
func (j *Journal) Adopt(ctx context.Context, transfers []int64) ([]ledger.Transfer, error) {
	var adopted []ledger.Transfer
	err := j.change(ctx, true, func(ctx context.Context) error {
		adopted = nil
		if err := j.tidy(ctx); err != nil {
			return err
		}
		for _, id := range transfers {
			r, err := j.execute(ctx,
				"UPDATE transfers SET owner = ? WHERE id = ? AND owner IS NULL", j.id, id)
			if err != nil {
				return err
			}
			if n, err := r.RowsAffected(); err != nil {
				return err
			} else if n == 0 {
				continue
			}
			// The transfer's own column, not this journal's moment: the caller wants to know when the
			// last owner was at work.
			if err := j.query(ctx, "SELECT id, owner, seen, data, sum FROM transfers WHERE id = ?",
				func(r *sql.Rows) error {
					t, _, err := scanTransfer(r, inTransfers)
					t.Owner = ledger.Here
					adopted = append(adopted, t)
					return err
				}, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, j.failed("adopt transfers", err)
	}
	return adopted, nil
}

// Release implements [ledger.Journal].
func (j *Journal) Release(ctx context.Context, transfers []int64) error {
	err := j.change(ctx, true, func(ctx context.Context) error {
		for _, id := range transfers {
			if err := j.exec(ctx,
				"UPDATE transfers SET owner = NULL, seen = ? WHERE id = ? AND owner = ?",
				time.Now().Unix(), id, j.id); err != nil {
				return err
			}
		}
		return nil
	})
	return j.failed("release transfers", err)
}

// Alive implements [ledger.Journal]. It also recreates the lock file if something removed it, such
// as a program that cleans up old files: without it, others would take this process for dead.
func (j *Journal) Alive(ctx context.Context) error {
	err := j.change(ctx, true, func(ctx context.Context) error {
		if !j.lock.StandsAt(j.files.runFile(j.id)) {
			if err := j.relock(); err != nil {
				return err
			}
		}
		return j.seen(ctx)
	})
	return j.failed("keep alive", err)
}

func (j *Journal) relock() error {
	if err := os.Mkdir(j.files.runDir(), 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	l, err := j.files.own(j.id)
	if err != nil {
		return err
	}
	_ = j.lock.Close()
	j.lock = l
	return nil
}
