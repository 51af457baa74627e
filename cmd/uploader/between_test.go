package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
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
		var h hours
		if c.hours != "" {
			if err := h.Set(c.hours); err != nil {
				t.Fatal(err)
			}
		}
		if within, change := h.until(c.now); within != c.within || !change.Equal(c.change) {
			t.Errorf("%s at %v: %v until %v", c.hours, c.now, within, change)
		}
	}
	for _, wrong := range []string{"", "18:00", "18-06", "18:00-18:00", "25:00-06:00", "18:00-06:00-07:00"} {
		if err := new(hours).Set(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

// TestOutsideItsHoursAnUploadRests: it begins within them, what is under way at their end is
// finished, and the rest goes on the next day. Patience does not count that.
func TestOutsideItsHoursAnUploadRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const block, rate = 64 << 10, 100 // about eleven minutes a block
		inbox := uploadertest.NewStore()
		q, err := uploader.NewQueue(t.Context(), uploader.Config{
			Open: func(token.Token) (store.Store, error) { return inbox.With("w"), nil },
			Rate: rate, BlockSize: block, Connections: 1, NoProgress: time.Hour, Steady: time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = q.Close() }()
		file := filepath.Join(t.TempDir(), "large")
		if err := os.WriteFile(file, make([]byte, 10*block), 0o600); err != nil {
			t.Fatal(err)
		}
		s := &shift{now: func() time.Time { return time.Now().UTC() }}
		if err := s.Set("01:00-02:00"); err != nil { // the bubble begins at midnight
			t.Fatal(err)
		}
		midnight := time.Now()
		hour := func() float64 { return time.Since(midnight).Hours() }
		if err := s.await(t.Context()); err != nil || hour() != 1 {
			t.Fatalf("it begins at %v: %v", hour(), err)
		}
		tok := token.Token{
			Inbox:  token.Inbox{Scheme: "https", Host: "labinbox.blob.core.windows.net", Container: "ws-1"},
			Rights: token.Rights{Letters: "w"},
		}
		if err := q.Use(tok); err != nil {
			t.Fatal(err)
		}
		if _, err := q.Add(t.Context(), tok.Inbox, []string{file}, ledger.AddOptions{}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- s.wait(t.Context(), q) }()
		time.Sleep(90 * time.Minute) // half past two
		at := q.Status()
		if e := troubleOf(&at); at.BytesDone != 6*block || e == nil ||
			e.Reason != problem.OutsideHours || e.When.UTC().Hour() != 1 {
			t.Errorf("outside its hours: %d blocks, %+v", at.BytesDone/block, at.Inboxes)
		}
		time.Sleep(10 * time.Hour)
		if now := s.status(q); now.BytesDone != at.BytesDone || !now.Confirmed.Equal(time.Now()) {
			t.Errorf("it went on, or patience counts: %+v", now)
		}
		if err := <-done; err != nil || hour() < 25 || hour() > 26 {
			t.Errorf("it ended at %v: %v", hour(), err)
		}
		if _, there := inbox.Blob("large"); !there {
			t.Error("it is not there")
		}
	})
}

func TestHoursGoOnTheCommandLine(t *testing.T) {
	for line, code := range map[string]int{"25:00-06:00": exitUsage, "18:00": exitUsage} {
		if got := run(t.Context(), []string{"resume", "--between", line}, nil, io.Discard, io.Discard,
			stateEnvironment(t)); got != code {
			t.Errorf("%s: exit code %d", line, got)
		}
	}
}
