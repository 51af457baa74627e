package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

func TestTheViewOfTokensWorksFromTheKeyboard(t *testing.T) {
	d := openDesk(t, Config{})
	d.window.Resize(smallest)
	v := d.openTokens(manyGrants(3))
	c := d.window.Canvas()
	if c.Focused() != v.form.reason {
		t.Error("the keyboard is not with the reason at first")
	}
	d.write("reason", "x")
	d.choosePeriod("Dates…")
	var names []string
	for range 9 {
		switch f := c.Focused().(type) {
		case *sheetEntry:
			names = append(names, "entry")
		case *sheetSelect:
			names = append(names, "choice")
		case *sheetButton:
			names = append(names, f.Text)
		default:
			names = append(names, fmt.Sprintf("%T", f))
		}
		d.inSight(c.Focused())
		c.FocusNext()
	}
	if got, want := strings.Join(names, ", "), "entry, choice, entry, entry, Revoke…, Revoke…, Close, Create a token…, entry"; got != want {
		t.Errorf("Tab goes to %s, want %s", got, want)
	}
	for c.Focused() != v.create {
		c.FocusNext()
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	d.mustSay("Create this token?")
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if d.says("Create this token?") || !d.says("Upload tokens") {
		t.Error("Esc does not close the question alone")
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if d.sheet != nil {
		t.Error("Esc does not close the view")
	}
}

// inSight fails where something that has the keyboard is scrolled out of sight.
func (d *desk) inSight(f fyne.Focusable) {
	d.t.Helper()
	o, ok := f.(fyne.CanvasObject)
	if !ok || !holds(d.sheet.scroll.Content, o) {
		return
	}
	at := func(o fyne.CanvasObject) float32 { return d.app.Driver().AbsolutePositionForObject(o).Y }
	room := d.sheet.scroll
	if top, bottom := at(o), at(o)+o.Size().Height; top < at(room) || bottom > at(room)+room.Size().Height {
		d.t.Errorf("what has the keyboard stands from %.0f to %.0f, and from %.0f to %.0f is in sight", top, bottom, at(room), at(room)+room.Size().Height)
	}
}
