//go:build unix && !darwin

package source

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// openEach opens an absolute path part by part, and fails with ELOOP if one is a link.
func openEach(path string, flags int) (int, error) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(parts) == 0 {
		return unix.Open("/", flags, 0)
	}
	const onTheWay = toSearch | unix.O_DIRECTORY | unix.O_CLOEXEC
	folder, err := unix.Open("/", onTheWay, 0)
	if err != nil {
		return -1, err
	}
	for _, part := range parts[:len(parts)-1] {
		next, err := openPart(folder, part, onTheWay)
		_ = unix.Close(folder) // nothing was written
		if err != nil {
			return -1, err
		}
		folder = next
	}
	defer func() { _ = unix.Close(folder) }()
	return openPart(folder, parts[len(parts)-1], flags)
}

// openPart opens the entry with a name in a folder.
func openPart(folder int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(folder, name, flags|unix.O_NOFOLLOW, 0)
		if !errors.Is(err, unix.ENOTDIR) {
			return fd, err
		}
		switch info, ierr := infoIn(folder, name); { // the error may say that a link is not a folder
		case ierr == nil && info.Kind == Link:
			return -1, unix.ELOOP
		case ierr == nil && info.Kind == Folder: // it was none for a moment
		default:
			return -1, err
		}
	}
}
