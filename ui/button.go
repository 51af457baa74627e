package ui

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// button is a button that Enter presses as Space does. A frame shows that it has the keyboard
// focus, and a tip explains its sign if it has no words. It passes other keys on to the sheet or
// the window.
type button struct {
	widget.Button
	screen  *screen
	words   string // what it does, whether or not there is room to say so
	focused bool
	saying  bool // that it has done it, for a while
}

func (sc *screen) newButton(words string, tapped func()) *button {
	b := &button{screen: sc, words: words}
	b.Text, b.OnTapped = words, tapped
	b.ExtendBaseWidget(b)
	return b
}

func (sc *screen) newButtonWithIcon(words string, sign fyne.Resource, tapped func()) *button {
	b := sc.newButton(words, tapped)
	b.Icon = sign
	return b
}

// newSign makes a button that shows a sign alone; the words are for its tip.
func (sc *screen) newSign(words string, sign fyne.Resource, tapped func()) *button {
	b := sc.newButtonWithIcon("", sign, tapped)
	b.words = words
	b.Importance = widget.LowImportance
	return b
}

// fit drops the words in a narrow window: the sign and the tip say the same.
func (b *button) fit(size fyne.Size) {
	words := b.words
	if size.Width < narrow {
		words = ""
	}
	if b.Text != words {
		b.SetText(words)
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (b *button) AccessibilityLabel() string { return cmp.Or(b.Text, b.words) }

// Tapped implements fyne.Tappable.
func (b *button) Tapped(e *fyne.PointEvent) {
	b.screen.tips().hide()
	b.Button.Tapped(e)
}

// MouseIn implements desktop.Hoverable.
func (b *button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.explain()
}

// MouseOut implements desktop.Hoverable.
func (b *button) MouseOut() {
	b.Button.MouseOut()
	b.screen.tips().hide()
}

// explain says, after a moment, what a sign without words means.
func (b *button) explain() {
	if b.Text == "" && b.words != "" {
		b.screen.tips().want([]string{b.words}, b)
	}
}

// TypedKey implements fyne.Focusable.
func (b *button) TypedKey(e *fyne.KeyEvent) {
	switch {
	case b.screen.sheetKey(e):
	case e.Name == fyne.KeySpace, e.Name == fyne.KeyReturn, e.Name == fyne.KeyEnter:
		b.press()
	default:
		b.screen.keyTyped(e)
	}
}

// press taps the button, and leaves the keyboard with it, unless something else has opened. Fyne
// takes it away.
func (b *button) press() {
	c := b.screen.window.Canvas()
	above := c.Overlays().Top()
	b.Tapped(nil)
	if c.Focused() == nil && c.Overlays().Top() == above && b.Visible() && !b.Disabled() {
		c.Focus(b)
	}
}

// TypedRune implements fyne.Focusable.
func (b *button) TypedRune(r rune) { b.screen.runeTyped(r) }

// FocusGained implements fyne.Focusable.
func (b *button) FocusGained() {
	b.focused = true
	b.Button.FocusGained()
	b.screen.bring(b)
	b.explain()
}

// FocusLost implements fyne.Focusable.
func (b *button) FocusLost() {
	b.focused = false
	b.Button.FocusLost()
	b.screen.tips().hide()
}

func (b *button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{b.Button.CreateRenderer(), b, canvas.NewRectangle(nil)}
	r.frame.StrokeWidth = 2
	r.show()
	return r
}

// buttonRenderer is Fyne's, with a frame while the button has the keyboard: Fyne's own sign of that
// is a colour that does not differ from the one of the most important buttons.
type buttonRenderer struct {
	fyne.WidgetRenderer
	button *button
	frame  *canvas.Rectangle
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	all := r.WidgetRenderer.Objects()
	return append(all[:len(all):len(all)], r.frame)
}

func (r *buttonRenderer) Layout(s fyne.Size) {
	const margin = 2
	r.WidgetRenderer.Layout(s)
	r.frame.Resize(s.SubtractWidthHeight(2*margin, 2*margin))
	r.frame.Move(fyne.NewPos(margin, margin))
}

func (r *buttonRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	r.show()
}

// show shows the frame, or not.
func (r *buttonRenderer) show() {
	name := theme.ColorNamePrimary
	switch r.button.Importance {
	case widget.HighImportance:
		name = theme.ColorNameForegroundOnPrimary
	case widget.DangerImportance:
		name = theme.ColorNameForegroundOnError
	}
	r.frame.StrokeColor = currentColor(name)
	r.frame.CornerRadius = currentSize(theme.SizeNameButtonRadius) - 2
	visible(r.frame, r.button.focused && !r.button.Disabled())
	r.frame.Refresh()
}
