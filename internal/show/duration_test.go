package show_test

import (
	"math"
	"testing"
	"time"

	"inboxuploader/internal/show"
)

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour:                          "0 s",
		0:                                   "0 s",
		400 * time.Millisecond:              "0 s",
		25 * time.Second:                    "25 s",
		59*time.Second + 600*1e6:            "1 min",
		185 * time.Second:                   "3 min 5 s",
		10*time.Minute - time.Second:        "9 min 59 s",
		53*time.Minute + 12*time.Second:     "53 min",
		59*time.Minute + 59*time.Second:     "59 min",
		2*time.Hour + 10*time.Minute:        "2 h 10 min",
		2*time.Hour + 59*time.Second:        "2 h",
		25*time.Hour + 59*time.Minute:       "1 d 1 h",
		6*24*time.Hour + 21*time.Hour:       "6 d 21 h",
		400*24*time.Hour + 59*time.Minute:   "400 d",
		time.Hour + 59*time.Minute + 59*1e9: "1 h 59 min",
	} {
		if got := show.Duration(d).String(); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestRemainingIsNeverTooMuch(t *testing.T) {
	for d, want := range map[time.Duration]show.Time{
		-time.Second:                         {},
		8*time.Second + 999*time.Millisecond: {N: 8},
		12*time.Minute + 30*time.Second:      {N: 12, Unit: show.Minute, Rest: 30},
		5*time.Hour + 7*time.Minute:          {N: 5, Unit: show.Hour, Rest: 7},
		24*time.Hour - 1:                     {N: 23, Unit: show.Hour, Rest: 59},
		math.MaxInt64:                        {N: 106_751, Unit: show.Day, Rest: 23},
	} {
		if got := show.Remaining(d); got != want {
			t.Errorf("%v: %v, want %v", d, got, want)
		}
	}
}

func TestWordsOfDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                   "less than a minute",
		59 * time.Second:                    "less than a minute",
		time.Minute:                         "1 minute",
		61 * time.Second:                    "1 minute",
		61 * time.Minute:                    "1 hour 1 minute",
		2*time.Hour + 59*time.Second:        "2 hours",
		24*time.Hour + 5*time.Minute:        "1 day",
		29*24*time.Hour + 23*time.Hour:      "29 days 23 hours",
		400*24*time.Hour + 59*time.Minute:   "400 days",
		25*time.Hour + 59*time.Minute:       "1 day 1 hour",
		time.Hour + 59*time.Minute + 59*1e9: "1 hour 59 minutes",
	} {
		if got := show.Remaining(d).Words(); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		done, total int64
		want        string
	}{
		{0, 0, "0 %"},
		{-1, 100, "0 %"},
		{1, 3, "33 %"},
		{100, 100, "99 %"}, // what is acknowledged is not delivered yet
		{29, 100, "29 %"},
	} {
		if got := show.PercentOf(c.done, c.total).String(); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.done, c.total, got, c.want)
		}
	}
}
