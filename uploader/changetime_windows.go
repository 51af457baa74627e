package uploader

import (
	"io/fs"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// changeTimeByFile is whether the file has to be open for changeTime: package os does not ask for this time.
const changeTimeByFile = true

// basicInfo is FILE_BASIC_INFO (learn.microsoft.com/windows/win32/api/winbase/ns-winbase-file_basic_info). What is of no use here has
// no name.
type basicInfo struct {
	_, _, _ int64 // creation, last access, last write
	changed windows.Filetime
	_       uint32 // attributes
}

// changeTime returns when the file or what the system keeps about it changed last, which programs don't set back; zero where f is nil
// or its file system, such as FAT, keeps no such time.
func changeTime(f *os.File, _ fs.FileInfo) time.Time {
	if f == nil {
		return time.Time{}
	}
	var b basicInfo
	p := (*byte)(unsafe.Pointer(&b)) //nolint:gosec // G103: the system fills it in
	err := windows.GetFileInformationByHandleEx(windows.Handle(f.Fd()), windows.FileBasicInfo, p, uint32(unsafe.Sizeof(b)))
	if err != nil || b.changed == (windows.Filetime{}) {
		return time.Time{}
	}
	return time.Unix(0, b.changed.Nanoseconds())
}
