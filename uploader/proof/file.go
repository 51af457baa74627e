package proof

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrTaken says that something has the name of a list: anything but an empty file.
var ErrTaken = errors.New("the list's name is taken")

// File is a list that is being written. It gets its name when it is whole and on the disk, and
// replaces nothing. Its methods must not be called concurrently.
type File struct {
	path string
	file *os.File
	out  *bufio.Writer
}

// Create begins a list that is to get that path. It blocks on the disk; errors are [ErrTaken] and
// the disk's.
func Create(path string) (*File, error) {
	if err := free(path); err != nil {
		return nil, err
	}
	// A list is a document like those that an editor saves: the umask says who may read it.
	part := filepath.Join(filepath.Dir(path), ".sums-"+rand.Text()+".part")
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	return &File{path: path, file: f, out: bufio.NewWriter(f)}, nil
}

// free returns ErrTaken where a list would replace something.
func free(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().IsRegular() && info.Size() == 0:
		return nil
	}
	return ErrTaken
}

// Is reports whether a path is that of the file as it is being written, or of the empty one that it
// replaces.
func (f *File) Is(path string) bool {
	return path == f.file.Name() || path == f.path
}

// Write implements io.Writer. What does not get to the disk Commit tells, too.
func (f *File) Write(text []byte) (int, error) { return f.out.Write(text) }

// Commit gives the list its name. Without an error nothing else can be called any more. Errors are
// ErrTaken, where something took the name in the meantime, and the disk's; call Discard then.
func (f *File) Commit() error {
	if err := errors.Join(f.out.Flush(), f.file.Sync(), f.file.Close()); err != nil {
		return err
	}
	err := os.Link(f.file.Name(), f.path) // fails where the name is taken, which Rename does not
	if err == nil {
		_ = os.Remove(f.file.Name()) // what can't be removed has a name that says what it is
		return nil
	}
	if err := free(f.path); err != nil {
		return err
	}
	return os.Rename(f.file.Name(), f.path) // disks without hard links
}

// Discard removes what was written. It may be called after Commit failed, and on a nil File.
func (f *File) Discard() {
	if f != nil {
		_ = f.file.Close() // maybe closed already
		_ = os.Remove(f.file.Name())
	}
}
