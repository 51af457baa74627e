package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader/token"
)

// use makes a token the one in use.
func (d *desk) use(link string) token.Token {
	d.t.Helper()
	t, err := d.inboxes.parse(link)
	if err != nil {
		d.t.Fatal(err)
	}
	d.tokens.begin(t)
	return t
}

// TestTheHeaderSaysWhichInboxAndForHowLong: the inbox's name, its workspace and token, and a chip
// whose words get shorter where there is little room.
func TestTheHeaderSaysWhichInboxAndForHowLong(t *testing.T) {
	now := time.Date(2026, 11, 29, 20, 0, 0, 0, time.UTC)
	d := openDesk(t, Config{Queue: newCrowd(10), Now: func() time.Time { return now }})
	d.use(someToken("se=2099-01-01T00:00:00Z", "se=2026-12-06T01:26:00Z"))
	for width, want := range map[float32]string{
		900: "6 days 5 h left · until Sun 6 Dec, 01:26 (your time)",
		480: "6 days 5 h left",
	} {
		d.window.Resize(fyne.NewSize(width, 400))
		d.look()
		d.mustSay("ws0421 – 73", "Workspace ws0421\u00a0· token 73", want)
		if d.says("until") != (width == 900) {
			t.Errorf("at %.0f the date is said or left out", width)
		}
	}
	for left, want := range map[time.Duration]fyne.ThemeColorName{
		30 * time.Hour: theme.ColorNameSuccess, 23 * time.Hour: theme.ColorNameWarning,
		time.Minute: theme.ColorNameError, -time.Minute: theme.ColorNameError,
	} {
		now = time.Date(2026, 12, 6, 1, 26, 0, 0, time.UTC).Add(-left)
		d.look()
		if got := d.header.left.lead.color; got != want {
			t.Errorf("%v before the end it is %v, want %v", left, got, want)
		}
		if d.says("Expired") != (left < 0) {
			t.Errorf("%v before the end: it is said to be over, or not", left)
		}
	}
}
