package ui

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/feed"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/watch"
)

// watching is a Config.Watch as the program's own.
func watching(t *testing.T, q Queue) func(
	WatchedFolder, ledger.AddOptions, time.Duration, func(scan.Found)) (Feed, error) {
	dir := t.TempDir()
	fq, ok := q.(feed.Queue)
	if !ok {
		t.Fatal("this queue can't be fed")
	}
	return func(f WatchedFolder, o ledger.AddOptions, settle time.Duration,
		refused func(scan.Found),
	) (Feed, error) {
		return feed.New(fq, f.Inbox, feed.Options{
			Roots: []string{f.Path}, Send: o,
			Watch: watch.Options{
				Scan: o.Scan, Settle: settle / 10, Dir: dir, // of what a person can choose at least
				Refused: func(found *scan.Found) { refused(*found) },
			},
			List: func(text string) (string, error) {
				list, err := os.CreateTemp(dir, "list-*")
				if err != nil {
					return "", err
				}
				_, err = list.WriteString(text)
				return list.Name(), errors.Join(err, list.Close())
			},
		})
	}
}

// openWatching is openDesk with folders that can be watched.
func openWatching(t *testing.T, c Config) *desk {
	t.Helper()
	if c.Queue == nil {
		c.Queue = queueOver(t, nil)
	}
	c.Watch = watching(t, c.Queue)
	c.Settings.Settle = 1
	if c.Settings.Width == 0 {
		c.Settings.Width, c.Settings.Height = 900, 620
	}
	d := openDesk(t, c)
	d.inboxes.load()
	return d
}

// useToken gives the window a token of an inbox.
func (d *desk) useToken(link string) {
	d.t.Helper()
	d.clipboard(link)
	d.tap("Paste token")
	d.tap("Use this token")
	d.until("the token is in use", func() bool { return d.inboxes.token.Inbox.Host != "" })
}

