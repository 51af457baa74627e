// Package backoff says how long to wait before the next try. A leaf that every package may import.
package backoff

import (
	"math/rand/v2"
	"time"
)

const (
	first   = 20 * time.Millisecond
	longest = 30 * time.Second
)

// random returns a length of time from 0 to below d. Package sim replaces it.
var random = rand.N[time.Duration]

// After returns how long to wait after the n-th failure in a row (1 is the first): twice as long
// each time, up to 30 s, of which the second half is random so that many clients don't come back
// together.
func After(n int) time.Duration {
	d := longest
	if n < 12 {
		d = min(d, first<<(n-1))
	}
	return d/2 + random(d/2)
}
