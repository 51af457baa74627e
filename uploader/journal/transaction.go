package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"inboxuploader/uploader/problem"
)

// take waits for the writer's turn. The caller gives it back through j.turn.
func (j *Journal) take(ctx context.Context) error {
	if err := cancelled(ctx); err != nil {
		return err
	}
	select {
	case <-j.turn:
	case <-ctx.Done():
		return cancelled(ctx)
	}
	if j.closed {
		j.turn <- struct{}{}
		return errClosed
	}
	return nil
}

// change runs do in one transaction, which takes effect as a whole or not at all. If durable, it
// survives a loss of power. change checks the context while it waits for its turn and for other
// processes; once begun, it runs to its end. do uses the context passed to it, which is never done
// (otherwise the driver would start a goroutine for each statement).
func (j *Journal) change(ctx context.Context, durable bool, do func(context.Context) error) error {
	if err := j.take(ctx); err != nil {
		return err
	}
	defer func() { j.turn <- struct{}{} }()
	if j.gone() {
		return errGone
	}
	inner := context.WithoutCancel(ctx)
	if err := j.synchronous(inner, durable); err != nil {
		return err
	}
	err := patiently(ctx, j.patience, func() error { return j.exec(inner, "BEGIN IMMEDIATE") })
	if err != nil {
		return err
	}
	if err = do(inner); err == nil {
		// This can be busy only with a rollback journal, while others read. The transaction is then
		// unchanged.
		err = patiently(ctx, j.patience, func() error { return j.exec(inner, "COMMIT") })
	}
	if err != nil {
		_ = j.exec(inner, "ROLLBACK") // SQLite may have done so itself
		return err
	}
	j.loose = !durable
	return nil
}

// gone reports whether the file is no longer in its folder: all writes would be lost with the
// process. A file with another identity counts as gone only if this journal's lock is missing too,
// since some network disks assign a new identity at any time.
func (j *Journal) gone() bool {
	now, err := os.Lstat(j.files.db())
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	if j.file == nil || os.SameFile(j.file, now) {
		return false
	}
	_, err = os.Lstat(j.files.runFile(j.id))
	return errors.Is(err, fs.ErrNotExist)
}

// synchronous makes the following commits survive a loss of power, or only the end of the process.
// With a rollback journal the latter would not be safe, so there it is always FULL.
func (j *Journal) synchronous(ctx context.Context, full bool) error {
	full = full || !j.wal
	if full == j.full {
		return nil
	}
	pragma := "PRAGMA synchronous=NORMAL"
	if full {
		pragma = "PRAGMA synchronous=FULL"
	}
	if err := j.exec(ctx, pragma); err != nil {
		return err
	}
	j.full = full
	return nil
}

// prepare returns the writer's statement of a text. The caller has the turn.
func (j *Journal) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	s := j.write[query]
	if s == nil {
		var err error
		if s, err = j.writer.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		j.write[query] = s
	}
	return s, nil
}

// exec runs a statement on the writer. The caller has the turn.
func (j *Journal) exec(ctx context.Context, query string, args ...any) error {
	_, err := j.execute(ctx, query, args...)
	return err
}

func (j *Journal) execute(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := j.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// query runs a query on the writer, in its transaction, and hands each row to scan. The caller has
// the turn.
func (j *Journal) query(
	ctx context.Context, query string, scan func(*sql.Rows) error, args ...any,
) error {
	s, err := j.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	return each(rows, err, scan)
}

// look runs a query on a reader, outside of the writer's turn, and hands each row to scan.
func (j *Journal) look(
	ctx context.Context, query string, scan func(*sql.Rows) error, args ...any,
) error {
	if err := cancelled(ctx); err != nil {
		return err
	}
	s, err := j.reader(query)
	if err != nil {
		return err
	}
	// Nothing has been scanned where it is busy.
	return patiently(ctx, j.patience, func() error {
		rows, err := s.QueryContext(context.WithoutCancel(ctx), args...)
		return each(rows, err, scan)
	})
}

// reader returns the readers' statement of a text.
func (j *Journal) reader(query string) (*sql.Stmt, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.read == nil {
		return nil, errClosed
	}
	s := j.read[query]
	if s == nil {
		var err error
		if s, err = j.readers.Prepare(query); err != nil {
			return nil, err
		}
		j.read[query] = s
	}
	return s, nil
}

// each hands each row to scan.
func each(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			// What database/sql can't convert is a value that this package did not write.
			if reasonOf(err) == problem.Unexpected && !errors.Is(err, errMisuse) {
				return fmt.Errorf("%w: %w", errDamaged, err)
			}
			return err
		}
	}
	return rows.Err()
}
