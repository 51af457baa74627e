package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
)

// countdown is how long a token still works, as a chip says it.
type countdown struct {
	words string // what counts: "6 days 5 h left"
	short string // the same in less room: "6 d 05 h left"
	until string // until when, on the person's clock; may be empty
	zone  string // whose clock that is; may be empty
	color fyne.ThemeColorName
	next  time.Duration // after how long the words are others; 0: they stay
}

// countdownOf says how long a token still works. The nearer the end, the finer it counts.
func countdownOf(t token.Token, now time.Time) countdown {
	switch t.StateAt(now) {
	case token.StateUnknown:
		return countdown{
			words: tr("The storage knows when it expires"), short: tr("Expiry unknown"),
			color: colorMuted,
		}
	case token.StateExpired:
		return countdown{
			words: tr("Expired"), short: tr("Expired"), until: date(t.ValidTo),
			zone: tr("(your time)"), color: theme.ColorNameError,
		}
	case token.StateNotYetValid:
		left := t.ValidFrom.Sub(now)
		return countdown{
			words: tr("Starts in {{.Time}}", values("Time", remainingInDays(left))),
			short: tr("Starts in {{.Time}}", values("Time", remaining(left))),
			until: date(t.ValidFrom), zone: tr("(your time)"),
			color: theme.ColorNameWarning, next: step(left),
		}
	}
	left := t.ValidTo.Sub(now)
	c := countdown{
		words: tr("{{.Time}} left", values("Time", remainingInDays(left))),
		short: tr("{{.Time}} left", values("Time", remaining(left))),
		until: tr("until {{.When}}", values("When", nearDate(t.ValidTo, now))),
		zone:  tr("(your time)"), color: urgency(left), next: step(left),
	}
	if c.color == colorMuted {
		c.color = theme.ColorNameSuccess
	}
	return c
}

// urgency is the colour of a time that is left to a token.
func urgency(left time.Duration) fyne.ThemeColorName {
	switch {
	case left < time.Hour:
		return theme.ColorNameError
	case left < 24*time.Hour:
		return theme.ColorNameWarning
	default:
		return colorMuted
	}
}

// remaining says a time that is left, rounded down: "6 d 21 h", "5 h 07 min", "12 min 30 s", "8 s".
func remaining(d time.Duration) string {
	t := show.Remaining(d)
	if t.Unit == show.Second {
		return inUnit(t.N, t.Unit)
	}
	return twoUnits(t, fmt.Sprintf("%02d", t.Rest))
}

// remainingInDays says the same with the days in words: "6 days 5 h".
func remainingInDays(d time.Duration) string {
	t := show.Remaining(d)
	if t.Unit != show.Day {
		return remaining(d)
	}
	return tr("{{.Large}} {{.Small}}",
		values("Large", trn("{{.N}} days", t.N), "Small", inUnit(t.Rest, show.Hour)))
}

// step returns how long the words of remaining stay the same.
func step(left time.Duration) time.Duration {
	unit := time.Second
	switch {
	case left >= 24*time.Hour:
		unit = time.Hour
	case left >= time.Hour:
		unit = time.Minute
	}
	return left%unit + time.Millisecond
}
