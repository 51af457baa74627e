package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"inboxuploader/internal/filelock"
)

// ErrInUse means that a program has the journal open.
var ErrInUse = errors.New("journal in use")

// Remove removes the journal in a folder with all its files, including damaged ones that were set
// aside, and leaves everything else. First, while nobody else can open the journal, it calls
// before; if that returns an error, Remove returns it and removes nothing. The error is ErrInUse if
// a program has the journal open. A folder without a journal is no error. Remove blocks on the
// disk.
func Remove(dir string, before func() error) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	f := files{abs}
	lock, err := filelock.Open(f.lock(), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return before()
	}
	if err != nil {
		return err
	}
	if lock.Try(true) != nil {
		return errors.Join(ErrInUse, lock.Close())
	}
	if err := before(); err != nil {
		return errors.Join(err, lock.Close())
	}
	// A process that opens the lock from here on finds it gone, and creates another.
	return errors.Join(f.removeAll(), lock.Close(), removeFile(f.lock()))
}

// removeAll removes all but the lock.
func (f files) removeAll() error {
	err := errors.Join(removeDatabase(f.db()), removeFile(f.check()))
	for _, path := range f.aside() {
		err = errors.Join(err, removeDatabase(path))
	}
	entries, e := os.ReadDir(f.runDir())
	if e != nil && !errors.Is(e, fs.ErrNotExist) {
		return errors.Join(err, e)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), lockSuffix) {
			err = errors.Join(err, removeFile(filepath.Join(f.runDir(), entry.Name())))
		}
	}
	if e := os.Remove(f.runDir()); e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}
