package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"github.com/google/go-cmp/cmp"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader/problem"
)

// drop lets files go over the window.
func (d *desk) drop(paths ...string) {
	uris := make([]fyne.URI, len(paths))
	for i, p := range paths {
		uris[i] = storage.NewFileURI(p)
	}
	d.intake.dropped(uris)
}

func TestAPersonDeliversAFolder(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	d.mustSay("Paste your upload token", "Drop files or folders here")

	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.tap("Paste token")
	d.mustSay("inboxid", "localinbox", "wsid", "ws0421", "tid", "73", "You can add files", "left")
	d.tap("Use this token")
	d.until("the token is in use", func() bool { return d.says("Token accepted") })

	dir := folder(t, "a.txt", "deeper/b 100% #1.txt", "心拍数.csv", ".DS_Store")
	d.drop(dir)
	d.until("the review has counted", func() bool { return d.says("Send 3 files") })
	d.mustSay("3 files · ", "1 system file left out")
	d.tap("Send 3 files")
	d.until("all is delivered", func() bool { return d.says("All 3 files are in the inbox") })
	d.mustSay("Every block was checked by the storage", "b 100% #1.txt", "run_017/deeper")

	want := map[string]string{
		"run_017/a.txt":                "a.txt",
		"run_017/deeper/b 100% #1.txt": "deeper/b 100% #1.txt", "run_017/心拍数.csv": "心拍数.csv",
	}
	if diff := cmp.Diff(want, inbox.blobs()); diff != "" {
		t.Errorf("the inbox (-want +got):\n%s", diff)
	}
	if e := d.events.named("delivered"); e == nil || e["delivered"] != 3.0 {
		t.Errorf("event delivered: %v", e)
	}
}

