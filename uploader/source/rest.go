package source

import (
	"path/filepath"
	"time"

	"inboxuploader/internal/netdisk"
)

const (
	// clockSlack is by how much the clock of another machine may be wrong whose disk holds the
	// file. Windows domains allow 5 minutes.
	clockSlack = 15 * time.Minute
	// lately is how long after its last modification a file is named as one that a program may not
	// have finished.
	lately = time.Minute
	// FarAhead is from where on a time in the future is a wrong one, as of a camera, and says
	// nothing about a change.
	FarAhead = 24 * time.Hour
)

// RestsFrom returns the moment from which on a file of this version is at rest, which it is so long
// after its last change: what was read of it later, while it kept that version, is true by itself.
// It is zero where no time of the file tells of a change.
func (v Version) RestsFrom(path string, now time.Time, after time.Duration) time.Time {
	var last time.Time
	for _, t := range [...]time.Time{v.ModTime, v.Changed} {
		if t.After(last) && t.Before(now.Add(FarAhead)) {
			last = t
		}
	}
	if last.IsZero() {
		return last
	}
	rests := last.Add(after)
	if now.Before(rests.Add(clockSlack)) && netdisk.On(filepath.Dir(path)) {
		rests = rests.Add(clockSlack)
	}
	return rests
}

// ModifiedLately reports whether a file with that modification time was modified in the last
// minute, so that a program may not be done with it yet. A clock of another machine may be ahead.
func ModifiedLately(modified, now time.Time) bool {
	return now.Sub(modified) < lately && modified.Before(now.Add(clockSlack))
}
