//go:build !linux

package uploader

import (
	"io/fs"
	"os"
)

// smallFile is an open file that one goroutine reads in one go.
type smallFile struct{ *os.File }

func openSmall(path string) (smallFile, error) {
	f, err := openFile(path)
	return smallFile{f}, err
}

// version returns what the file is now, or fs.ErrInvalid if it is none.
func (f smallFile) version() (version, error) {
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = fs.ErrInvalid
	}
	if err != nil {
		return version{}, err
	}
	return versionOf(nil, fi), nil // what is read in one go needs no more
}

func (f smallFile) close() { _ = f.Close() } // it was only read
