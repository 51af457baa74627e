package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// TestFynesDialogsOpen opens those that ask for a file of the person's own, at the smallest size
// and a usual one, and closes them by Esc.
func TestFynesDialogsOpen(t *testing.T) {
	for name, c := range map[string]struct {
		open func(d *desk)
		says string
	}{
		"files":   {func(d *desk) { d.intake.chooseFiles() }, "Add files"},
		"folder":  {func(d *desk) { d.intake.chooseFolder() }, "Add a folder"},
		"receipt": {func(d *desk) { d.Window.queue.receipts.save() }, "Save receipt"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []fyne.Size{smallest, fyne.NewSize(900, 620)} {
				var esc func() bool
				d := openDesk(t, Config{Escape: func(f func() bool) { esc = f }})
				d.window.Resize(size)
				if esc() {
					t.Error("Esc was taken from the window")
				}
				c.open(d)
				d.until("it is open", func() bool { return d.fynes != nil })
				d.mustSay(c.says)
				c.open(d) // again, since it may be out of sight
				d.finish()
				// as Fyne does for its options
				widget.ShowPopUp(widget.NewLabel("above it"), d.window.Canvas())
				for left := 1; left >= 0; left-- {
					if !esc() || len(d.window.Canvas().Overlays().List()) != left {
						t.Errorf("after Esc %d things are open, want %d",
							len(d.window.Canvas().Overlays().List()), left)
					}
				}
				if esc() || d.asking() {
					t.Error("a dialog stays open")
				}
			}
		})
	}
}

// TestKeysBelongToFynesDialogWhileItIsOpen: the window behind it does nothing.
func TestKeysBelongToFynesDialogWhileItIsOpen(t *testing.T) {
	d := openDesk(t, Config{Queue: someJobs(3)})
	d.look()
	d.intake.chooseFiles()
	d.until("it is open", func() bool { return d.fynes != nil })
	d.typedRune(',')
	if d.top != nil {
		t.Error("the settings open above it")
	}
	d.tell("Title", problem.Explanation{What: "Something happened meanwhile."})
	if d.dialogs.escape() {
		t.Error("Esc was taken from what has opened above it")
	}
	d.key(fyne.KeyEscape)
	if d.top != nil || !d.dialogs.escape() || d.fynes != nil {
		t.Error("Esc does not close one after the other")
	}
}

// someDelivered is a queue in which files have arrived.
func someDelivered() Queue {
	return newFew(ledger.Job{
		State: ledger.Delivered, Source: "/data/a.txt", Blob: "run/a.txt",
		Size: 1,
	},
		ledger.Job{State: ledger.Delivered, Source: "/data/b.txt", Blob: "run/b.txt", Size: 2})
}

func TestAReceiptIsSavedWhereThePersonSays(t *testing.T) {
	documents, elsewhere := t.TempDir(), t.TempDir()
	answers := []string{filepath.Join(elsewhere, "proof.csv"), "", filepath.Join(elsewhere,
		"proof.JSON")}
	type question struct{ title, folder, name string }
	var asked []question
	var after []func()
	d := openDesk(t, Config{
		Queue: someDelivered(),
		Now:   func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.Local) },
		After: func(_ time.Duration, f func()) { after = append(after, f) },
		Desktop: Desktop{
			Documents: func() string { return documents },
			Save: func(_ context.Context, _, title, folder, name string) (string, error) {
				asked = append(asked, question{title, folder, name})
				return answers[len(asked)-1], nil
			},
		},
	})
	d.look()
	token, err := d.inboxes.parse(someToken())
	if err != nil {
		t.Fatal(err)
	}
	d.last.status.Transfers[0].Options.Scan.Inbox = token.Inbox
	d.inboxes.kept = []inboxes.Record{{Name: "Cardio 1/2", Inbox: token.Inbox}}
	save := d.button("Save receipt…")
	for i := range answers {
		d.tap("Save receipt…")
		if answers[i] == "" {
			d.finish()
			continue
		}
		d.until("it is saved", func() bool { return save.Text == "Saved" })
		after[len(after)-1]()
		d.finish()
	}
	want := []question{
		{"Save receipt", documents, "Receipt Cardio 1_2 2026-11-24.csv"},
		{"Save receipt", elsewhere, "Receipt Cardio 1_2 2026-11-24.csv"},
		{"Save receipt", elsewhere, "Receipt Cardio 1_2 2026-11-24.csv"},
	}
	if diff := cmp.Diff(want, asked, cmp.AllowUnexported(question{})); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	d.last.status.Transfers = append(d.last.status.Transfers, d.last.status.Transfers[0])
	d.last.status.Transfers[1].Options.Scan.Inbox.Container = "another"
	if name := receiptName(d.Window.queue.receipts.inbox(),
		d.config.Now()); name != "Receipt 2026-11-24.csv" {
		t.Errorf("the receipt of two inboxes is called %q", name)
	}
	left, err := os.ReadDir(elsewhere)
	if err != nil || len(left) != 2 {
		t.Errorf("there are %v, error %v", left, err)
	}
	for name, begins := range map[string]string{"proof.csv": "file,", "proof.JSON": "{"} {
		text, err := os.ReadFile(filepath.Join(elsewhere, name))
		if err != nil || !strings.HasPrefix(string(text), begins) || !strings.Contains(string(text),
			"run/b.txt") {
			t.Errorf("%s: %q, error %v", name, text, err)
		}
	}
}

