package source

import (
	"sync"

	"golang.org/x/sys/unix"
)

// toSearch opens a folder to find something in it, which needs no right to read it.
const toSearch = unix.O_PATH

// openNoLinks opens a path. It fails with ELOOP if anything on the path is a link.
func openNoLinks(path string, flags int) (int, error) {
	if flags&unix.O_PATH == 0 { // O_PATH combines with few other flags
		flags |= unix.O_LARGEFILE
	}
	if !hasOpenat2() {
		return openEach(path, flags)
	}
	return unix.Openat2(unix.AT_FDCWD, path,
		&unix.OpenHow{Flags: uint64(flags), Resolve: unix.RESOLVE_NO_SYMLINKS})
}

// hasOpenat2 reports whether this program may use openat2. Linux has it since 5.6, and some
// containers deny it.
var hasOpenat2 = sync.OnceValue(func() bool {
	fd, err := unix.Openat2(unix.AT_FDCWD, "/", &unix.OpenHow{
		Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS,
	})
	if err != nil {
		return false
	}
	_ = unix.Close(fd)
	return true
})
