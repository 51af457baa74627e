package uploader

import (
	"io/fs"
	"os"
	"syscall"
	"time"
)

// changeTimeByFile is whether the file has to be open for changeTime.
const changeTimeByFile = false

// changeTime returns when the file or what the system keeps about it changed last; nobody can set that back.
func changeTime(_ *os.File, info fs.FileInfo) time.Time {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	return time.Unix(st.Ctimespec.Unix())
}
