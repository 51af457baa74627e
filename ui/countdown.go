package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
)

// countdown says how long a token still works, in which colour, and after how long the words are
// others. The nearer the end, the finer it counts; a next of 0 means that the words stay.
func countdown(
	t token.Token, now time.Time,
) (words string, color fyne.ThemeColorName, next time.Duration) {
	switch t.StateAt(now) {
	case token.StateUnknown:
		return tr("The storage knows when this token ends"), colorMuted, 0
	case token.StateExpired:
		return tr("Token ended {{.When}}", values("When", moment(t.ValidTo, now))),
			theme.ColorNameError, 0
	case token.StateNotYetValid:
		left := t.ValidFrom.Sub(now)
		return tr("Token starts in {{.Time}}", values("Time", remaining(left))),
			theme.ColorNameWarning, step(left)
	}
	left := t.ValidTo.Sub(now)
	return tr("{{.Time}} left", values("Time", remaining(left))), urgency(left), step(left)
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