// TestAPersonKeepsSendingAFolder: what is there and what appears is sent; another start goes on with
// that, and a folder that is no longer watched is left alone.
func TestAPersonKeepsSendingAFolder(t *testing.T) {
	inbox := startInbox(t, nil)
	var saved Settings
	q := queueOver(t, nil)
	d := openWatching(t, Config{Queue: q})
	d.useToken(inbox.token(time.Now().Add(48 * time.Hour)))
	dir := folder(t, "a.txt", "deeper/b.txt")
	d.drop(dir)
	d.until("the review has counted", func() bool { return d.says("Send 2 files") })
	d.check("Keep sending this folder")
	d.mustSay("Files are sent once they have been unchanged for 1 s")
	d.tap("Send 2 files and new ones")
	d.until("it says that it watches", func() bool { return d.says("Watching “run_017”") })
	d.until("what is there is sent", func() bool { return len(inbox.blobs()) == 2 })
	if err := os.WriteFile(filepath.Join(dir, "new.txt"), []byte("new.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.until("what is new is sent", func() bool { return len(inbox.blobs()) == 3 })
	d.until("it waits for more", func() bool { return d.says("Waiting for new files") })
	d.until("it is told", func() bool { return d.events.named("notification") != nil })
	if e := d.events.named("notification"); e["title"] != "2 new files delivered" {
		t.Errorf("it tells of %v", e)
	}
	d.tap("Folders…")
	d.until("the sheet counts", func() bool { return d.says("3 files delivered") })
	d.top.close()

	d.quitAsked()
	d.mustSay("Folders are being watched", "Watching stops until you start Inbox Uploader again.")
	d.tap("Keep watching")
	saved = d.settings.clone()
	if len(saved.Watched) != 1 || saved.Watched[0].Path != dir {
		t.Fatalf("kept: %+v", saved.Watched)
	}
	d.watched.setPaused(true) // as when the program ends
	d.until("it rests", func() bool { return d.says("Paused") })

	again := openWatching(t, Config{Queue: q, Settings: saved})
	if err := os.WriteFile(filepath.Join(dir, "last.txt"), []byte("last.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	again.until("what is new is sent", func() bool { return len(inbox.blobs()) == 4 })
	again.tap("Folders…")
	again.tap("Stop watching this folder")
	again.look()
	if again.says("Watching") || len(again.settings.Watched) != 0 {
		t.Error("it is still watched")
	}
	want := map[string]string{
		"run_017/a.txt": "a.txt", "run_017/deeper/b.txt": "deeper/b.txt",
		"run_017/new.txt": "new.txt", "run_017/last.txt": "last.txt",
	}
	if diff := cmp.Diff(want, inbox.blobs()); diff != "" {
		t.Errorf("the inbox (-want +got):\n%s", diff)
	}
	rows, err := q.Rows(t.Context(), ledger.Filter{}, 0, 10)
	if err != nil || len(rows) != 4 {
		t.Errorf("the list has %d files, %v", len(rows), err)
	}
}

// TestAWatchedFolderSaysWhatItWaitsFor: its token, its disk, the hours, the person.
func TestAWatchedFolderSaysWhatItWaitsFor(t *testing.T) {
	inbox := startInbox(t, nil)
	link := inbox.token(time.Now().Add(48 * time.Hour))
	tok, err := token.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, "a.txt")
	now := time.Now()
	s := DefaultSettings()
	s.Watched = []WatchedFolder{{Path: dir, Inbox: tok.Inbox}}
	s.Language, s.Width, s.Height = English, 900, 620
	d := openWatching(t, Config{Settings: s, Now: func() time.Time { return now }})
	d.until("it waits for a token", func() bool { return d.says("Waiting for its upload token") })
	if len(inbox.blobs()) > 0 {
		t.Error("something is sent without a token")
	}
	d.useToken(link)
	d.until("it is sent", func() bool { return len(inbox.blobs()) == 1 })

	away := dir + " away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	d.until("it waits for its disk", func() bool { return d.says("Waiting for its disk") })
	if err := os.Rename(away, dir); err != nil {
		t.Fatal(err)
	}
	d.until("it goes on", func() bool { return d.says("Waiting for new files") })

	if !d.hours.set(now.Add(2*time.Hour).Format("15:04") + "-" + now.Add(3*time.Hour).Format("15:04")) {
		t.Fatal("the hours can't be set")
	}
	d.until("it waits for the hours", func() bool { return d.says("Waiting until ") })
	d.hours.set("")
	d.until("it goes on", func() bool { return d.says("Waiting for new files") })

	d.commands.pauseAll()
	d.until("it rests", func() bool { return d.says("Paused") })
	d.commands.resumeAll()
	d.until("it goes on", func() bool { return d.says("Waiting for new files") })

	now = tok.ValidTo.Add(time.Second)
	d.until("its token has ended", func() bool { return d.says("Its token has ended") })
	if e := d.events.named("notification"); e == nil || e["title"] != "An upload token has ended" {
		t.Errorf("it tells of %v", e)
	}
}

// TestAFolderFollowsItsWorkspace: once its token is over, one for the workspace's next inbox is used.
func TestAFolderFollowsItsWorkspace(t *testing.T) {
	d := openWatching(t, Config{})
	in := func(container, ws string) token.Inbox {
		return token.Inbox{
			Scheme: "https", Host: "labinbox.blob.core.windows.net", Container: container,
			InboxID: "labinbox", WsID: ws, TID: container,
		}
	}
	dir := folder(t, "a.txt")
	d.watched.keep(WatchedFolder{Path: dir, Inbox: in("ws-1", "ws")})
	d.until("it waits for its token", func() bool { return d.says("Waiting for its upload token") })
	d.watched.tokenUsed(token.Token{Inbox: in("other-1", "other")})
	if got := d.watched.folders[0].Inbox.Container; got != "ws-1" {
		t.Errorf("it follows another workspace to %s", got)
	}
	d.look()
	before := d.last.inbox(in("ws-1", "ws").Key())
	d.watched.tokenUsed(token.Token{Inbox: in("ws-2", "ws")})
	want := "ws-2"
	if before != nil && before.Unfinished > 0 {
		want = "ws-1" // the person is asked
	}
	if got := d.watched.folders[0].Inbox.Container; got != want {
		t.Errorf("it sends to %s, want %s", got, want)
	}
	d.watched.follow(in("ws-1", "ws").Key(), in("ws-2", "ws"))
	if got := d.settings.Watched[0].Inbox.Container; got != "ws-2" {
		t.Errorf("kept for %s", got)
	}
}

// TestWhatCantBeSentOfAWatchedFolderIsNamed.
func TestWhatCantBeSentOfAWatchedFolderIsNamed(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openWatching(t, Config{})
	d.useToken(inbox.token(time.Now().Add(48 * time.Hour)))
	dir := folder(t, "a.txt", "locked.txt")
	if err := os.Mkdir(filepath.Join(dir, "con"), 0o700); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, string(slices.Repeat([]byte("x"), 250)))
	for range 4 {
		long = filepath.Join(long, string(slices.Repeat([]byte("x"), 250)))
	}
	if err := os.MkdirAll(long, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(long, "f"), []byte("f"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.watched.keep(WatchedFolder{Path: dir, Inbox: d.inboxes.token.Inbox})
	d.watched.open()
	d.until("it is named", func() bool { return d.says("1 file can't be sent.") })
	d.until("the others are sent", func() bool { return len(inbox.blobs()) == 2 })
}
