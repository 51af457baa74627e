package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"inboxuploader/internal/filelock"
)

// The states in which a program may find a database.
type finding int

const (
	fine finding = iota
	missing
	outdated   // of an older version, or kept in a way that is not safe on this disk
	unreadable // damaged
)

// smallFile is the size, in bytes, up to which every Open checks the whole file.
const smallFile = 32 << 20

// ready makes sure that an intact database of the newest version is in its place, and returns the
// shared lock that keeps others from replacing it. It creates, migrates or repairs the database if
// needed, while no other process has the file open.
func (f files) ready(
	ctx context.Context, patience time.Duration, o *Opened,
) (*filelock.File, error) {
	lock, err := filelock.Open(f.lock(), os.O_CREATE)
	if err != nil {
		return nil, err
	}
	for repairs := 0; ; repairs++ {
		var acted bool
		err := patiently(ctx, patience, func() (err error) {
			acted, err = f.tryReady(ctx, lock, o)
			return err
		})
		// Check the result again, since another process may have acted in between. The limit is for
		// a disk that damages everything written to it.
		if err == nil && acted && repairs < maxRepairs {
			continue
		}
		if err == nil && acted {
			err = errDamaged
		}
		if err != nil {
			_ = lock.Close()
			return nil, err
		}
		return lock, nil
	}
}

// maxRepairs is how often to create, migrate or repair a database before giving up.
const maxRepairs = 3

// tryReady checks the database. If it needs work and no other process uses it, tryReady does that
// work and reports that it acted. Otherwise the database is ready, and tryReady holds the shared
// lock.
func (f files) tryReady(
	ctx context.Context, lock *filelock.File, o *Opened,
) (acted bool, err error) {
	lock.Release()
	if err := lock.Try(false); err != nil {
		return false, err
	}
	found, err := f.look(ctx, o.Network)
	if err != nil || found == fine {
		return false, err
	}
	// Release the shared lock first, since two holders would wait for each other. If another process
	// is quicker, the next attempt finds everything in order.
	lock.Release()
	if err := lock.Try(true); err != nil {
		if found == unreadable && errors.Is(err, filelock.ErrLocked) {
			return false, errInUse
		}
		return false, err
	}
	defer func() {
		if acted || err != nil {
			lock.Release()
		}
	}()
	if found, err = f.look(ctx, o.Network); err != nil {
		return false, err
	}
	switch found {
	case fine:
		return false, lock.Try(false)
	case missing:
		if err := f.create(ctx, o); err != nil {
			return false, err
		}
		// What was just made need not be looked at, and whoever comes in between has nothing to do.
		return false, lock.Try(false)
	case outdated:
		err = f.update(ctx, o.Network)
	case unreadable:
		err = f.repair(ctx, o)
	}
	return err == nil, err
}

// errInUse means that a damaged file can't be set aside because another process uses it. Open
// retries for a while, since that process may be about to repair it.
var errInUse = fmt.Errorf("%w, and another process uses it", errDamaged)

// look finds out what is in the database's place. It changes nothing.
func (f files) look(ctx context.Context, network bool) (finding, error) {
	length, there, err := size(f.db())
	if err != nil {
		return 0, err
	}
	for _, p := range append(parts[1:], sharedMemory) { // SQLite would follow links
		if _, _, err := size(f.part(p)); err != nil {
			return 0, err
		}
	}
	if !there {
		for _, path := range []string{f.part("-wal"), f.part("-journal"), f.recovered()} {
			if exists(path) {
				return unreadable, nil
			}
		}
		return missing, nil
	}
	if length == 0 {
		return unreadable, nil // SQLite would take it for a new one, and remove a -wal
	}
	_, asked, err := size(f.check())
	if err != nil {
		return 0, err
	}
	how := form
	switch {
	case asked || length <= smallFile:
		how = everything
	case f.leftBehind():
		how = trees
	}
	found, err := f.lookInside(ctx, network, how)
	if err != nil && isDamage(err) {
		return unreadable, nil
	}
	if err == nil && found == fine && asked {
		err = removeFile(f.check())
	}
	return found, err
}

// leftBehind reports whether a process that used the journal was killed.
func (f files) leftBehind() bool {
	entries, err := os.ReadDir(f.runDir())
	for _, e := range entries {
		if id, ok := cutLock(e.Name()); ok && !f.alive(id) {
			return true
		}
	}
	return err != nil
}

func (f files) lookInside(ctx context.Context, network bool, how thoroughness) (finding, error) {
	u := looking
	if network {
		u = moving // a log's index is not safe there
	}
	db, err := connect(f.db(), u)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return 0, err
	}
	if err := sameSchema(ctx, db, version); err != nil {
		return 0, err
	}
	if err := check(ctx, db, how); err != nil {
		return 0, err
	}
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return 0, err
	}
	if version < len(migrations) || mode != journalMode(network) {
		return outdated, nil
	}
	return fine, nil
}

func journalMode(network bool) string {
	if network {
		return "delete"
	}
	return "wal"
}

// create builds a new database beside its place and renames it, so that the place never holds half
// a database.
func (f files) create(ctx context.Context, o *Opened) error {
	if err := f.build(ctx, f.making(), o.Network, nil); err != nil {
		return err
	}
	if err := os.Rename(f.making(), f.db()); err != nil {
		return err
	}
	o.Fresh = o.SetAside == ""
	return syncFolder(f.dir)
}

// making is where new databases are made, and recovered where one stands that is complete but not
// yet in its place.
func (f files) making() string    { return f.part(".new") }
func (f files) recovered() string { return f.part(".recovered") }

// build creates a database of the newest version at the path, replacing what a killed process may
// have left there. If fill is not nil, it fills the database.
func (f files) build(
	ctx context.Context, path string, network bool, fill func(*sql.DB) error,
) error {
	if err := removeDatabase(path); err != nil {
		return err
	}
	if err := createFile(path); err != nil {
		return err
	}
	db, err := connect(path, building)
	if err != nil {
		return err
	}
	if _, err = db.ExecContext(ctx, "PRAGMA page_size=4096"); err == nil {
		err = migrate(ctx, db, 0)
	}
	if err == nil && fill != nil {
		err = fill(db)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "PRAGMA journal_mode="+journalMode(network))
	}
	if err = errors.Join(err, db.Close()); err == nil {
		err = syncFile(path)
	}
	if err != nil {
		return errors.Join(err, removeDatabase(path))
	}
	return nil
}

// update migrates a database and sets the journal mode that is safe on this disk.
func (f files) update(ctx context.Context, network bool) error {
	db, err := connect(f.db(), moving)
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, db)
	if err == nil && version < len(migrations) {
		err = migrate(ctx, db, version)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "PRAGMA journal_mode="+journalMode(network))
	}
	return errors.Join(err, db.Close())
}

// exists reports whether anything is at a path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
