package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"inboxuploader/uploader/problem"
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
	for range 12 {
		switch f := c.Focused().(type) {
		case *sheetEntry:
			names = append(names, "entry")
		case *sheetSelect:
			names = append(names, "choice")
		case *button:
			names = append(names, f.words)
		default:
			names = append(names, fmt.Sprintf("%T", f))
		}
		d.inSight(c.Focused())
		c.FocusNext()
	}
	if got, want := strings.Join(names, ", "),
		"entry, choice, entry, entry, Show what arrived, Revoke…, What arrived, What arrived, "+
			"Revoke…, What arrived, Close, Create a token…"; got != want {
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
	if d.top != nil {
		t.Error("Esc does not close the view")
	}
}

// inSight fails where something that has the keyboard is scrolled out of sight.
func (d *desk) inSight(f fyne.Focusable) {
	d.t.Helper()
	o, ok := f.(fyne.CanvasObject)
	if !ok || !holds(d.top.scroll.Content, o) {
		return
	}
	at := func(o fyne.CanvasObject) float32 { return d.app.Driver().AbsolutePositionForObject(o).Y }
	room := d.top.scroll
	if top, bottom := at(o), at(o)+o.Size().Height; top < at(room) ||
		bottom > at(room)+room.Size().Height {
		d.t.Errorf("what has the keyboard stands from %.0f to %.0f, and from %.0f to %.0f is in "+
			"sight", top, bottom, at(room), at(room)+room.Size().Height)
	}
}

// TestEscClosesEverySheetWhereverTheKeyboardIs: Fyne gives the key to the widget that has the
// keyboard, and to nothing else.
func TestEscClosesEverySheetWhereverTheKeyboardIs(t *testing.T) {
	inbox := startInbox(t, nil)
	for name, open := range map[string]func(d *desk){
		"token":        func(d *desk) { d.tokens.open(inbox.token(time.Now().Add(time.Hour))) },
		"no token yet": func(d *desk) { d.tokens.open("") },
		"unknown host": func(d *desk) {
			d.tokens.open(someToken("trestore.blob.core.windows.net",
				"files.example.org"))
		},
		"settings": func(d *desk) { d.options.open() },
		"about":    func(d *desk) { d.openAbout() },
		"licences": func(d *desk) { d.openLicences() },
		"log":      func(d *desk) { d.openLog() },
		"tray":     func(d *desk) { d.tray.tellOfTray() },
		"quit":     func(d *desk) { d.last.status.Busy = 1; d.quitAsked() },
		"message": func(d *desk) {
			d.tell("Title",
				explain(problem.New("test", "", problem.SignatureRefused)))
		},
		"review": func(d *desk) {
			d.reviews.open([]given{{path: t.TempDir(), folder: true}})
			d.until("it has counted", func() bool { return d.says("Nothing to send") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t, Config{CheckToken: askStorage})
			open(d)
			c := d.window.Canvas()
			n := 1 // how many can have it
			for first := c.Focused(); ; n++ {
				if c.FocusNext(); c.Focused() == first || n > 50 {
					break
				}
			}
			for i := range n {
				if d.top == nil {
					open(d)
				}
				for range i {
					c.FocusNext()
				}
				f := c.Focused()
				f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
				if d.top == nil {
					continue
				}
				t.Errorf("Esc does not close it from a %T", f)
				d.top.close()
			}
		})
	}
}
