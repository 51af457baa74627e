package source

import (
	"runtime"
	"time"
)

// Version is what tells whether a file is still the one that was planned.
type Version struct {
	Size    int64
	ModTime time.Time
	ID      ID
	Changed time.Time // what changed last of it, be it its times; zero where the system does not tell
}

// VersionOf returns the version of what was looked at.
func VersionOf(i Info) Version { return Version{i.Size, i.ModTime, i.ID, i.Changed} }

// Same reports whether nothing tells the two apart. Where one has no file id, size and time decide.
func (v Version) Same(w Version) bool {
	return v.Size == w.Size && v.ModTime.Equal(w.ModTime) &&
		(v.ID == w.ID || v.ID == ID{} || w.ID == ID{})
}

// TouchedSince reports whether something of the file has changed since that moment. Programs that
// put the modification time back after they wrote, as those do that keep encrypted disks in files,
// are told by this alone. It may as well be the file's rights.
func (v Version) TouchedSince(moment time.Time) bool {
	return !v.Changed.IsZero() && !moment.IsZero() && v.Changed.After(moment)
}

// Kept returns the last change as a scan finds it, which on Windows is none.
func (v Version) Kept() time.Time {
	if runtime.GOOS == "windows" {
		return time.Time{}
	}
	return v.Changed
}
