package uplink

import (
	"math"
	"time"

	"inboxuploader/uploader/token"
)

// Fit says whether the rest can be sent while a token is valid.
type Fit struct {
	Known bool          // false if the token does not state when it expires, or the speed is unknown
	Fits  bool          // the rest can be sent
	Needs time.Duration // for the rest, at the measured speed
	Spare time.Duration // that the token is valid after that; below 0 if it expires before
	More  int           // about how many more tokens of the same length are needed; 0 if it fits
}

// longest bounds the times in a Fit, since a time.Duration ends at 292 years.
const longest = 100 * 365 * 24 * time.Hour

// FitFor returns whether bytes can be sent with the token from now on, at a speed in bytes per
// second. A token that is not valid yet counts from its start.
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
