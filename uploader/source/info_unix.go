//go:build unix

package source

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// infoOf returns what an open file is now.
func infoOf(fd int) (Info, error) {
	var st unix.Stat_t
	err := uninterrupted(func() error { return unix.Fstat(fd, &st) })
	return infoFrom(&st), err
}

// infoIn returns the entry with a name in an open folder. It does not follow a link.
func infoIn(folder int, name string) (Info, error) {
	var st unix.Stat_t
	err := uninterrupted(func() error { return unix.Fstatat(folder, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	return infoFrom(&st), err
}

// told changes what the system says about a file, as another clock or disk would. Package sim sets
// it in tests; else it is nil.
var told func(Info) Info

func infoFrom(st *unix.Stat_t) Info {
	info := Info{
		Kind: kindFrom(uint32(st.Mode)), //nolint:unconvert // the fields' types differ by system
		Size: st.Size, ModTime: time.Unix(st.Mtim.Unix()), Changed: time.Unix(st.Ctim.Unix()),
		ID: ID{Device: uint64(st.Dev), Index: uint64(st.Ino)}, //nolint:unconvert // the same
	}
	if told != nil {
		info = told(info)
	}
	return info
}

func kindFrom(mode uint32) Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return File
	case unix.S_IFDIR:
		return Folder
	case unix.S_IFLNK:
		return Link
	case unix.S_IFIFO:
		return FIFO
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFCHR, unix.S_IFBLK:
		return Device
	}
	return Irregular
}

// uninterrupted repeats call while a signal interrupts it.
func uninterrupted(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
