package source

import "golang.org/x/sys/unix"

// handle is the system's handle of an open file.
type handle = int

// toSearch opens a folder to find something in it, which needs no right to read it.
const toSearch = unix.O_SEARCH

// openNoLinks opens a path. It fails with ELOOP if anything on the path is a link.
func openNoLinks(path string, flags int) (int, error) {
	return unix.Open(path, flags|unix.O_NOFOLLOW_ANY, 0)
}
