package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
)

func TestFilesArePickedInTheDesktopsDialog(t *testing.T) {
	dir := folder(t, "a.txt", "b.txt")
	picked := []string{filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")}
	for name, c := range map[string]struct {
		folders bool
		answer  []string
		err     error
		held    int
		says    string // of Fyne's own dialog
	}{
		"several files":    {answer: picked, held: 2},
		"a folder":         {folders: true, answer: []string{dir}, held: 1},
		"nothing":          {},
		"no such dialog":   {err: errors.New("no portal"), says: "Add files"},
		"none for folders": {folders: true, err: errors.New("no portal"), says: "Add a folder"},
		"what is no file": {
			answer: []string{"smb://server/share/a.txt"},
			says:   "not a file or folder on this computer",
		},
		"one that is not here": {
			answer: append([]string{filepath.Join(dir, "gone")}, picked...),
			held:   2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan bool, 1)
			d := openDesk(t,
				Config{Desktop: Desktop{Choose: func(_ context.Context, _, title string,
					folders bool,
				) ([]string, error) {
					if title != "Add files" && title != "Add a folder" {
						t.Errorf("the dialog's title is %q", title)
					}
					asked <- folders
					return c.answer, c.err
				}}})
			d.typedRune(map[bool]rune{false: 'o', true: 'O'}[c.folders])
			if folders := <-asked; folders != c.folders {
				t.Errorf("asked for folders: %v", folders)
			}
			d.finish()
			if len(d.intake.held) != c.held {
				t.Errorf("added: %v", d.intake.held)
			}
			if c.says != "" {
				d.mustSay(c.says)
			} else if c.held == 0 && d.window.Canvas().Overlays().Top() != nil {
				t.Error("something was opened for nothing")
			}
		})
	}
}

func TestASecondDialogForFilesTakesTheFirstOnesPlace(t *testing.T) {
	opened, closed := make(chan struct{}), make(chan struct{})
	choose := func(ctx context.Context, _, _ string, _ bool) ([]string, error) {
		opened <- struct{}{}
		<-ctx.Done()
		closed <- struct{}{}
		return nil, ctx.Err()
	}
	d := openDesk(t, Config{Desktop: Desktop{Choose: choose}})
	d.intake.chooseFiles()
	<-opened
	d.intake.chooseFolder()
	<-closed
	<-opened
	go func() { <-closed }() // the second one ends with the window
	if d.window.Canvas().Overlays().Top() != nil {
		t.Error("the dialog that was closed opened another")
	}
}

// finish does what Fyne's thread would until all that single actions began has ended.
func (d *desk) finish() {
	d.t.Helper()
	for again := true; again; {
		again = false
		idle := make(chan struct{})
		go func() {
			d.background.wait()
			close(idle)
		}()
		for waiting := true; waiting; {
			select {
			case f := <-d.work:
				f()
				again = true // it may have begun another
			case <-idle:
				waiting = false
			}
		}
		again = again || len(d.work) > 0
	}
}

// TestTenThousandFilesDroppedAtOnceAreOneReview: however many paths come, the drop itself does not
// touch the disk, and one review lists a few of them.
func TestTenThousandFilesDroppedAtOnceAreOneReview(t *testing.T) {
	const n = 10_000
	dir := t.TempDir()
	paths := make([]string, n)
	for i := range paths {
		paths[i] = filepath.Join(dir, fmt.Sprintf("%05d.txt", i))
		if err := os.WriteFile(paths[i], []byte{byte(i)}, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	d.drop(paths...)
	if d.top != nil {
		t.Error("the drop itself has looked at the files")
	}
	d.until("the review has counted", func() bool { return d.says("Send 10,000 files") })
	d.mustSay("00000.txt", "and 9,992 more")
	if e := d.events.named("added"); e["files"] != float64(n) {
		t.Errorf("event added: %v", e)
	}
	d.fitsIn(d.window.Canvas().Size())
}

// TestWhatIsGivenMeanwhileJoinsTheReview: a second drop forgets nothing of the first.
func TestWhatIsGivenMeanwhileJoinsTheReview(t *testing.T) {
	dir := folder(t, "a.txt", "b.txt", "c.txt")
	d := openDesk(t, Config{})
	d.drop(filepath.Join(dir, "a.txt"))
	d.finish()
	d.mustSay("Upload token")
	d.clipboard(someToken())
	d.pasteIntoFocused()
	d.drop(filepath.Join(dir, "b.txt"))
	d.finish()
	if d.button("Use this token").Disabled() {
		t.Fatal("what was dropped has emptied the question for the token")
	}
	d.tap("Use this token")
	d.until("both are counted", func() bool { return d.says("Send 2 files") })
	d.check("Keep both")
	d.drop("/nowhere/x.txt", filepath.Join(dir, "b.txt"), filepath.Join(dir, "c.txt"))
	d.until("all are counted", func() bool { return d.says("Send 3 files") })
	d.mustSay("a.txt", "b.txt", "c.txt",
		"1 thing that you gave is not on this computer, and is left out.")
	if !d.box("Keep both").Checked {
		t.Error("what was chosen is forgotten")
	}
	d.key(fyne.KeyEscape)
	d.mustSay("For many files, drop their folder.")
}

func TestFilesThatWaitForATokenAreCounted(t *testing.T) {
	dir := folder(t, "a.txt", "b.txt")
	d := openDesk(t, Config{})
	for i, says := range []string{"1 thing waits for a token.", "2 things wait for a token."} {
		d.drop(filepath.Join(dir, []string{"a.txt", "b.txt"}[i]))
		d.finish()
		d.key(fyne.KeyEscape)
		d.look()
		d.mustSay(says)
	}
}

// TestATokenPastedIntoTheSearchIsNotShown: it is taken as anywhere else.
func TestATokenPastedIntoTheSearchIsNotShown(t *testing.T) {
	for _, text := range []string{someToken(), someToken("trestore.blob.core.windows.net",
		"files.example.org")} {
		d := openDesk(t, Config{Queue: someJobs(3)})
		d.look()
		search := d.Window.queue.search
		d.window.Canvas().Focus(search)
		d.clipboard("sample 7")
		d.pasteIntoFocused()
		if search.Text != "sample 7" {
			t.Errorf("the search has %q", search.Text)
		}
		d.clipboard(text)
		d.pasteIntoFocused()
		if search.Text != "sample 7" {
			t.Error("the search shows the token")
		}
		d.mustSay("Upload token")
	}
}

// TestADropThatWasLostIsSaid until something arrives or half a minute has passed, and passes for
// nothing that keeps files waiting.
func TestADropThatWasLostIsSaid(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	d := openDesk(t, Config{Queue: newCrowd(3), Now: func() time.Time { return now }})
	said := func() bool { d.look(); return d.says("Nothing arrived from what you dropped.") }
	d.intake.lost()
	if !said() {
		t.Fatal("it is not said")
	}
	d.mustSay("For many files, drop their folder.", "Network OK")
	d.fitsIn(d.window.Canvas().Size())
	now = now.Add(lostDropSaid)
	if said() {
		t.Error("it is said for too long")
	}
	d.intake.lost()
	said()
	d.drop(folder(t, "a.txt"))
	d.finish()
	d.key(fyne.KeyEscape)
	if said() {
		t.Error("it is said though something arrived")
	}
}
