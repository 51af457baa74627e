package ui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"inboxuploader/uploader/ledger"
)

// key types a key where the keyboard is.
func (d *desk) key(name fyne.KeyName) {
	d.t.Helper()
	if f := d.window.Canvas().Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: name})
		return
	}
	d.typedKey(&fyne.KeyEvent{Name: name})
}

func TestAButtonWorksFromTheKeyboard(t *testing.T) {
	for _, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace} {
		d := openDesk(t,
			Config{Queue: newFew(ledger.Job{State: ledger.Delivered, Blob: "run/a.txt"})})
		d.look()
		b := d.button("Copy summary")
		d.window.Canvas().Focus(b)
		d.key(key)
		if got := d.app.Clipboard().Content(); !strings.Contains(got, "The file is in the inbox") {
			t.Errorf("%s does not press it; the clipboard has %q", key, got)
		}
		if d.window.Canvas().Focused() != b {
			t.Errorf("%s takes the keyboard away from it", key)
		}
		d.mustSay("Copied")
	}
}

func TestTheWindowsKeysWorkWhereAButtonHasTheKeyboard(t *testing.T) {
	d := openDesk(t, Config{})
	d.window.Canvas().Focus(d.button("Paste token"))
	d.window.Canvas().Focused().TypedRune(',')
	d.mustSay("Settings")
	d.key(fyne.KeyEscape)
	if d.top != nil {
		t.Error("Esc does not close the settings")
	}
}

// TestTheButtonWithTheKeyboardIsSeen: the most important buttons too, whose colour is that of
// Fyne's own sign.
func TestTheButtonWithTheKeyboardIsSeen(t *testing.T) {
	d := openDesk(t, Config{})
	framed := func(b *button) bool {
		all := test.WidgetRenderer(b).Objects()
		return all[len(all)-1].Visible()
	}
	for _, words := range []string{"Paste token", "Add files…"} {
		b := d.button(words)
		if framed(b) {
			t.Errorf("%q has a frame without the keyboard", words)
		}
		d.window.Canvas().Focus(b)
		if !framed(b) {
			t.Errorf("%q has no frame", words)
		}
		d.window.Canvas().Unfocus()
		if framed(b) {
			t.Errorf("%q keeps its frame", words)
		}
	}
}

func TestASignWithoutWordsSaysWhatItIs(t *testing.T) {
	d := openDesk(t, Config{Queue: newFew(ledger.Job{State: ledger.Delivered, Blob: "run/a.txt"})})
	d.look()
	b := d.header.paste
	b.MouseIn(&desktop.MouseEvent{})
	if d.ownTip.wanted != 0 {
		t.Error("a button with words has a tip")
	}
	d.window.Resize(smallest)
	if b.Text != "" || b.AccessibilityLabel() != "Paste token" {
		t.Errorf("the button says %q, and %q to a screen reader", b.Text, b.AccessibilityLabel())
	}
	synctest.Test(t, func(t *testing.T) {
		b.MouseIn(&desktop.MouseEvent{})
		time.Sleep(tipDelay)
		synctest.Wait()
	})
	d.finish()
	d.mustSay("Paste token")
	d.fitsIn(smallest)
	b.MouseOut()
	if d.says("Paste token") {
		t.Error("the tip stays")
	}
}

func TestAShortenedTextIsSaidInFull(t *testing.T) {
	d := openDesk(t, Config{})
	d.window.Resize(smallest)
	token, err := d.inboxes.parse(someToken())
	if err != nil {
		t.Fatal(err)
	}
	d.tokens.begin(token)
	long := strings.Repeat("a long name ", 12) + ".csv"
	d.reviews.open([]given{{folder(t, long) + "/" + long, false}})
	d.until("it is counted", func() bool { return d.events.named("reviewed") != nil })
	var name *text
	d.walk(func(o fyne.CanvasObject) {
		if x, ok := o.(*text); ok && x.content == long {
			name = x
		}
	})
	if name == nil || d.says(long) {
		t.Fatal("the name is not shortened")
	}
	synctest.Test(t, func(t *testing.T) {
		name.MouseIn(nil)
		time.Sleep(tipDelay)
		synctest.Wait()
	})
	d.finish()
	if said := strings.Join(d.texts(), ""); !strings.Contains(said, long) {
		t.Errorf("the tip does not say it; the window says %q", said)
	}
	d.fitsIn(smallest)
}
