package source

import (
	"runtime"
	"time"
)

// Version tells whether a file is still the one that was planned.
type Version struct {
	Size    int64
	ModTime time.Time
	ID      ID
	Changed time.Time // the last change of anything, times included; zero if the system does not tell
}

// VersionOf returns the version of the file that i describes.
func VersionOf(i Info) Version { return Version{i.Size, i.ModTime, i.ID, i.Changed} }

// Same reports whether nothing tells the two apart. Where one has no file id, size and time decide.
func (v Version) Same(w Version) bool {
	return v.Size == w.Size && v.ModTime.Equal(w.ModTime) &&
		(v.ID == w.ID || v.ID == ID{} || w.ID == ID{})
}

// TouchedSince reports whether anything of the file has changed since that moment, perhaps only its
// permissions. Nothing else reveals a program that puts the modification time back after it has
// written, as programs do that keep encrypted disks in files.
func (v Version) TouchedSince(moment time.Time) bool {
	return !v.Changed.IsZero() && !moment.IsZero() && v.Changed.After(moment)
}

// Kept returns the last change as a scan finds it: on Windows a scan finds none.
func (v Version) Kept() time.Time {
	if runtime.GOOS == "windows" {
		return time.Time{}
	}
	return v.Changed
}
