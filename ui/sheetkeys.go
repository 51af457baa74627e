package ui

import (
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/scan"
)

// Fyne passes a key only to the focused widget. These widgets for sheets pass Esc on to the sheet,
// and scroll into sight when they get the focus.

// sheetKey handles the sheet's own keys. It reports whether the key was one.
func (sc *screen) sheetKey(e *fyne.KeyEvent) bool {
	if e.Name != fyne.KeyEscape || sc.top == nil {
		return false
	}
	sc.top.close()
	return true
}

// sheetCheck is a check box on a sheet. Fyne does not wrap its words, so they are shortened if
// there is little room, and a tip shows the full text.
type sheetCheck struct {
	widget.Check
	screen *screen
	words  string
}

func (sc *screen) newSheetCheck(words string, changed func(bool)) *sheetCheck {
	c := &sheetCheck{screen: sc, words: words}
	c.Text, c.OnChanged = words, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey implements fyne.Focusable.
func (c *sheetCheck) TypedKey(e *fyne.KeyEvent) {
	if !c.screen.sheetKey(e) {
		c.Check.TypedKey(e)
	}
}

// FocusGained implements fyne.Focusable.
func (c *sheetCheck) FocusGained() {
	c.Check.FocusGained()
	c.screen.bring(c)
}

// sheetEdges is how much narrower than the window a sheet's content is, at least.
const sheetEdges = 64

// sign is the width of the box without words.
func (c *sheetCheck) sign() float32 { return c.Check.MinSize().Width - c.measure(c.Text) }

func (c *sheetCheck) measure(words string) float32 {
	return fyne.MeasureText(words, currentSize(theme.SizeNameText), fyne.TextStyle{}).Width
}

// MinSize implements fyne.Widget.
func (c *sheetCheck) MinSize() fyne.Size {
	room := c.screen.window.Canvas().Size().Width - sheetEdges
	return fyne.NewSize(min(c.sign()+c.measure(c.words), room), c.Check.MinSize().Height)
}

// Resize implements fyne.Widget.
func (c *sheetCheck) Resize(size fyne.Size) {
	c.Check.Resize(size)
	room := size.Width - c.sign()
	if shown := shorten(c.words, room+1, currentSize(theme.SizeNameText), fyne.TextStyle{}); shown != c.Text {
		c.SetText(shown)
	}
}

// MouseIn implements desktop.Hoverable.
func (c *sheetCheck) MouseIn(e *desktop.MouseEvent) {
	c.Check.MouseIn(e)
	if c.Text != c.words {
		c.screen.tips().want([]string{c.words}, c)
	}
}

// MouseOut implements desktop.Hoverable.
func (c *sheetCheck) MouseOut() {
	c.Check.MouseOut()
	c.screen.tips().hide()
}

// sheetEntry is a line of text on a sheet.
type sheetEntry struct {
	widget.Entry
	screen *screen
}

func (sc *screen) newSheetEntry(hint string, changed func(string)) *sheetEntry {
	e := &sheetEntry{screen: sc}
	e.OnChanged = changed
	e.ExtendBaseWidget(e)
	e.SetPlaceHolder(hint)
	return e
}

// TypedKey implements fyne.Focusable.
func (e *sheetEntry) TypedKey(k *fyne.KeyEvent) {
	if !e.screen.sheetKey(k) {
		e.Entry.TypedKey(k)
	}
}

// FocusGained implements fyne.Focusable.
func (e *sheetEntry) FocusGained() {
	e.Entry.FocusGained()
	e.screen.bring(e)
}

// sheetSelect is a choice on a sheet.
type sheetSelect struct {
	widget.Select
	screen *screen
}

func (sc *screen) newSheetSelect(words []string, chosen int, changed func(int)) *sheetSelect {
	s := &sheetSelect{screen: sc}
	s.Options = words
	s.ExtendBaseWidget(s)
	if chosen >= 0 {
		s.SetSelectedIndex(chosen)
	}
	s.OnChanged = func(string) { changed(s.SelectedIndex()) }
	return s
}

// TypedKey implements fyne.Focusable.
func (s *sheetSelect) TypedKey(e *fyne.KeyEvent) {
	if !s.screen.sheetKey(e) {
		s.Select.TypedKey(e)
	}
}

// FocusGained implements fyne.Focusable.
func (s *sheetSelect) FocusGained() {
	s.Select.FocusGained()
	s.screen.bring(s)
}

// sheetRadio is a choice of one of several boxes on a sheet. Fyne's own radio buttons don't pass
// Esc on.
type sheetRadio struct {
	box     fyne.CanvasObject
	chosen  int
	changed func() // called after a choice; may be nil
}

func (sc *screen) newSheetRadio(options []string, chosen int) *sheetRadio {
	r := &sheetRadio{chosen: chosen}
	checks := make([]*sheetCheck, len(options))
	box := container.NewVBox()
	if sc.window.Canvas().Size().Width >= 600 {
		box = container.NewHBox()
	}
	for i, words := range options {
		checks[i] = sc.newSheetCheck(words, nil)
		checks[i].Checked = i == chosen
		checks[i].OnChanged = func(bool) { // a second click leaves it chosen
			r.chosen = i
			if r.changed != nil {
				r.changed()
			}
			for j, c := range checks {
				c.Checked = j == i
				c.Refresh()
			}
		}
		box.Add(checks[i])
	}
	r.box = container.NewThemeOverride(box, roundSigns{sc.app.Settings().Theme()})
	return r
}

// roundSigns makes check boxes look like radio buttons.
type roundSigns struct{ fyne.Theme }

func (t roundSigns) Icon(name fyne.ThemeIconName) fyne.Resource {
	switch name {
	case theme.IconNameCheckButton:
		name = theme.IconNameRadioButton
	case theme.IconNameCheckButtonChecked:
		name = theme.IconNameRadioButtonChecked
	case theme.IconNameCheckButtonFill:
		name = theme.IconNameRadioButtonFill
	}
	return t.Theme.Icon(name)
}

// newSheetFold creates a title that shows and hides its content; at first the content is hidden.
func (sc *screen) newSheetFold(title string, inside fyne.CanvasObject) fyne.CanvasObject {
	inside.Hide()
	head := sc.newButtonWithIcon(title, theme.MenuExpandIcon(), nil)
	head.Importance, head.Alignment = widget.LowImportance, widget.ButtonAlignLeading
	box := column(0, -1, head, inside)
	head.OnTapped = func() {
		visible(inside, !inside.Visible())
		head.SetIcon(theme.MenuExpandIcon())
		if inside.Visible() {
			head.SetIcon(theme.MenuDropDownIcon())
		}
		sc.top.overlay.Refresh() // which grows with it
	}
	return box
}

// bring scrolls the sheet so that an object in its body is in sight.
func (sc *screen) bring(o fyne.CanvasObject) {
	s := sc.top
	if s == nil || !holds(s.scroll.Content, o) {
		return
	}
	at := sc.app.Driver().AbsolutePositionForObject(o)
	top := at.Y - sc.app.Driver().AbsolutePositionForObject(s.scroll).Y
	const margin = 8
	switch below := top + o.Size().Height - s.scroll.Size().Height; {
	case top < margin:
		s.scroll.ScrollToOffset(fyne.NewPos(0, max(s.scroll.Offset.Y+top-margin, 0)))
	case below > -margin:
		s.scroll.ScrollToOffset(fyne.NewPos(0, s.scroll.Offset.Y+below+margin))
	}
}

// scrollTo scrolls the sheet so that an object in its body is at the top, or as near as the end of
// the body allows.
func (sc *screen) scrollTo(o fyne.CanvasObject) {
	at, scroll := sc.app.Driver().AbsolutePositionForObject, sc.top.scroll
	scroll.ScrollToOffset(fyne.NewPos(0, scroll.Offset.Y+at(o).Y-at(scroll).Y))
}

// holds reports whether an object is inside a container, at any depth.
func holds(in, o fyne.CanvasObject) bool {
	if in == o {
		return true
	}
	switch c := in.(type) {
	case *fyne.Container:
		return slices.ContainsFunc(c.Objects,
			func(child fyne.CanvasObject) bool { return holds(child, o) })
	case *container.ThemeOverride:
		return holds(c.Content, o)
	default:
		return false
	}
}

// entryOf returns an entry for a text that take may refuse; then the entry shows that it is wrong.
func (sc *screen) entryOf(hint, text string, take func(string) bool, changed func()) *sheetEntry {
	e := sc.newSheetEntry(hint, nil)
	e.Text = text
	e.OnChanged = func(text string) {
		ok := take(strings.TrimSpace(text))
		if ok {
			e.SetValidationError(nil)
			changed()
			return
		}
		e.SetValidationError(errors.New("out of range")) // only its mark is seen
	}
	return e
}

// details is a list that opens on demand.
func (sc *screen) details(
	title string, items []scan.Found, why func(scan.Found) string,
) fyne.CanvasObject {
	list := column(6, -1)
	for _, x := range items {
		name := sc.newCutText(show.Text(x.Source), theme.ColorNameForeground, theme.SizeNameText)
		reason := sc.newCutText(why(x), colorMuted, theme.SizeNameCaptionText)
		list.Add(column(0, -1, name, reason))
	}
	return sc.newSheetFold(title, inset(0, 4, 28, 8, list))
}
