package feed_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"inboxuploader/uploader"
	"inboxuploader/uploader/feed"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
	"inboxuploader/uploader/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const settle = 100 * time.Millisecond

// yard is a folder that is fed to a queue over an inbox in memory.
type yard struct {
	*testing.T
	queue   *uploader.Queue
	store   *uploadertest.Store
	journal ledger.Journal
	root    string
	lists   string
	full    bool // the disk for lists is
}

func tokenFor(container string) token.Token {
	return token.Token{
		Inbox: token.Inbox{
			Scheme: "https", Host: "labinbox.blob.core.windows.net", Container: container,
			InboxID: "labinbox", WsID: "ws",
		},
		Rights: token.Rights{Letters: "w"},
	}
}

func newYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{
		T: t, store: uploadertest.NewStore().With("w"), root: filepath.Join(t.TempDir(), "run"),
		lists: t.TempDir(), journal: ledger.NewMemoryJournal(),
	}
	y.write("there.txt")
	y.start()
	t.Cleanup(func() { y.stop() })
	return y
}

func (y *yard) start() {
	y.Helper()
	q, err := uploader.NewQueue(y.Context(), uploader.Config{
		Steady: time.Millisecond, Journal: y.journal,
		Open: func(token.Token) (store.Store, error) { return y.store, nil },
	})
	if err != nil {
		y.Fatal(err)
	}
	y.queue = q
}

func (y *yard) stop() {
	y.Helper()
	if err := y.queue.Close(); err != nil {
		y.Error(err)
	}
}

func (y *yard) write(name string) {
	y.Helper()
	uploadertest.WriteFile(y, filepath.Join(y.root, filepath.FromSlash(name)), name)
}

// feed makes a Feed of the folder.
func (y *yard) feed(to token.Inbox) *feed.Feed {
	y.Helper()
	o := feed.Options{
		Roots: []string{y.root}, Watch: watch.Options{Settle: settle, Dir: y.lists},
		List: func(text string) (string, error) {
			if y.full {
				return "", errors.New("no space left")
			}
			f, err := os.CreateTemp(y.lists, "list-*")
			if err != nil {
				return "", err
			}
			_, err = f.WriteString(text)
			return f.Name(), errors.Join(err, f.Close())
		},
	}
	o.Watch.Scan.Recursive, o.Watch.Scan.Inbox, o.Send.Scan.Recursive = true, to, true
	f, err := feed.New(y.queue, to, o)
	if err != nil {
		y.Fatal(err)
	}
	y.Cleanup(func() {
		if err := f.Close(); err != nil {
			y.Error(err)
		}
	})
	return f
}

// running runs a Feed until end is called, and keeps its last state.
func (y *yard) running(f *feed.Feed) (states <-chan feed.State, end func()) {
	ctx, cancel := context.WithCancel(y.Context())
	told, ended := make(chan feed.State, 1000), make(chan error)
	go func() {
		ended <- f.Run(ctx, func(now feed.State, _ []int64) { told <- now })
	}()
	return told, func() {
		cancel()
		if err := <-ended; err != nil {
			y.Error(err)
		}
	}
}

// waits until a condition holds.
func (y *yard) waits(what string, holds func() bool) {
	y.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			y.Fatalf("waited in vain until %s", what)
		}
	}
}

// shows waits for a state.
func (y *yard) shows(states <-chan feed.State, what string, is func(feed.State) bool) {
	y.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case s := <-states:
			if is(s) {
				return
			}
		case <-timeout:
			y.Fatalf("waited in vain until it shows %s", what)
		}
	}
}

func (y *yard) arrived(name string) bool { _, there := y.store.Blob(name); return there }

// rows returns the sources of the list, in order.
func (y *yard) rows() (names []string) {
	y.Helper()
	rows, err := y.queue.Rows(y.Context(), ledger.Filter{}, 0, 100)
	if err != nil {
		y.Fatal(err)
	}
	for i := range rows {
		names = append(names, filepath.Base(rows[i].Source))
	}
	slices.Sort(names)
	return names
}

