package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Why a file is not moved.
var (
	// ErrChanged says that its size or time has changed. ErrTouched says that both are the same,
	// but it is another file or something else of it has changed.
	ErrChanged = errors.New("it has changed")
	ErrTouched = errors.New("it was touched")
	// ErrOtherDisk says that the new place is on another disk, to which a file can only be copied.
	ErrOtherDisk = errors.New("another disk")
)

// Move moves a file to another place on its disk, if it still has that version. to.Root must be an
// existing folder; Move creates folders below it as needed, each with the permissions of its
// counterpart in the file's path. It never replaces anything: then the error is [fs.ErrExist]. A
// [*Replaced] is a link on the way to either place, or a file where a folder has to be. If several
// errors apply, it returns the one found first. The file is in one of the two places at every
// moment, and its content is not touched. Move blocks on the disk.
func (p Path) Move(v Version, to Path) error {
	if to.Below == "" || p.String() == filepath.Dir(p.String()) {
		return fs.ErrInvalid
	}
	return p.move(v, to)
}

// isStill returns nil if the entry at a file's path is still that version, else the reason.
func (v Version) isStill(now Info, path string) error {
	is := VersionOf(now)
	switch {
	case now.Kind != File:
		return &Replaced{path, now.Kind}
	case is.Size != v.Size || !is.ModTime.Equal(v.ModTime):
		return ErrChanged
	case !is.Same(v), !v.Changed.IsZero() && !is.Changed.IsZero() && !is.Changed.Equal(v.Changed):
		return ErrTouched
	}
	return nil
}

// openness returns the permissions for the counterpart of a folder: the same, or the owner's alone
// if they can't be read.
func openness(folder string) fs.FileMode {
	fi, err := os.Lstat(folder)
	if err != nil || !fi.IsDir() {
		return 0o700
	}
	return fi.Mode().Perm() | 0o700
}
