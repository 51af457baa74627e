package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Why a file is not moved.
var (
	// ErrChanged says that it has another size or time, ErrTouched that it may be another all the
	// same: it is another file, or something of it changed that is neither.
	ErrChanged = errors.New("it has changed")
	ErrTouched = errors.New("it was touched")
	// ErrOtherDisk says that the place lies on another disk, where a file can only be copied.
	ErrOtherDisk = errors.New("another disk")
)

// Move gives a file of this computer another place on its disk, if it still is of that version. Root
// of the place is a folder that is there; folders below it are made as needed, each as open to
// others as the one in the file's path that it stands for. What stands in the place is never
// replaced: then the error is [fs.ErrExist]. A [*Replaced] is a link on the way to either, or a file
// where a folder has to be. Where several fit, whichever is found first is returned. The file is in
// one of the two places at each moment, and its content is not touched. It blocks on the disk.
func (p Path) Move(v Version, to Path) error {
	if to.Below == "" || p.String() == filepath.Dir(p.String()) {
		return fs.ErrInvalid
	}
	return p.move(v, to)
}

// isStill returns why what stands in a file's place is not that version of it, or nil.
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

// openness is who else may see into the folder that a new one stands for; the owner alone where that
// can't be known.
func openness(folder string) fs.FileMode {
	fi, err := os.Lstat(folder)
	if err != nil || !fi.IsDir() {
		return 0o700
	}
	return fi.Mode().Perm() | 0o700
}