// TestWhatIsThereAndWhatAppears is sent, and what was delivered is not sent again by the next Feed.
func TestWhatIsThereAndWhatAppears(t *testing.T) {
	y := newYard(t)
	tok := tokenFor("ws-1")
	if err := y.queue.Use(tok); err != nil {
		t.Fatal(err)
	}
	states, end := y.running(y.feed(tok.Inbox))
	y.shows(states, "that a file is not complete", func(s feed.State) bool { return s.Growing == 1 })
	y.waits("what is there is sent", func() bool { return y.arrived("run/there.txt") })
	y.write("deep/new.txt")
	y.waits("what is new is sent", func() bool { return y.arrived("run/deep/new.txt") })
	y.shows(states, "that all is complete", func(s feed.State) bool { return s.Growing == 0 })
	end()
	states, end = y.running(y.feed(tok.Inbox))
	y.shows(states, "that it has looked", func(s feed.State) bool { return s.Looked })
	y.write("last.txt")
	y.waits("what is new is sent", func() bool { return y.arrived("run/last.txt") })
	end()
	if got := y.rows(); !slices.Equal(got, []string{"last.txt", "new.txt", "there.txt"}) {
		t.Errorf("the list has %v", got)
	}
}

// TestAFolderThatIsGone is said to be, and goes on when it is back.
func TestAFolderThatIsGone(t *testing.T) {
	y := newYard(t)
	tok := tokenFor("ws-1")
	if err := y.queue.Use(tok); err != nil {
		t.Fatal(err)
	}
	away := y.root + " away"
	if err := os.Rename(y.root, away); err != nil {
		t.Fatal(err)
	}
	states, end := y.running(y.feed(tok.Inbox))
	defer end()
	y.shows(states, "that it is gone", func(s feed.State) bool { return s.Missing })
	if err := os.Rename(away, y.root); err != nil {
		t.Fatal(err)
	}
	y.shows(states, "that it is back", func(s feed.State) bool { return !s.Missing })
	y.waits("what is there is sent", func() bool { return y.arrived("run/there.txt") })
}

// TestWhatWaitsIsInTheListOnce: without a token files wait, the next Feed adds none of them again,
// a token for the next inbox of the workspace sends them there, and what was cancelled stays so.
func TestWhatWaitsIsInTheListOnce(t *testing.T) {
	y := newYard(t)
	y.write("cancelled.txt")
	first, second := tokenFor("ws-1"), tokenFor("ws-2")
	_, end := y.running(y.feed(first.Inbox))
	y.waits("both are in the list", func() bool { return len(y.rows()) == 2 })
	end()
	rows, err := y.queue.Rows(t.Context(), ledger.Filter{Text: "cancelled"}, 0, 1)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	if _, err := y.queue.Do(t.Context(), ledger.Command{
		Verb: ledger.Cancel, Jobs: []int64{rows[0].ID},
	}); err != nil {
		t.Fatal(err)
	}
	f := y.feed(first.Inbox)
	if err := f.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(f.Unfinished()); n != 1 {
		t.Errorf("%d transfers are unfinished, want 1", n)
	}
	states, end := y.running(f)
	y.shows(states, "that it has looked", func(s feed.State) bool { return s.Looked })
	y.write("new.txt")
	y.waits("what is new is in the list", func() bool { return len(y.rows()) == 3 })
	end()
	if err := y.queue.Use(second); err != nil {
		t.Fatal(err)
	}
	if err := f.Use(t.Context(), second.Inbox); err != nil {
		t.Fatal(err)
	}
	y.waits("all is sent", func() bool { return y.arrived("run/there.txt") && y.arrived("run/new.txt") })
	if y.arrived("run/cancelled.txt") {
		t.Error("what was cancelled is sent")
	}
}

// TestWhatCantBeAddedIsTriedAgain, as while a disk is full.
func TestWhatCantBeAddedIsTriedAgain(t *testing.T) {
	y := newYard(t)
	tok := tokenFor("ws-1")
	if err := y.queue.Use(tok); err != nil {
		t.Fatal(err)
	}
	f := y.feed(tok.Inbox)
	y.full = true
	b := watch.Batch{Root: y.root, Files: []string{"there.txt"}}
	if ids, err := f.Take(t.Context(), b); err == nil || len(ids) > 0 || !f.Later() {
		t.Fatalf("it was taken: %v", ids)
	}
	y.full = false
	if ids, err := f.Take(t.Context()); err != nil || len(ids) != 1 || f.Later() {
		t.Fatalf("it was not taken: %v, %v", ids, err)
	}
	y.waits("it is sent", func() bool { return y.arrived("run/there.txt") })
}