func TestAReceiptThatCanNotBeWrittenLeavesTheOldOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipt.csv")
	if err := os.WriteFile(path, []byte("the old one"), 0o600); err != nil {
		t.Fatal(err)
	}
	queue := &unreadable{someDelivered()}
	d := openDesk(t, Config{Queue: queue})
	d.last.status = queue.Status()
	d.Window.queue.receipts.write(d.Window.queue.receipts.listed(), path)
	d.background.wait()
	d.finish()
	d.mustSay("The receipt was not saved", "What was delivered stays delivered.")
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "the old one" {
		t.Errorf("it is %q, error %v", text, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("there are %v, error %v", left, err)
	}
}

// unreadable is a queue whose list can't be read.
type unreadable struct{ Queue }

func (unreadable) Delivered(
	context.Context, []int64, func(ledger.Transfer, ledger.Job) error,
) error {
	return errors.New("the disk is gone")
}

// nativeWindow is a window that a system knows.
type nativeWindow struct {
	fyne.Window
	known any
}

func (n nativeWindow) RunNative(f func(any)) { f(n.known) }

func TestTheDesktopsDialogsOpenInFrontOfTheWindow(t *testing.T) {
	asked := make(chan string, 1)
	d := openDesk(t, Config{Desktop: Desktop{Choose: func(_ context.Context, parent, _ string,
		_ bool,
	) ([]string, error) {
		asked <- parent
		return nil, nil
	}}})
	own := d.window
	for name, c := range map[string]struct {
		window fyne.Window
		want   string
	}{
		"X11": {
			nativeWindow{own, driver.X11WindowContext{WindowHandle: 0x3a00007}},
			"x11:3a00007",
		},
		"X11, not yet":     {nativeWindow{own, driver.X11WindowContext{}}, ""},
		"Wayland":          {nativeWindow{own, driver.WaylandWindowContext{WaylandSurface: 7}}, ""},
		"nothing is known": {own, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d.window = c.window
			d.intake.chooseFiles()
			if got := <-asked; got != c.want {
				t.Errorf("asked above %q, want %q", got, c.want)
			}
		})
	}
	d.window = own
}

// TestASummarySaysToWhichInboxesFilesWent: the token in use may be for another one, or there may be
// none.
func TestASummarySaysToWhichInboxesFilesWent(t *testing.T) {
	q := someDelivered()
	d := openDesk(t, Config{Queue: q})
	d.look()
	to := func(container string, delivered int64) (s ledger.TransferStatus) {
		s.Options.Scan.Inbox, s.Checks = token.Inbox{Host: "inbox.example", Container: container},
			ledger.ChecksAll
		s.Inbox, s.Files[ledger.Delivered], s.Scanned = container, delivered, true
		return s
	}
	for _, c := range []struct {
		of   []ledger.TransferStatus
		want string
	}{
		{
			[]ledger.TransferStatus{to("a", 1), to("a", 1), to("c", 0)},
			"All 2 files are in the inbox\nEvery block was checked by the storage · 0 " +
				"B\ninbox.example/a",
		},
		{
			[]ledger.TransferStatus{to("a", 1), to("b", 1), to("c", 0)},
			"2 files delivered\nEvery block was checked by the storage · 0 B\ninbox.example/a: 1 " +
				"file\ninbox.example/b: 1 file",
		},
	} {
		d.last.status.Transfers = c.of
		d.Window.queue.totals.show(&d.last)
		d.Window.queue.copySummary()
		if got := d.app.Clipboard().Content(); got != c.want {
			t.Errorf("the summary is %q, want %q", got, c.want)
		}
	}
}
