package source

import (
	"path/filepath"
	"time"

	"inboxuploader/internal/netdisk"
)

const (
	// clockSlack is how wrong the clock of another machine with the file's disk may be. Windows
	// domains allow 5 minutes.
	clockSlack = 15 * time.Minute
	// lately is how long after its last modification a program may still be writing a file.
	lately = time.Minute
	// FarAhead is how far in the future a time must be to be wrong, as from a camera, and to say
	// nothing about a change.
	FarAhead = 24 * time.Hour
)

// RestsFrom returns the moment from which a file of this version is at rest: after its last change
// plus after. A later reading of the same version needs no second one. It is zero if no time of the
// file tells of a change.
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
// minute, so that a program may still be writing it. Another machine's clock may be ahead.
func ModifiedLately(modified, now time.Time) bool {
	return now.Sub(modified) < lately && modified.Before(now.Add(clockSlack))
}
