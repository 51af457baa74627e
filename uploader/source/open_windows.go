package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// handle is the system's handle of an open file.
type handle = windows.Handle

const (
	// toLook is the right to ask what an entry is, and to open the entries of a folder.
	toLook = windows.FILE_READ_ATTRIBUTES | windows.SYNCHRONIZE
	toRead = windows.FILE_GENERIC_READ

	shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
)

// open opens the entry at the path, of whatever kind, with that right. If it, or anything on the
// way below the root, is a link, open returns a *Replaced.
func (p Path) open(right uint32) (windows.Handle, error) {
	h, err := openRoot(p.Root, right, p.Below != "")
	at := p.Root
	for rest := p.Below; rest != "" && err == nil; {
		var part string
		part, rest, _ = strings.Cut(rest, `\`)
		at = filepath.Join(at, part)
		want := right
		if rest != "" {
			want = toLook
		}
		folder := h
		h, err = openPart(folder, part, want)
		_ = windows.CloseHandle(folder) // nothing was written
	}
	if errors.Is(err, errLink) {
		return 0, &Replaced{at, Link}
	}
	if err != nil {
		return 0, &fs.PathError{Op: "open", Path: at, Err: err}
	}
	return h, nil
}

// openRoot opens a root. If something below it is meant, any right to it will do.
func openRoot(path string, right uint32, below bool) (windows.Handle, error) {
	if below {
		right = toLook
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	return unlinked(func(flags uint32) (windows.Handle, error) {
		flags |= windows.FILE_FLAG_BACKUP_SEMANTICS
		return windows.CreateFile(name, right, shareAll, nil, windows.OPEN_EXISTING, flags, 0)
	}, windows.FILE_FLAG_OPEN_REPARSE_POINT)
}

// openPart opens the entry with a name in a folder.
func openPart(folder windows.Handle, name string, right uint32) (windows.Handle, error) {
	text, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return 0, err
	}
	at := windows.OBJECT_ATTRIBUTES{RootDirectory: folder, ObjectName: text, Attributes: windows.OBJ_CASE_INSENSITIVE}
	at.Length = uint32(unsafe.Sizeof(at))
	return unlinked(func(options uint32) (h windows.Handle, err error) {
		var status windows.IO_STATUS_BLOCK
		options |= windows.FILE_SYNCHRONOUS_IO_NONALERT | windows.FILE_OPEN_FOR_BACKUP_INTENT
		err = windows.NtCreateFile(&h, right, &at, &status, nil, 0, shareAll, windows.FILE_OPEN,
			options, 0, 0)
		if status, ok := err.(windows.NTStatus); ok { //nolint:errorlint // it is never wrapped
			err = status.Errno()
		}
		return h, err
	}, windows.FILE_OPEN_REPARSE_POINT)
}

// errLink says that the opened entry is a link.
var errLink = errors.New("a link")

// unlinked opens an entry that is not a link. If it has a reparse tag but does not lead elsewhere,
// as a file of a cloud service or a deduplicated one, unlinked reopens it without leaveMarks, the
// flag that ignores tags: with it, the content would be missing.
func unlinked(
	open func(flags uint32) (windows.Handle, error), leaveMarks uint32,
) (windows.Handle, error) {
	h, err := open(leaveMarks)
	if err != nil {
		return 0, err
	}
	var is windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &is); err != nil {
		// As of a pipe: it is no file, and the caller finds out.
		return h, nil
	}
	if is.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT == 0 {
		return h, nil
	}
	defer func() { _ = windows.CloseHandle(h) }()
	kind, err := kindOfMark(h, is.FileAttributes)
	switch {
	case err != nil:
		return 0, err
	case kind == Link:
		return 0, errLink
	}
	again, err := open(0)
	if err != nil {
		return 0, err
	}
	var now windows.ByHandleFileInformation
	err = windows.GetFileInformationByHandle(again, &now)
	if err == nil && !sameFile(&is, &now) {
		err = errLink // it was put there between the two
	}
	if err != nil {
		_ = windows.CloseHandle(again)
		return 0, err
	}
	return again, nil
}

func sameFile(a, b *windows.ByHandleFileInformation) bool {
	return a.VolumeSerialNumber == b.VolumeSerialNumber && a.FileIndexHigh == b.FileIndexHigh &&
		a.FileIndexLow == b.FileIndexLow
}

func (p Path) openFile() (*os.File, Info, error) {
	h, err := p.open(toRead)
	if err != nil {
		return nil, Info{}, err
	}
	info, err := infoOf(h)
	if err != nil {
		_ = windows.CloseHandle(h)
		return nil, Info{}, &fs.PathError{Op: "stat", Path: p.String(), Err: err}
	}
	return os.NewFile(uintptr(h), p.String()), info, nil
}

// Stat returns the present entry at the path. It does not follow a link at its end. It blocks on
// the disk.
func (p Path) Stat() (Info, error) {
	h, err := p.open(toLook)
	if r, ok := err.(*Replaced); ok && r.Path == p.String() { //nolint:errorlint // it is never wrapped
		return Info{Kind: r.Kind}, nil
	}
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = windows.CloseHandle(h) }() // nothing was written
	return infoOf(h)
}

// Dir is an open folder. It belongs to one goroutine.
type Dir struct {
	file *os.File
	path Path
}

// OpenDir opens a folder.
func (p Path) OpenDir() (*Dir, error) {
	h, err := p.open(windows.FILE_LIST_DIRECTORY | toLook)
	if err != nil {
		return nil, err
	}
	return &Dir{os.NewFile(uintptr(h), p.String()), p}, nil
}

// Read returns up to n further entries of the folder; see [os.File.ReadDir].
func (d *Dir) Read(n int) ([]fs.DirEntry, error) { return d.file.ReadDir(n) }

// Kind returns what an entry is. It opens an entry with a reparse tag, since only that tells the
// tag.
func (d *Dir) Kind(e fs.DirEntry) Kind {
	kind := KindOf(e.Type())
	if kind != Irregular {
		return kind
	}
	if info, err := d.path.Join(e.Name()).Stat(); err == nil {
		return info.Kind
	}
	return Irregular
}

// Stat returns what an entry was when it was read, without its last change.
func (d *Dir) Stat(e fs.DirEntry) (Info, error) {
	if e.Type() != 0 {
		return d.path.Join(e.Name()).Stat()
	}
	fi, err := e.Info()
	if err != nil {
		return Info{}, err
	}
	return Info{Size: fi.Size(), ModTime: fi.ModTime()}, nil
}

// Close closes the folder.
func (d *Dir) Close() error { return d.file.Close() }
