package source

import "golang.org/x/sys/unix"

// handle is what the system calls an open file.
type handle = int

// toSearch opens a folder to find something in it, for which no right to read it is needed.
const toSearch = unix.O_SEARCH

// openNoLinks opens a path on which nothing may be a link: then it fails with ELOOP.
func openNoLinks(path string, flags int) (int, error) {
	return unix.Open(path, flags|unix.O_NOFOLLOW_ANY, 0)
}
