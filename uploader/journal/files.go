package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"inboxuploader/internal/filelock"
)

// files are the paths in a journal's folder.
type files struct{ dir string }

func (f files) db() string                { return filepath.Join(f.dir, "queue.db") }
func (f files) lock() string              { return filepath.Join(f.dir, "queue.lock") }
func (f files) check() string             { return filepath.Join(f.dir, "queue.check") }
func (f files) runDir() string            { return filepath.Join(f.dir, "run") }
func (f files) runFile(id string) string  { return filepath.Join(f.runDir(), id+lockSuffix) }
func (f files) part(suffix string) string { return f.db() + suffix }

const lockSuffix = ".lock"

// parts are the suffixes of the files that belong to a database.
var parts = []string{"", "-wal", "-journal"}

// sharedMemory is the suffix of the file with the index of the -wal. It holds no data of its own.
const sharedMemory = "-shm"

// makeFolder creates the folder and the one for locks unless they exist. An existing folder keeps
// its permissions, since a person may have chosen it. Everything created inside is for the owner
// alone.
func makeFolder(dir string) (files, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return files{dir}, err
	}
	f := files{abs}
	if err := os.MkdirAll(filepath.Dir(abs), 0o700); err != nil {
		return f, err
	}
	for _, d := range []string{abs, f.runDir()} {
		err := os.Mkdir(d, 0o700)
		switch {
		case err == nil:
			err = os.Chmod(d, 0o700) //nolint:gosec // a folder; whatever the umask
		case errors.Is(err, fs.ErrExist):
			err = nil
		}
		if err != nil {
			return f, err
		}
	}
	// Otherwise a link in place of the folder would put the locks elsewhere.
	if at, err := os.Lstat(f.runDir()); err != nil {
		return f, err
	} else if !at.IsDir() {
		return f, &fs.PathError{Op: "open", Path: f.runDir(), Err: filelock.ErrNotPlain}
	}
	return f, nil
}

// createFile creates an empty file for the owner alone. It fails if anything exists there, even a
// link.
func createFile(path string) error {
	h, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = h.Chmod(0o600) // whatever the umask; SQLite gives -wal and -shm the same rights
	return errors.Join(err, h.Close())
}

// syncFile makes a file's content survive a loss of power. It blocks on the disk.
func syncFile(path string) error {
	h, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(h.Sync(), h.Close())
}

// removeFile removes a file; it is no error if there is none.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeDatabase removes a database with all its files.
func removeDatabase(path string) error {
	err := removeFile(path + sharedMemory)
	for _, p := range parts {
		err = errors.Join(err, removeFile(path+p))
	}
	return err
}

// wantCheck asks the next Open to check the whole file. If the request can't be written, the damage
// is noticed only when a read meets it again.
func (f files) wantCheck() { _ = createFile(f.check()) }

// size returns a file's size in bytes, and whether it exists. It returns an error for anything but
// a regular file: a link could lead anywhere.
func size(path string) (int64, bool, error) {
	at, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, false, nil
	case err != nil:
		return 0, false, err
	case !at.Mode().IsRegular():
		return 0, true, &fs.PathError{Op: "open", Path: path, Err: filelock.ErrNotPlain}
	}
	return at.Size(), true, nil
}

// Exists reports whether there is a journal in a folder.
func Exists(dir string) bool {
	_, err := os.Lstat(files{dir: dir}.db())
	return err == nil
}
