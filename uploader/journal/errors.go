package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"inboxuploader/internal/filelock"
	"inboxuploader/uploader/problem"
)

// The errors of this package itself. Each becomes one of ErrJournal's reasons.
var (
	errDamaged = errors.New("the content contradicts itself")
	errNewer   = errors.New("written by a newer version")
	errBusy    = errors.New("another process holds it")
	errClosed  = errors.New("the journal is closed")
	errGone    = errors.New("removed while it was in use")
	errMisuse  = errors.New("the engine asked for what can't be kept") // a defect of this program
)

// failure turns any error into the error that callers see.
func failure(op, path string, err error) error {
	if s, ok := errors.AsType[stopped](err); ok {
		return s.cause
	}
	if e, ok := errors.AsType[*problem.Error](err); ok {
		return e
	}
	e := problem.New(op, path, reasonOf(err))
	e.Cause = err.Error()
	return e
}

// reasonOf says which case an error is.
func reasonOf(err error) problem.Reason {
	switch {
	case errors.Is(err, errDamaged):
		return problem.JournalDamaged
	case errors.Is(err, errNewer):
		return problem.JournalNewer
	case errors.Is(err, errBusy), errors.Is(err, filelock.ErrLocked):
		return problem.JournalBusy
	case errors.Is(err, errGone):
		return problem.JournalGone
	case errors.Is(err, errMisuse), errors.Is(err, errClosed):
		return problem.Unexpected
	case isFull(err):
		return problem.JournalFull
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		if _, ok := errors.AsType[*fs.PathError](err); ok {
			return problem.JournalUnwritable
		}
		if _, ok := errors.AsType[*os.LinkError](err); ok {
			return problem.JournalUnwritable
		}
		return problem.Unexpected
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP: // what a full disk says when -shm can't grow
		return problem.JournalFull
	case sqlite3.SQLITE_IOERR_DATA, sqlite3.SQLITE_IOERR_CORRUPTFS:
		return problem.JournalDamaged
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return problem.JournalFull
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return problem.JournalBusy
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT,
		sqlite3.SQLITE_CONSTRAINT, // only keys constrain, and what is written fits them unless others were altered
		sqlite3.SQLITE_ERROR,      // no such table, and its like
		sqlite3.SQLITE_TOOBIG:     // what is written is measured before
		return problem.JournalDamaged
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_IOERR:
		return problem.JournalUnwritable
	}
	return problem.Unexpected
}

// isDamage reports whether an error means that the file is damaged.
func isDamage(err error) bool {
	return reasonOf(err) == problem.JournalDamaged
}

// isBusy reports whether an error means that another process holds the database.
func isBusy(err error) bool {
	if errors.Is(err, errInUse) {
		return true
	}
	return reasonOf(err) == problem.JournalBusy
}

// cancelled returns the cause of a context that is done, as stopped, and otherwise nil.
func cancelled(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return stopped{context.Cause(ctx)}
}

// stopped marks the cause of a context. Callers get the cause unchanged, so that they recognise it.
type stopped struct{ cause error }

func (s stopped) Error() string { return s.cause.Error() }
