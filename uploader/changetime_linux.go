package uploader

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime returns when the file or what the system keeps about it changed last; nobody can set that back.
func changeTime(info fs.FileInfo) time.Time {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	return time.Unix(st.Ctim.Unix())
}
