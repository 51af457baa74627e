package uplink

import (
	"math"
	"time"

	"inboxuploader/uploader/token"
)

// Fit says whether what is left can be sent while a token is valid.
type Fit struct {
	Known bool          // false where the token does not say when it ends, or the speed is not known
	Fits  bool          // it can
	Needs time.Duration // for the bytes that are left, at the measured speed
	Spare time.Duration // what is left of the token after that; below 0 if it ends before
	More  int           // about how many more tokens of the same length it needs; 0 if it fits
}

// longest is the longest time that a Fit speaks of, since a sum of minutes in nanoseconds ends
// after 292 years.
const longest = 100 * 365 * 24 * time.Hour

// FitFor returns whether bytes can be sent with the token from the moment now on, at a speed in
// bytes per second. A token that is not valid yet counts from its beginning.
func FitFor(t token.Token, bytes int64, speed float64, now time.Time) Fit {
	if bytes <= 0 || speed <= 0 || t.ValidTo.IsZero() {
		return Fit{Known: bytes <= 0 && !t.ValidTo.IsZero() && now.Before(t.ValidTo), Fits: bytes <= 0}
	}
	seconds := float64(bytes) / speed
	f := Fit{Known: true, Needs: longest}
	if seconds < longest.Seconds() {
		f.Needs = time.Duration(seconds * float64(time.Second))
	}
	if now.Before(t.ValidFrom) {
		now = t.ValidFrom
	}
	left := max(t.ValidTo.Sub(now), 0)
	f.Spare = left - f.Needs
	if f.Fits = f.Spare >= 0; f.Fits {
		return f
	}
	length := 30 * 24 * time.Hour // what workspaces issue unless told otherwise
	if !t.ValidFrom.IsZero() && t.ValidTo.After(t.ValidFrom) {
		length = t.ValidTo.Sub(t.ValidFrom)
	}
	f.More = int(math.Ceil(float64(f.Needs-left) / float64(length)))
	return f
}