// TestWhatVanishesAfterTheReviewIsNamed, also after a restart: what a person agreed to send is not
// said to have arrived as a whole, and can be sent once it is back.
func TestWhatVanishesAfterTheReviewIsNamed(t *testing.T) {
	inbox, state := startInbox(t, nil), t.TempDir()
	link := inbox.token(time.Now().Add(48 * time.Hour))
	first := startRun(t, state)
	d := openDesk(t, Config{Queue: first})
	d.clipboard(link)
	d.tap("Paste token")
	d.tap("Use this token")
	dir := folder(t, "a.txt", "b.txt", "c.txt")
	d.drop(dir)
	d.until("the review has counted", func() bool { return d.says("Send 3 files") })
	gone := filepath.Join(dir, "b.txt")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new.txt"), []byte("new.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.tap("Send 3 files")
	d.until("the rest is delivered", func() bool { return d.says("2 of 3 files are in the inbox") })
	d.mustSay("1 file was missing: b.txt", "The file is no longer there.")
	if d.says("needs attention ·") || d.says("need attention ·") {
		t.Error("it is counted twice")
	}
	d.close()
	first.end(t)

	second := startRun(t, state)
	t.Cleanup(func() { second.end(t) })
	d = openDesk(t, Config{Queue: second})
	d.until("it is said again", func() bool { return d.says("1 file was missing: b.txt") })
	if err := os.WriteFile(gone, []byte("b.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.clipboard(link)
	d.intake.pasted()
	d.tap("Use this token")
	d.tap("Try again")
	d.until("it can go on", func() bool { return d.says("Interrupted: 2 of 3 files delivered") })
	d.tap("Resume")
	d.until("all is delivered", func() bool { return len(inbox.blobs()) == 3 })
	if _, sent := inbox.blobs()["run_017/new.txt"]; sent {
		t.Error("what came after the review was sent without having been reviewed")
	}
}

// TestSendingDoesNotWaitForTheCount: what is sent while it is still being counted goes on being
// counted, and all of it arrives.
func TestSendingDoesNotWaitForTheCount(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.tap("Paste token")
	d.tap("Use this token")
	const count = 1500
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("%02d/%d", i%50, i)
	}
	d.drop(folder(t, names...))
	d.until("the count has begun", func() bool {
		return d.says("Send all of it") || d.says("Send 1,500 files")
	})
	for _, words := range []string{"Send all of it", "Send 1,500 files"} {
		if d.says(words) {
			d.tap(words)
			break
		}
	}
	d.until("all is delivered", func() bool { return d.says("All 1,500 files are in the inbox") })
	if n := len(inbox.blobs()); n != count {
		t.Errorf("%d in the inbox, want %d", n, count)
	}
}

// TestWhatIsThereAlreadyIsKeptBesideTheNewFile: the choice is made once for all, and remembered.
func TestWhatIsThereAlreadyIsKeptBesideTheNewFile(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.tap("Paste token")
	d.tap("Use this token")
	dir := folder(t, "a.txt")
	d.drop(dir, filepath.Join(dir, "a.txt"))
	d.until("the review has counted", func() bool { return d.says("Send 2 files") })
	d.mustSay("run_017", "1 file · 5 B", "Skip my file", "Keep both", "Replace the one in the inbox")
	d.tap("Send 2 files")
	d.until("all is delivered", func() bool { return d.says("All 2 files are in the inbox") })

	d.drop(dir)
	d.until("the review has counted",
		func() bool { return d.says("1 file is unchanged since you sent it and isn't sent again") })
	d.mustSay("Nothing to send")
	d.choose("Replace the one in the inbox")
	d.mustSay("Send 1 file")
	d.choose("Keep both")
	d.mustSay("Nothing to send")
	d.tap("Cancel")

	if err := os.WriteFile(filepath.Join(dir, "b.txt"), []byte("b.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.drop(dir)
	d.until("the review has counted", func() bool { return d.says("Send 1 file") })
	d.choose("Keep both")
	d.tap("Send 1 file")
	d.until("it is known", func() bool { return d.says("1 unchanged since it was sent") })

	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.drop(dir)
	d.until("the review has counted", func() bool { return d.says("Send 1 file") })
	d.choose("Keep both")
	d.tap("Send 1 file")
	d.until("all is delivered", func() bool { return d.says("All 4 files are in the inbox") })
	d.mustSay("a (2).txt")
	want := map[string]string{
		"a.txt": "a.txt", "run_017/a.txt": "a.txt", "run_017/b.txt": "b.txt",
		"run_017/a (2).txt": "other",
	}
	if diff := cmp.Diff(want, inbox.blobs()); diff != "" {
		t.Errorf("the inbox (-want +got):\n%s", diff)
	}
	if !d.settings.KeepBoth || d.settings.Replace {
		t.Error("the choice is not remembered")
	}
}

// choose picks an option of the radio buttons in sight.
func (d *desk) choose(option string) {
	d.t.Helper()
	done := false
	d.walk(func(o fyne.CanvasObject) {
		if c, ok := o.(*sheetCheck); ok && c.Text == option {
			c.Tapped(&fyne.PointEvent{})
			done = true
		}
	})
	if !done {
		d.t.Fatalf("there is no option %q", option)
	}
}

func TestADropWithoutATokenKeepsTheFiles(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	d.drop(folder(t, "a.txt"))
	d.until("a token is asked for", func() bool { return d.top != nil })
	d.mustSay("Upload token")
	d.top.close()
	d.mustSay("1 thing waits for a token")
	d.clipboard(inbox.token(time.Now().Add(time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	d.until("the review shows what was dropped", func() bool { return d.says("Send 1 file") })
}

func TestWhatIsNoFileIsRefusedInWords(t *testing.T) {
	remote, err := storage.ParseURI("https://example.org/data.csv")
	if err != nil {
		t.Fatal(err)
	}
	for name, uris := range map[string][]fyne.URI{
		"an address":                {remote},
		"a path that leads nowhere": {storage.NewFileURI(filepath.Join(t.TempDir(), "gone.csv"))},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t, Config{})
			d.intake.dropped(uris)
			d.until("it is said", func() bool { return d.top != nil })
			d.mustSay("not a file or folder on this computer", "Nothing was sent", "Download it")
		})
	}
}

func TestAnEndedTokenHoldsTheFilesUntilANewOne(t *testing.T) {
	end := make(chan struct{})
	inbox := startInbox(t, func(c *blobserver.Config) {
		c.Before = func(*blobserver.Op) *blobserver.Answer {
			select {
			case <-end:
				return nil
			default:
				return &blobserver.Answer{
					Status: 403, Code: "AuthenticationFailed", ReadBody: -1,
					Detail: "Signature not valid in the specified time frame: Start [] - Expiry " +
						"[Tue, 24 Nov 2020 10:00:00 GMT] - Current [Tue, 24 Nov 2026 10:00:00 GMT]",
				}
			}
		}
	})
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	d.drop(folder(t, "a.txt", "b.txt"))
	d.until("the review has counted", func() bool { return d.says("Send 2 files") })
	d.tap("Send 2 files")
	d.until("the trouble is said", func() bool { return d.says("This upload token expired") })
	d.mustSay("Files already delivered stay delivered.", "0 of 2 files delivered")
	if e := d.events.named("trouble"); e == nil || e["reason"] != string(problem.Expired) {
		t.Errorf("event trouble: %v", e)
	}
	close(end)
	d.clipboard(inbox.token(time.Now().Add(72 * time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	d.until("all is delivered", func() bool { return d.says("All 2 files are in the inbox") })
	if d.says("This upload token expired") {
		t.Error("the trouble is still said")
	}
}

func TestPauseAndResume(t *testing.T) {
	gate := make(chan struct{})
	inbox := startInbox(t, func(c *blobserver.Config) {
		c.Before = func(op *blobserver.Op) *blobserver.Answer {
			if strings.HasSuffix(op.Blob, "b.txt") {
				<-gate
			}
			return nil
		}
	})
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	d.drop(folder(t, "a.txt", "b.txt"))
	d.until("the review has counted", func() bool { return d.says("Send 2 files") })
	d.tap("Send 2 files")
	d.until("one is delivered", func() bool { return d.says("1 of 2 files delivered") })
	d.tap("Pause all")
	d.until("it is being paused", func() bool {
		return d.says("Pausing: 1 of 2 files delivered") &&
			d.says("Pausing…")
	})
	d.tap("Resume")
	close(gate)
	d.until("all is delivered", func() bool { return d.says("All 2 files are in the inbox") })
}
