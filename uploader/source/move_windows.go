package source

import (
	"errors"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

func (p Path) move(v Version, to Path) error {
	h, err := p.open(toLook | windows.DELETE)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(h) }() // nothing was written
	now, err := infoOf(h)
	if err != nil {
		return err
	}
	if err := v.isStill(now, p.String()); err != nil {
		return err
	}
	into, err := openMade(to)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(into) }()
	return renameAlone(h, into, filepath.Base(to.Below))
}

// openMade opens the folder of a place and creates it if it is missing.
func openMade(to Path) (windows.Handle, error) {
	folder, err := openRoot(to.Root, toLook, false)
	if errors.Is(err, errLink) {
		return 0, &Replaced{to.Root, Link}
	}
	if err != nil {
		return 0, err
	}
	parts := strings.Split(to.Below, `\`)
	at := to.Root
	for _, part := range parts[:len(parts)-1] {
		at = filepath.Join(at, part)
		next, err := openOrMake(folder, part, at)
		_ = windows.CloseHandle(folder)
		if err != nil {
			return 0, err
		}
		folder = next
	}
	return folder, nil
}

// openOrMake opens the entry with a name in a folder, or creates a folder there.
func openOrMake(folder windows.Handle, name, at string) (windows.Handle, error) {
	h, err := openPart(folder, name, toLook)
	if errors.Is(err, windows.ERROR_FILE_NOT_FOUND) {
		if err := makePart(folder, name); err != nil {
			return 0, err
		}
		h, err = openPart(folder, name, toLook)
	}
	if errors.Is(err, errLink) {
		return 0, &Replaced{at, Link}
	}
	if err != nil {
		return 0, err
	}
	info, err := infoOf(h)
	if err == nil && info.Kind != Folder {
		err = &Replaced{at, info.Kind}
	}
	if err != nil {
		_ = windows.CloseHandle(h)
		return 0, err
	}
	return h, nil
}

// makePart creates a folder in another one unless it exists by now.
func makePart(folder windows.Handle, name string) error {
	text, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return err
	}
	at := windows.OBJECT_ATTRIBUTES{RootDirectory: folder, ObjectName: text, Attributes: windows.OBJ_CASE_INSENSITIVE}
	at.Length = uint32(unsafe.Sizeof(at))
	const options = windows.FILE_DIRECTORY_FILE | windows.FILE_SYNCHRONOUS_IO_NONALERT |
		windows.FILE_OPEN_FOR_BACKUP_INTENT | windows.FILE_OPEN_REPARSE_POINT
	var h windows.Handle
	var status windows.IO_STATUS_BLOCK
	err = windows.NtCreateFile(&h, toLook, &at, &status, nil, 0, shareAll, windows.FILE_OPEN_IF,
		options, 0, 0)
	if err != nil {
		return orErrno(err)
	}
	return windows.CloseHandle(h)
}

// orErrno returns a kernel status as the Windows error for it.
func orErrno(err error) error {
	if status, ok := err.(windows.NTStatus); ok { //nolint:errorlint // it is never wrapped
		return status.Errno()
	}
	return err
}

// renameInfo is the head of FILE_RENAME_INFORMATION
// (learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/ns-ntifs-_file_rename_information), which
// the name follows.
type renameInfo struct {
	replace uint32 // 0: nothing is replaced
	folder  windows.Handle
	length  uint32 // of the name, in bytes
	name    [1]uint16
}

// renameAlone gives an open file an unused name in a folder.
func renameAlone(h, into windows.Handle, name string) error {
	text, err := windows.UTF16FromString(name)
	if err != nil {
		return err
	}
	text = text[:len(text)-1]
	buf := make([]byte, int(unsafe.Sizeof(renameInfo{}))+2*len(text))
	info := (*renameInfo)(unsafe.Pointer(&buf[0])) //nolint:gosec // G103: the system reads it
	info.folder, info.length = into, uint32(2*len(text))
	copy(unsafe.Slice(&info.name[0], len(text)), text)
	var status windows.IO_STATUS_BLOCK
	err = orErrno(windows.NtSetInformationFile(h, &status, &buf[0], uint32(len(buf)),
		windows.FileRenameInformation))
	if errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) {
		return ErrOtherDisk
	}
	return err
}
