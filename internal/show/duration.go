package show

import (
	"fmt"
	"strconv"
	"time"
)

// Unit is a unit of time.
type Unit int

// The units of time that people use for durations.
const (
	Second Unit = iota
	Minute
	Hour
	Day
)

var units = [...]struct {
	size        time.Duration
	short, long string
}{
	Second: {time.Second, "s", "second"},
	Minute: {time.Minute, "min", "minute"},
	Hour:   {time.Hour, "h", "hour"},
	Day:    {24 * time.Hour, "d", "day"},
}

// Time is a duration as people say it: a number of one unit, and a number of the next smaller unit.
// String and Words say it in English; a user interface that translates has its own words for each
// unit.
type Time struct {
	N    int64
	Unit Unit
	Rest int64 // of the next smaller unit
}

// Duration rounds a duration to two units at most: "6 d 21 h", "2 h 31 min", "53 min", "2 min 5 s",
// "25 s". A negative duration counts as 0.
func Duration(d time.Duration) Time {
	t := Remaining(d.Round(time.Second))
	if t.Unit == Minute && t.N >= 10 {
		t.Rest = 0
	}
	return t
}

// Remaining rounds down the time that is left, or over, so that it never claims more time than
// there is.
func Remaining(d time.Duration) Time {
	d = max(d, 0)
	u := Day
	for u > Second && d < units[u].size {
		u--
	}
	t := Time{N: int64(d / units[u].size), Unit: u}
	if u > Second {
		t.Rest = int64(d % units[u].size / units[u-1].size)
	}
	return t
}

// String returns the short form, "2 h 31 min", without a rest of 0.
func (t Time) String() string {
	words := fmt.Sprintf("%d %s", t.N, units[t.Unit].short)
	if t.Rest > 0 {
		words += fmt.Sprintf(" %d %s", t.Rest, units[t.Unit-1].short)
	}
	return words
}

// Words returns it to the minute, as "2 hours 31 minutes" or "less than a minute".
func (t Time) Words() string {
	if t.Unit == Second {
		return "less than a minute"
	}
	words := count(t.N, t.Unit)
	if t.Rest > 0 && t.Unit > Minute {
		words += " " + count(t.Rest, t.Unit-1)
	}
	return words
}

func count(n int64, u Unit) string {
	words := strconv.FormatInt(n, 10) + " " + units[u].long
	if n != 1 {
		words += "s"
	}
	return words
}
