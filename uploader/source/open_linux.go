package source

import (
	"sync"

	"golang.org/x/sys/unix"
)

// toSearch opens a folder to find something in it, for which no right to read it is needed.
const toSearch = unix.O_PATH

// openNoLinks opens a path on which nothing may be a link: then it fails with ELOOP.
func openNoLinks(path string, flags int) (int, error) {
	if flags&unix.O_PATH == 0 { // which goes with little else
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
