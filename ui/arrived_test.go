package ui

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// deliver stores a file with a token.
func deliver(t *testing.T, tok token.Token, name, text string) {
	t.Helper()
	if status := put(t, tok, name, text); status != http.StatusCreated {
		t.Fatalf("deliver: %d", status)
	}
}

const someNote = `{"message":"MRI of the second visit\nRed cable\u001b[2J","from":"Lab 7",` +
	`"time":"2026-11-24T10:00:00Z","version":"1","totals":{"files":3,"bytes":15},"complete":true,` +
	`"files":[{"name":"run/a.txt","bytes":5}],"failed":[]}`

// openDelivery opens the view of what arrived with the newest of two tokens: three files and a
// note. files are their texts.
func openDelivery(t *testing.T, c Config) (d *desk, files map[string]string) {
	t.Helper()
	inbox := startInbox(t, nil)
	ws, err := inbox.workspace(workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{"run/a.txt": "alpha", "run/b.txt": "bravo", "run/c.txt": "delta"}
	for _, reason := range []string{"Nothing yet", "Visit 2"} {
		tok, _, err := ws.Issue(t.Context(), workspace.Request{Reason: reason})
		if err != nil {
			t.Fatal(err)
		}
		if reason != "Visit 2" {
			continue
		}
		for name, text := range files {
			deliver(t, tok, name, text)
		}
		deliver(t, tok, "delivery-1.json", someNote)
	}
	d = openDesk(t, c)
	d.openTokens(ws)
	return d, files
}

// openFirst opens what arrived with the newest token, and waits until it was read.
func (d *desk) openFirst() {
	d.t.Helper()
	var open *button
	d.walk(func(o fyne.CanvasObject) {
		if b, ok := o.(*button); ok && open == nil && b.words == tr("What arrived") {
			open = b
		}
	})
	d.window.Canvas().Focus(open)
	open.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	d.until("what arrived was read", func() bool { return d.events.named("arrived") != nil })
}

func TestTheTableTellsOnDemandWhatArrived(t *testing.T) {
	d, _ := openDelivery(t, Config{})
	if d.says("4 files") {
		t.Error("it is counted without being asked")
	}
	d.window.Resize(fyne.NewSize(1400, 900))
	d.press("Show what arrived")
	d.until("it was counted", func() bool { return d.events.named("counted") != nil })
	d.mustSay("Files", "Size", "Last arrival", "4", "–")
	d.window.Resize(fyne.NewSize(480, 620))
	d.look()
	d.mustSay("4 files · ", "Nothing has arrived.")
	if d.says("Show what arrived") {
		t.Error("it is offered again")
	}
}

func TestWhatArrivedIsShownWithItsSendersWord(t *testing.T) {
	d, files := openDelivery(t, Config{})
	d.openFirst()
	d.mustSay("Visit 2", "Token 75 · 4 files", "last ", "Complete according to the sender's note",
		"Lab 7 writes: MRI of the second visit Red cable")
	for name, text := range files {
		d.mustSay(name, fmt.Sprintf("%d B", len(text)))
	}
	d.press("Read the notes…")
	d.mustSay("This is what the senders say.", "Lab 7", "MRI of the second visit", `\u{1b}[2J`,
		"3 files · 15 B", "delivery-1.json")
	d.top.close()
	d.mustSay("Visit 2")
	d.keyboardIs("Read the notes…")
	d.top.close()
	d.mustSay("Upload tokens")
	d.keyboardIs("What arrived")
}

// keyboardIs fails unless the keyboard is with the button of these words.
func (d *desk) keyboardIs(words string) {
	d.t.Helper()
	if b, ok := d.window.Canvas().Focused().(*button); !ok || b.words != words {
		d.t.Errorf("the keyboard is not with %q", words)
	}
}

// TestAnIncompleteDeliverySaysSo: as its sender does, and nothing where there is no note.
func TestAnIncompleteDeliverySaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		notes []workspace.Note
		says  string
	}{
		"failed": {
			[]workspace.Note{{NotDelivered: 3}},
			"According to the sender's note, 3 files were not delivered",
		},
		"unclear": {[]workspace.Note{{Complete: true}, {}}, "Not complete according to the sender's note"},
		"no note": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t, Config{})
			d.openTokens(&delivery{grants: manyGrants(1), n: 1, notes: c.notes})
			d.openFirst()
			if c.says != "" {
				d.mustSay(c.says)
			} else if d.says("according") || d.says("complete") {
				t.Error("it says more than it knows")
			}
		})
	}
}

func TestTheListOfWhatArrivedIsExported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.csv")
	d, _ := openDelivery(t, Config{Desktop: Desktop{
		Save: func(_ context.Context, _, _, _, name string) (string, error) {
			return filepath.Join(filepath.Dir(path), name), nil
		},
	}})
	d.openFirst()
	v := d.top
	for ending, want := range map[string]string{".csv": "run/a.txt,5,", ".json": `"files_total": 4`} {
		d.press("Export list…")
		d.tapMenu(map[string]string{".csv": "As a table (CSV)…", ".json": "For programs (JSON)…"}[ending])
		d.until("it was written", func() bool {
			return d.says("The list is saved as “ws0421-75" + ending + "”.")
		})
		text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "ws0421-75"+ending))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s, %v", ending, text, err)
		}
	}
	if d.top != v {
		t.Error("another sheet is open")
	}
}

