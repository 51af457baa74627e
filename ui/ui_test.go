package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"go.uber.org/goleak"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// canary begins every signature in the tests. Nothing may show it.
const canary = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA%3D"

// desk is a window on Fyne's test driver, with the test's goroutine as Fyne's thread.
type desk struct {
	*Window
	t      *testing.T
	work   chan func()
	events *recorder
	queue  Queue
}

// recorder keeps events.
type recorder struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// named returns the last event of that name, or nil.
func (r *recorder) named(name string) map[string]any {
	lines := strings.Split(strings.TrimSpace(r.String()), "\n")
	for _, line := range slices.Backward(lines) {
		var m map[string]any
		if json.Unmarshal([]byte(line), &m) == nil && m["event"] == name {
			return m
		}
	}
	return nil
}

// openDesk makes a window with a queue, which is the engine's own unless the configuration has
// another.
func openDesk(t *testing.T, c Config) *desk {
	t.Helper()
	app := test.NewTempApp(t)
	d := &desk{t: t, work: make(chan func(), 10000), events: &recorder{}}
	if c.Queue == nil {
		c.Queue = queueOver(t, nil)
	}
	if c.Settings.Width == 0 {
		c.Settings = DefaultSettings()
	}
	if c.Settings.Language == "" {
		c.Settings.Language = English // whatever the system's is
	}
	c.Do = func(f func()) { d.work <- f }
	c.Events = d.events
	d.queue = c.Queue
	d.Window = New(app, c)
	d.window.Resize(fyne.NewSize(900, 620))
	t.Cleanup(d.close)
	return d
}

// queueOver returns the engine's own queue over a journal; nil: one in memory.
func queueOver(t *testing.T, j ledger.Journal) *uploader.Queue {
	t.Helper()
	q, err := uploader.NewQueue(t.Context(), uploader.Config{
		Steady: time.Millisecond,
		Open: func(t token.Token) (store.Store, error) {
			return azure.Open(t,
				azure.Options{Connections: 8})
		}, Journal: j,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return q
}

// close ends the window as Run does, and fails where something showed the signature.
func (d *desk) close() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.end()
	}()
	for {
		select {
		case f := <-d.work:
			f()
		case <-done:
			if strings.Contains(d.events.String(), canary[:6]) {
				d.t.Error("an event shows the signature")
			}
			return
		}
	}
}

// look is one tick of the sampler.
func (d *desk) look() {
	d.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.sampler.tick(d.t.Context())
	}()
	for {
		select {
		case f := <-d.work:
			f()
		case <-done:
			return
		}
	}
}

// until does what Fyne's thread would, and samples when the queue changes, until the condition
// holds.
func (d *desk) until(what string, holds func() bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	for {
		d.look()
		if holds() {
			return
		}
		select {
		case f := <-d.work:
			f()
		case <-d.queue.Changed():
		case <-d.Window.look:
		case <-ctx.Done():
			d.t.Fatalf("waited in vain until %s; the window says:\n%s\nevents:\n%s", what,
				strings.Join(d.texts(), "\n"), d.events.String())
		}
	}
}

// texts returns all that can be read in the window, or in the sheet above it.
func (d *desk) texts() []string {
	var all []string
	d.walk(func(o fyne.CanvasObject) {
		if t, ok := o.(*canvas.Text); ok && t.Text != "" {
			all = append(all, t.Text)
		}
	})
	return all
}

// walk visits all that is visible in the window, or in the sheet above it.
func (d *desk) walk(visit func(fyne.CanvasObject)) {
	c := d.window.Canvas()
	root := c.Content()
	if top := c.Overlays().Top(); top != nil {
		root = top
	}
	within(root, visit)
}

// within visits all that is visible of an object.
func within(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			within(child, visit)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			within(child, visit)
		}
	}
}

// says reports whether a text can be read, in one piece or over several lines.
func (d *desk) says(text string) bool {
	all := d.texts()
	return strings.Contains(strings.Join(all, " "), text) ||
		strings.Contains(strings.Join(all, "\n"), text)
}

func (d *desk) mustSay(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !d.says(text) {
			d.t.Errorf("the window does not say %q; it says:\n%s", text,
				strings.Join(d.texts(), "\n"))
		}
	}
}

// buttons returns the visible buttons with these words.
func (d *desk) buttons(words string) (found []*button) {
	d.t.Helper()
	d.walk(func(o fyne.CanvasObject) {
		if b, ok := o.(*button); ok && b.Text == words {
			found = append(found, b)
		}
	})
	if found == nil {
		d.t.Fatalf("there is no button %q; the window says:\n%s", words,
			strings.Join(d.texts(), "\n"))
	}
	return found
}

// button returns the last of them.
func (d *desk) button(words string) *button {
	d.t.Helper()
	all := d.buttons(words)
	return all[len(all)-1]
}

func (d *desk) tap(words string) {
	d.t.Helper()
	b := d.button(words)
	if b.Disabled() {
		d.t.Fatalf("the button %q is disabled", words)
	}
	test.Tap(b)
}

// clipboard puts a text on the clipboard.
func (d *desk) clipboard(text string) { d.app.Clipboard().SetContent(text) }

// localInbox is a local inbox with a token that permits writing.
type localInbox struct {
	server *blobserver.Server
	base   string
	t      *testing.T
}

const container0 = "ws0421-73"

func startInbox(t *testing.T, change func(*blobserver.Config)) *localInbox {
	t.Helper()
	c := blobserver.Config{Dir: t.TempDir()}
	if change != nil {
		change(&c)
	}
	s, err := blobserver.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateContainer(container0); err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &localInbox{s, "http://" + l.Addr().String(), t}
}

// token issues a token that ends at that moment.
func (i *localInbox) token(ends time.Time) string {
	i.t.Helper()
	link, err := i.server.Token(blobserver.TokenRequest{
		Base: i.base, Container: container0,
		Rights: "w", To: ends,
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return link
}

// folder makes a folder with these files, whose contents are their names.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run_017")
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// blobs returns what stands in the inbox, by name.
func (i *localInbox) blobs() map[string]string {
	i.t.Helper()
	all := map[string]string{}
	for _, b := range i.server.Blobs(container0) {
		f, err := i.server.Open(container0, b.Name)
		if err != nil {
			i.t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(f); err != nil {
			i.t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			i.t.Fatal(err)
		}
		all[b.Name] = text.String()
	}
	return all
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("fyne.io/fyne/v2/internal/repository.watch"),
		goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

// box returns the box whose words contain this.
func (d *desk) box(words string) *widget.Check {
	d.t.Helper()
	var found *sheetCheck
	d.walk(func(o fyne.CanvasObject) {
		if c, ok := o.(*sheetCheck); ok && strings.Contains(c.Text, words) {
			found = c
		}
	})
	if found == nil {
		d.t.Fatalf("there is no box %q", words)
	}
	return &found.Check
}

// check ticks the box whose words contain this.
func (d *desk) check(words string) {
	d.t.Helper()
	b := d.box(words)
	b.SetChecked(!b.Checked)
}

// pasteIntoFocused is Ctrl+V where the keyboard is.
func (d *desk) pasteIntoFocused() {
	d.t.Helper()
	s, ok := d.window.Canvas().Focused().(fyne.Shortcutable)
	if !ok {
		d.t.Fatal("the keyboard is nowhere that takes text")
	}
	s.TypedShortcut(&fyne.ShortcutPaste{Clipboard: d.app.Clipboard()})
}
