//go:build unix

package uploader

import (
	"errors"
	"os"
	"syscall"
)

// openFile opens a file or a folder to be read. What stands in its place since it was found may be a named pipe, which had to be waited
// for until somebody writes into it; so it does not wait, and the caller finds out what it is.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.EAGAIN) { // a file that a server has to give back first, such as Samba; that does not take long
		return os.Open(path)
	}
	return f, err
}
