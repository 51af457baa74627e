package uploader

import (
	"io/fs"
	"os"
	"runtime"
)

// kind is what stands behind a name.
type kind int

const (
	kindFile kind = iota
	kindFolder
	kindLink
	kindFIFO
	kindSocket
	kindDevice
	kindIrregular
)

// kindOf tells the kind from the mode that package os gives. On Windows it marks as irregular what redirects without
// being a symbolic link: junctions, which are links, but also files and folders that a cloud service keeps elsewhere
// until somebody opens them, which are to be sent like others. Only links can be read as such.
func kindOf(path string, mode fs.FileMode) kind {
	switch t := mode.Type(); {
	case t == 0:
		return kindFile
	case t&fs.ModeSymlink != 0:
		return kindLink
	case t&fs.ModeIrregular != 0 && runtime.GOOS == "windows":
		if _, err := os.Readlink(path); err == nil {
			return kindLink
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return kindIrregular
		case info.IsDir():
			return kindFolder
		}
		return kindFile
	case t&fs.ModeDir != 0:
		return kindFolder
	case t&fs.ModeNamedPipe != 0:
		return kindFIFO
	case t&fs.ModeSocket != 0:
		return kindSocket
	case t&(fs.ModeDevice|fs.ModeCharDevice) != 0:
		return kindDevice
	}
	return kindIrregular
}

// skip returns the reason to leave out what is neither file nor folder nor link.
func (k kind) skip() SkipReason {
	switch k {
	case kindFIFO:
		return SkipFIFO
	case kindSocket:
		return SkipSocket
	case kindDevice:
		return SkipDevice
	case kindLink:
		return SkipSymlink
	default:
		return SkipIrregular
	}
}

// words says to a person what it is.
func (k kind) words() string {
	switch k {
	case kindFIFO:
		return valueFIFO
	case kindSocket:
		return valueSocket
	case kindDevice:
		return valueDevice
	default:
		return valueIrregular
	}
}
