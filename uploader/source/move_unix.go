//go:build unix

package source

import (
	"errors"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// toMove opens a folder that a file is moved out of, or into.
const toMove = toSearch | unix.O_DIRECTORY

func (p Path) move(v Version, to Path) error {
	path := p.String()
	from, err := open(filepath.Dir(path), toMove)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(from) }() // nothing was written
	name := filepath.Base(path)
	now, err := infoIn(from, name)
	if err != nil {
		return err
	}
	if err := v.isStill(now, path); err != nil {
		return err
	}
	into, err := openMade(to, path)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(into) }()
	newName := filepath.Base(to.Below)
	if err := rename(from, name, into, newName); err != nil {
		return err
	}
	// A rename sets the time of the last change, which then means nothing.
	v.Changed = now.Changed
	moved, err := infoIn(into, newName)
	moved.Changed = now.Changed
	if err == nil {
		err = v.isStill(moved, path)
	}
	if err != nil { // another file took its place at that moment
		return errors.Join(err, rename(into, newName, from, name))
	}
	return nil
}

// openMade opens the folder of a place and creates it if it is missing. Each new folder gets the
// permissions of its counterpart on the way to the file.
func openMade(to Path, file string) (int, error) {
	folder, err := open(to.Root, toMove)
	if err != nil {
		return -1, err
	}
	parts := strings.Split(to.Below, string(filepath.Separator))
	parts = parts[:len(parts)-1]
	likes := make([]string, len(parts))
	for i := len(parts) - 1; i >= 0; i-- {
		file = filepath.Dir(file)
		likes[i] = file
	}
	at := to.Root
	for i, part := range parts {
		at = filepath.Join(at, part)
		next, err := openOrMake(folder, part, at, likes[i])
		_ = unix.Close(folder)
		if err != nil {
			return -1, err
		}
		folder = next
	}
	return folder, nil
}

// openOrMake opens the entry with a name in a folder, or creates a folder there.
func openOrMake(folder int, name, at, like string) (int, error) {
	const flags = toMove | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(folder, name, flags, 0)
	if errors.Is(err, unix.ENOENT) {
		err = unix.Mkdirat(folder, name, uint32(openness(like)))
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return -1, err
		}
		fd, err = unix.Openat(folder, name, flags, 0)
	}
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
		info, ierr := infoIn(folder, name)
		if ierr != nil {
			return -1, ierr
		}
		return -1, &Replaced{at, info.Kind}
	}
	return fd, err
}

// alone is renameAlone; tests replace it.
var alone = renameAlone

// rename renames a file to an unused name, in one step.
func rename(from int, name string, into int, newName string) error {
	err := uninterrupted(func() error { return alone(from, name, into, newName) })
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		err = renameOnto(from, name, into, newName)
	}
	if errors.Is(err, unix.EXDEV) {
		return ErrOtherDisk
	}
	return err
}

// renameOnto is rename for disks that can't refuse to replace, such as NFS: it first takes the name
// with an empty file of its own, and replaces only that.
func renameOnto(from int, name string, into int, newName string) error {
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(into, newName, flags, 0o600)
	if err != nil {
		return err
	}
	_ = unix.Close(fd) // nothing was written
	if err = unix.Renameat(from, name, into, newName); err != nil {
		_ = unix.Unlinkat(into, newName, 0) // the empty one
	}
	return err
}
