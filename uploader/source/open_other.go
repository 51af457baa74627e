//go:build unix && !linux && !darwin

package source

import "golang.org/x/sys/unix"

// handle is what the system calls an open file.
type handle = int

// toSearch opens a folder to find something in it.
const toSearch = unix.O_RDONLY

// openNoLinks opens a path on which nothing may be a link: then it fails with ELOOP.
func openNoLinks(path string, flags int) (int, error) { return openEach(path, flags) }