// tapMenu chooses from the menu that is open.
func (d *desk) tapMenu(words string) {
	d.t.Helper()
	found := false
	d.walk(func(o fyne.CanvasObject) {
		m, ok := o.(fyne.Tappable)
		if !ok || found {
			return
		}
		if w, ok := o.(fyne.Widget); ok && strings.Contains(fmt.Sprintf("%T", o), "menuItem") {
			within(w, func(in fyne.CanvasObject) {
				if saysIn(in, words) {
					found = true
				}
			})
			if found {
				m.Tapped(&fyne.PointEvent{})
			}
		}
	})
	if !found {
		d.t.Fatalf("there is no menu entry %q", words)
	}
}

// delivery is a workspace in which n files arrived with each token.
type delivery struct {
	*grants
	n     int
	notes []workspace.Note
	block bool          // the list never ends
	begun chan struct{} // closed when it was begun, if not nil
	began chan struct{} // gets one for each fetch that has brought a file, and goes on until ctx ends
	fails error         // of a fetch, at once
}

func (w *delivery) Fetch(
	ctx context.Context, _ int, _ string, _ iter.Seq2[workspace.File, error],
	_ *workspace.Statements, each func(workspace.Fetched),
) error {
	each(workspace.Fetched{File: workspace.File{Size: 1 << 20}, Path: "a"})
	w.began <- struct{}{}
	if w.fails != nil {
		return w.fails
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func (w *delivery) Files(ctx context.Context, _ int) iter.Seq2[workspace.File, error] {
	return func(yield func(workspace.File, error) bool) {
		for i := range w.n {
			if !yield(workspace.File{
				Name: fmt.Sprintf("run/%07d.dat", i), Size: 1 << 20,
				Arrived: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC),
			}, nil) {
				return
			}
		}
		if w.begun != nil {
			close(w.begun)
		}
		if w.block {
			<-ctx.Done()
			yield(workspace.File{}, context.Cause(ctx))
		}
	}
}

func (w *delivery) Count(
	_ context.Context, _ int, files iter.Seq2[workspace.File, error],
) (a workspace.Arrived, err error) {
	for f, err := range files {
		if err != nil {
			return a, err
		}
		a.Files++
		a.Bytes += f.Size
		a.Last = f.Arrived
	}
	a.Notes = w.notes
	return a, nil
}

func (w *delivery) Received() int64 { return 0 }

// TestAMillionFilesAreCountedAndTheFirstAreShown: the list says that it has not all of them.
func TestAMillionFilesAreCountedAndTheFirstAreShown(t *testing.T) {
	d := openDesk(t, Config{})
	d.openTokens(&delivery{grants: manyGrants(1), n: 1_000_000})
	d.openFirst()
	d.mustSay("1,000,000 files · 1.0 TB", "The list shows the first 50,000 files.", "run/0000000.dat")
	list := d.listOfFiles()
	if n := list.Length(); n != filesShown {
		t.Errorf("%d rows", n)
	}
}

// listOfFiles is the list on the sheet.
func (d *desk) listOfFiles() (list *fileList) {
	d.t.Helper()
	d.walk(func(o fyne.CanvasObject) {
		if l, ok := o.(*fileList); ok {
			list = l
		}
	})
	if list == nil {
		d.t.Fatal("there is no list")
	}
	return list
}

// TestClosingWhatArrivedEndsItsReading: and while it is read, the list says how far it is.
func TestClosingWhatArrivedEndsItsReading(t *testing.T) {
	d := openDesk(t, Config{})
	w := &delivery{grants: manyGrants(1), n: 7, block: true, begun: make(chan struct{})}
	d.openTokens(w)
	d.walk(func(o fyne.CanvasObject) {
		if p, ok := o.(*plate); ok {
			test.Tap(p) // a click anywhere on the row
		}
	})
	<-w.begun
	d.look()
	d.mustSay("so far 7 files", "Reading what arrived…")
	if !d.button("Verify against a receipt…").Disabled() {
		t.Error("it can be compared before it was read")
	}
	d.top.close() // and the goroutine ends, or the window would wait for it
	d.mustSay("Upload tokens")
}

// saysIn reports whether an object is this text.
func saysIn(o fyne.CanvasObject, words string) bool {
	t, ok := o.(*canvas.Text)
	return ok && t.Text == words
}

// longNotes are notes as a sender may make them.
func longNotes() []workspace.Note {
	return []workspace.Note{{
		Name: "delivery-" + strings.Repeat("W", 300) + ".json", From: strings.Repeat("W", 500),
		Message:      strings.Repeat("心拍数のデータ", 300) + "\n" + strings.Repeat("W", 500),
		NotDelivered: 1_234_567,
	}}
}
