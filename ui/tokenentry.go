package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tokenEntry takes a token: masked, shown only on demand. What is pasted stays as it is, with line
// breaks and tabs, which a line of text would lose and some forms of a token need.
type tokenEntry struct {
	widget.Entry
	screen  *screen
	raw     string
	shown   string // what the line shows of raw
	changed func(raw string)
}

// mostShown is how many characters of a token the line shows: drawing as many dots as a long text
// has characters takes long.
const mostShown = 400

func (sc *screen) newTokenEntry() *tokenEntry {
	e := &tokenEntry{screen: sc}
	e.ExtendBaseWidget(e)
	e.Password = true
	e.SetPlaceHolder(tr("Paste the token here"))
	e.ActionItem = newReveal(e)
	e.OnChanged = func(s string) {
		if s == e.shown {
			return
		}
		e.raw, e.shown = s, s
		e.changed(s)
	}
	return e
}

// box is the entry as it stands on a sheet: without the bar for scrolling, which would lie on the
// dots and say nothing.
func (e *tokenEntry) box() fyne.CanvasObject {
	return container.NewThemeOverride(e, withoutBars{e.screen.app.Settings().Theme()})
}

type withoutBars struct{ fyne.Theme }

func (t withoutBars) Size(name fyne.ThemeSizeName) float32 {
	if name == theme.SizeNameScrollBar || name == theme.SizeNameScrollBarSmall {
		return 0
	}
	return t.Theme.Size(name)
}

// put replaces the text.
func (e *tokenEntry) put(text string) {
	e.raw = text
	runes := []rune(strings.Join(strings.Fields(text), " "))
	e.shown = string(runes[:min(len(runes), mostShown)])
	e.SetText(e.shown)
	e.changed(text)
}

// forget drops the text.
func (e *tokenEntry) forget() {
	e.raw, e.shown = "", ""
	e.OnChanged = nil
	e.SetText("")
}

// TypedKey implements fyne.Focusable.
func (e *tokenEntry) TypedKey(k *fyne.KeyEvent) {
	if !e.screen.sheetKey(k) {
		e.Entry.TypedKey(k)
	}
}

// TypedShortcut takes what is pasted as a whole.
func (e *tokenEntry) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutPaste); ok {
		e.put(fyne.CurrentApp().Clipboard().Content())
		return
	}
	e.Entry.TypedShortcut(s)
}

// newReveal is the eye that shows the text while it is open.
func newReveal(e *tokenEntry) fyne.CanvasObject {
	eye := e.screen.newSign(tr("Show or hide the token"), icon("eye", colorMuted), nil)
	eye.OnTapped = func() {
		e.Password = !e.Password
		name := "eye-closed"
		if e.Password {
			name = "eye"
		}
		eye.SetIcon(icon(name, colorMuted))
		e.Refresh()
	}
	return eye
}
