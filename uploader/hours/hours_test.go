package hours_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/hours"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

func TestHoursOfTheDay(t *testing.T) {
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC)
	}
	for _, c := range []struct {
		hours  string
		now    time.Time
		within bool
		change time.Time
	}{
		{"18:00-06:00", at(1, 12, 0), false, at(1, 18, 0)},
		{"18:00-06:00", at(1, 18, 0), true, at(2, 6, 0)},
		{"18:00-06:00", at(1, 23, 59), true, at(2, 6, 0)},
		{"18:00-06:00", at(2, 5, 59), true, at(2, 6, 0)},
		{"18:00-06:00", at(2, 6, 0), false, at(2, 18, 0)},
		{"8:30-17:00", at(31, 8, 29), false, at(31, 8, 30)},
		{"8:30-17:00", at(31, 8, 30), true, at(31, 17, 0)},
		{"8:30-17:00", at(31, 17, 0), false, at(32, 8, 30)},
		{"", at(1, 12, 0), true, time.Time{}},
	} {
		h, err := hours.Parse(c.hours)
		if err != nil {
			t.Fatal(err)
		}
		if within, change := h.Until(c.now); within != c.within || !change.Equal(c.change) {
			t.Errorf("%s at %v: %v until %v", c.hours, c.now, within, change)
		}
	}
	for _, wrong := range []string{"18:00", "18-06", "18:00-18:00", "25:00-06:00", "18:00-06:00-07:00", "-"} {
		if _, err := hours.Parse(wrong); !errors.Is(err, hours.ErrInvalid) {
			t.Errorf("%q is taken", wrong)
		}
	}
}

// TestAQueueKeepsToItsHours, also where they are changed, and where a token is used outside of them;
// what waits for another token waits on.
func TestAQueueKeepsToItsHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := uploadertest.NewStore()
		q, err := uploader.NewQueue(t.Context(), uploader.Config{
			Open:   func(token.Token) (store.Store, error) { return inbox.With("w"), nil },
			Steady: time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = q.Close() }()
		use := func(container string) token.Token {
			tok := token.Token{
				Inbox:  token.Inbox{Scheme: "https", Host: "labinbox.blob.core.windows.net", Container: container},
				Rights: token.Rights{Letters: "w"},
			}
			if err := q.Use(tok); err != nil {
				t.Fatal(err)
			}
			return tok
		}
		keep := func(text string) {
			t.Helper()
			h, err := hours.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Keep(q, time.Now().UTC()); err != nil {
				t.Fatal(err)
			}
		}
		held := func(of token.Token) (reason problem.Reason, until time.Time) {
			for _, in := range q.Status().Inboxes {
				if in.Inbox == of.Inbox.Key() && in.Hold != nil {
					return in.Hold.Reason, in.Hold.When.UTC()
				}
			}
			return "", time.Time{}
		}
		a, refused := use("a"), use("b")
		q.Hold(refused.Inbox.Key(), problem.New("send", "", problem.TokenNeeded))
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, []byte("f"), 0o600); err != nil {
			t.Fatal(err)
		}
		keep("18:00-06:00") // the bubble begins at midnight
		if reason, _ := held(a); reason != "" {
			t.Errorf("held within the hours: %s", reason)
		}
		keep("18:00-20:00")
		if reason, until := held(a); reason != problem.OutsideHours || until.Hour() != 18 {
			t.Errorf("held %s until %v", reason, until)
		}
		keep("17:00-20:00")
		if reason, until := held(a); reason != problem.OutsideHours || until.Hour() != 17 {
			t.Errorf("after a change held %s until %v", reason, until)
		}
		use("a")
		keep("17:00-20:00")
		if _, err := q.Add(t.Context(), a.Inbox, []string{file}, ledger.AddOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(16 * time.Hour)
		if _, there := inbox.Blob("f"); there {
			t.Error("sent outside the hours")
		}
		time.Sleep(2 * time.Hour)
		keep("17:00-20:00")
		time.Sleep(time.Minute)
		if _, there := inbox.Blob("f"); !there {
			t.Error("not sent within the hours")
		}
		if reason, _ := held(refused); reason != problem.TokenNeeded {
			t.Errorf("what waits for a token has %q", reason)
		}
	})
}
