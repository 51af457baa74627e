package source

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Reparse tags of files and folders ([MS-FSCC] 2.1.2.1), except those that lead elsewhere.
const (
	markSocket = 0x80000023 // IO_REPARSE_TAG_AF_UNIX
	markFIFO   = 0x80000024 // IO_REPARSE_TAG_LX_FIFO
	markChar   = 0x80000025 // IO_REPARSE_TAG_LX_CHR
	markBlock  = 0x80000026 // IO_REPARSE_TAG_LX_BLK
	markNFS    = 0x80000014 // IO_REPARSE_TAG_NFS: a link, or another special file, of an NFS server

	// leadsElsewhere is the bit for entries that stand for another file or folder: symbolic links,
	// junctions, mounted disks.
	leadsElsewhere = 0x20000000
)

// kindOfMark returns the kind of an open file or folder that has a reparse tag.
func kindOfMark(h windows.Handle, attributes uint32) (Kind, error) {
	var tag struct{ attributes, mark uint32 } // FILE_ATTRIBUTE_TAG_INFO
	p := (*byte)(unsafe.Pointer(&tag))        //nolint:gosec // G103: the system fills it in
	err := windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo, p,
		uint32(unsafe.Sizeof(tag)))
	if err != nil {
		return 0, err
	}
	switch {
	case tag.mark&leadsElsewhere != 0:
		return Link, nil
	case tag.mark == markSocket:
		return Socket, nil
	case tag.mark == markFIFO:
		return FIFO, nil
	case tag.mark == markChar || tag.mark == markBlock:
		return Device, nil
	case tag.mark == markNFS:
		return Irregular, nil
	case attributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0:
		return Folder, nil
	}
	return File, nil // kept by a cloud service, deduplicated, compressed, archived
}

// basicInfo is FILE_BASIC_INFO
// (learn.microsoft.com/windows/win32/api/winbase/ns-winbase-file_basic_info). Unused
// fields have no name.
type basicInfo struct {
	_, _, _ int64 // creation, last access, last write
	changed windows.Filetime
	_       uint32 // attributes
}

// infoOf returns what an open file is now.
func infoOf(h windows.Handle) (Info, error) {
	kind, err := windows.GetFileType(h)
	switch {
	case err != nil:
		return Info{}, err
	case kind == windows.FILE_TYPE_PIPE:
		return Info{Kind: FIFO}, nil
	case kind != windows.FILE_TYPE_DISK:
		return Info{Kind: Device}, nil
	}
	var is windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &is); err != nil {
		return Info{}, err
	}
	info := Info{
		Size:    int64(is.FileSizeHigh)<<32 | int64(is.FileSizeLow),
		ModTime: time.Unix(0, is.LastWriteTime.Nanoseconds()), Changed: changed(h),
	}
	switch {
	case is.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0:
		info.Kind, err = kindOfMark(h, is.FileAttributes)
	case is.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0:
		info.Kind = Folder
	}
	return info, err
}

// changed returns the last change of an open file or its metadata, or zero if the file system, such
// as FAT, keeps no such time.
func changed(h windows.Handle) time.Time {
	var b basicInfo
	p := (*byte)(unsafe.Pointer(&b)) //nolint:gosec // G103: the system fills it in
	err := windows.GetFileInformationByHandleEx(h, windows.FileBasicInfo, p,
		uint32(unsafe.Sizeof(b)))
	if err != nil || b.changed == (windows.Filetime{}) {
		return time.Time{}
	}
	return time.Unix(0, b.changed.Nanoseconds())
}
