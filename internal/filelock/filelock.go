// Package filelock keeps processes apart by locks of files. The kernel drops a lock when its
// process ends, however it ends.
//
// Begin with [Open], then [File.Try]. It is a leaf that every package may import.
package filelock

import (
	"errors"
	"io/fs"
	"os"
)

// File is an open file whose lock tells others that its owner is alive. A lock belongs to the open
// file, so two Files in one process are two owners.
type File struct{ file *os.File }

var (
	// ErrLocked means that somebody else holds the lock.
	ErrLocked = errors.New("locked by another")
	// ErrNotPlain means that the path is a link, a folder or a device instead of a file.
	ErrNotPlain = errors.New("not a plain file")
)

// Open opens a file to be locked; with os.O_CREATE it makes one for its owner alone. It neither
// follows a link nor truncates.
func Open(path string, flag int) (*File, error) {
	h, err := openNoFollow(path, os.O_RDWR|flag)
	if err != nil {
		return nil, err
	}
	at, err := h.Stat()
	if err == nil && !at.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotPlain}
	}
	if err == nil && flag&os.O_CREATE != 0 && at.Mode().Perm()&0o777 != 0o600 {
		err = h.Chmod(0o600)
	}
	if err != nil {
		_ = h.Close()
		return nil, err
	}
	return &File{h}, nil
}

// Of makes a file that is open already one to be locked. It must be open for writing.
func Of(f *os.File) *File { return &File{f} }

// Try takes the lock, shared or exclusive, or returns ErrLocked. It doesn't wait. It converts a
// lock that the File already holds, and may lose it if that fails.
func (f *File) Try(alone bool) error { return tryLock(f.file, alone) }

// Release gives the lock up.
func (f *File) Release() { unlock(f.file) }

// Close releases the lock and closes the file. Closing alone would leave the lock with a child
// process that is just starting, until that closes what it inherits.
func (f *File) Close() error {
	f.Release()
	return f.file.Close()
}

// StandsAt reports whether the file is still the one at the path.
func (f *File) StandsAt(path string) bool {
	at, err := os.Lstat(path)
	if err != nil {
		return false
	}
	mine, err := f.file.Stat()
	return err == nil && os.SameFile(at, mine)
}
