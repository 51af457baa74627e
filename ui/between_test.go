package ui

import (
	"testing"
	"time"
)

// TestOutsideTheHoursTheWindowWaits, says until when, and sends all the same if the person wants it,
// until the hours begin and end again.
func TestOutsideTheHoursTheWindowWaits(t *testing.T) {
	inbox := startInbox(t, nil)
	day := time.Date(2030, 5, 7, 0, 0, 0, 0, time.Local)
	now := day.Add(12 * time.Hour)
	s := DefaultSettings()
	s.Between, s.Width, s.Height = "18:00-20:00", 900, 620
	d := openDesk(t, Config{Settings: s, Now: func() time.Time { return now }})
	d.useToken(inbox.token(now.Add(48 * time.Hour)))
	give := func(name string, files int) {
		t.Helper()
		d.drop(folder(t, name))
		d.until("the review has counted", func() bool { return d.says("Send 1 file") })
		d.tap("Send 1 file")
		d.until("it is in the list", func() bool { return d.last.status.FilesTotal() == int64(files) })
	}
	give("a.txt", 1)
	d.until("it waits", func() bool { return d.says("Waiting until 18:00") })
	d.mustSay("Your sending hours are 18:00 to 20:00.")
	if got := (&trayState{pending: 1, until: "18:00"}).statusLine(); got != "Waiting until 18:00" {
		t.Errorf("the tray says %q", got)
	}
	if len(withoutToken(&d.last.status)) > 0 {
		t.Error("a token is asked for, though there is one")
	}
	if len(inbox.blobs()) > 0 {
		t.Fatal("something is sent outside the hours")
	}
	d.tap("Send now anyway")
	d.until("it is sent", func() bool { return len(inbox.blobs()) == 1 })
	d.until("nothing is said any more", func() bool { return !d.says("Waiting until") })

	now = day.Add(19 * time.Hour)
	d.hours.keep()
	give("b.txt", 2)
	d.until("it is sent within the hours", func() bool { return len(inbox.blobs()) == 2 })
	now = day.Add(21 * time.Hour)
	d.hours.keep()
	give("c.txt", 3)
	d.until("it waits again", func() bool { return d.says("Waiting until ") })

	d.options.open()
	d.typeSetting("18:00-06:00", "8 to 5")
	if d.settings.Between != "18:00-20:00" {
		t.Errorf("the hours are %q", d.settings.Between)
	}
	d.typeSetting("18:00-06:00", "")
	d.top.close()
	d.until("it is sent at any time", func() bool { return len(inbox.blobs()) == 3 })
}
