package source

import (
	"io/fs"
	"time"
)

// Kind is the kind of a directory entry.
type Kind int

// The kinds.
const (
	File Kind = iota
	Folder
	Link // on Windows also a junction
	FIFO
	Socket
	Device
	Irregular
)

// String returns the kind's name, for logs.
func (k Kind) String() string {
	return [...]string{"a file", "a folder", "a link", "a named pipe", "a socket", "a device", "irregular"}[k]
}

// KindOf returns the kind for a mode of package os. On Windows, redirections other than symbolic
// links are Irregular: [Dir.Kind] and [Path.Stat] tell more.
func KindOf(mode fs.FileMode) Kind {
	switch t := mode.Type(); {
	case t == 0:
		return File
	case t&fs.ModeSymlink != 0:
		return Link
	case t&fs.ModeIrregular != 0:
		return Irregular
	case t&fs.ModeDir != 0:
		return Folder
	case t&fs.ModeNamedPipe != 0:
		return FIFO
	case t&fs.ModeSocket != 0:
		return Socket
	case t&(fs.ModeDevice|fs.ModeCharDevice) != 0:
		return Device
	}
	return Irregular
}

// ID identifies a file on this computer as long as it exists, whatever its name: device and inode
// on Unix. The zero ID is unknown, as on some network disks, and on Windows, where a scan would
// have to open every file for it, which takes longer than the scan and wakes virus scanners.
type ID struct {
	Device, Index uint64
}

// Info is what the system says about a file or folder at one moment.
type Info struct {
	Kind    Kind
	Size    int64 // bytes
	ModTime time.Time
	ID      ID
	Changed time.Time // last change of the file or its metadata, which programs don't set back; zero if unknown
}
