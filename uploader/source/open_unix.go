//go:build unix

package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

func resolve(path string) (string, error) { return filepath.EvalSymlinks(path) }

// open opens the entry at a path. If that, or anything on the way, is a link, it returns a
// *Replaced.
func open(path string, flags int) (fd int, err error) {
	err = uninterrupted(func() error {
		fd, err = openNoLinks(path, flags|unix.O_CLOEXEC)
		return err
	})
	switch {
	case errors.Is(err, unix.ELOOP):
		return -1, throughLink(path)
	case err != nil:
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// throughLink returns the error for a path that is a link or goes through one.
func throughLink(path string) error {
	for _, at := range ancestors(path) {
		if fi, err := os.Lstat(at); err == nil && KindOf(fi.Mode()) == Link {
			return &Replaced{at, Link}
		}
	}
	return &Replaced{path, Link} // it has gone again
}

// openToRead opens a file for reading. It does not wait: a named pipe may have replaced the file
// since it was found, and would block until somebody writes to it.
func openToRead(path string) (int, error) {
	fd, err := open(path, unix.O_RDONLY|unix.O_NONBLOCK)
	if errors.Is(err, unix.EAGAIN) { // a server such as Samba must release the file first, which is quick
		return open(path, unix.O_RDONLY)
	}
	return fd, err
}

func (p Path) openFile() (*os.File, Info, error) {
	path := p.String()
	fd, err := openToRead(path)
	if err != nil {
		return nil, Info{}, err
	}
	info, err := infoOf(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, Info{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), info, nil
}

// Stat returns the present entry at the path. It does not follow a link at its end. It blocks on
// the disk.
func (p Path) Stat() (Info, error) {
	path := p.String()
	folder, err := open(filepath.Dir(path), toSearch|unix.O_DIRECTORY)
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = unix.Close(folder) }() // nothing was written
	name := filepath.Base(path)
	if name == "/" {
		name = "."
	}
	info, err := infoIn(folder, name)
	if err != nil {
		return Info{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return info, nil
}

// Dir is an open folder. It belongs to one goroutine.
type Dir struct {
	file *os.File
	fd   int
}

// OpenDir opens a folder.
func (p Path) OpenDir() (*Dir, error) {
	path := p.String()
	fd, err := open(path, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return &Dir{os.NewFile(uintptr(fd), path), fd}, nil
}

// Read returns up to n further entries of the folder; see [os.File.ReadDir].
func (d *Dir) Read(n int) ([]fs.DirEntry, error) { return d.file.ReadDir(n) }

// Kind returns what an entry was when it was read.
func (d *Dir) Kind(e fs.DirEntry) Kind { return KindOf(e.Type()) }

// Stat returns what an entry's name refers to now. It does not follow a link.
func (d *Dir) Stat(e fs.DirEntry) (Info, error) {
	info, err := infoIn(d.fd, e.Name())
	if err != nil {
		return Info{},
			&fs.PathError{Op: "stat", Path: filepath.Join(d.file.Name(), e.Name()), Err: err}
	}
	return info, nil
}

// Close closes the folder.
func (d *Dir) Close() error { return d.file.Close() }
