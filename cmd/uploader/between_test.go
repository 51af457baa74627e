package main

import (
	"io"
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
		if s.Hours, err = hours.Parse("01:00-02:00"); err != nil { // the bubble begins at midnight
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
	for line, code := range map[string]int{"25:00-06:00": exitUsage, "18:00": exitUsage, "": exitUsage} {
		if got := run(t.Context(), []string{"resume", "--between", line}, nil, io.Discard, io.Discard,
			stateEnvironment(t)); got != code {
			t.Errorf("%s: exit code %d", line, got)
		}
	}
}
