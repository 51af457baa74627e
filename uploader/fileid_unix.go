//go:build unix

package uploader

import (
	"io/fs"
	"syscall"
)

// fileIDOf returns the identity that is part of what package os already asked for.
func fileIDOf(info fs.FileInfo) FileID {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return FileID{}
	}
	return fileID(st)
}

func fileID(st *syscall.Stat_t) FileID {
	return FileID{Device: uint64(st.Dev), Index: uint64(st.Ino)} //nolint:unconvert // the fields' types differ by system
}
