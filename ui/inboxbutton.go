package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// inboxButton is the name of the inbox in the header, with details below it. If there is a choice,
// it shows an arrow, and a click opens the menu.
type inboxButton struct {
	widget.BaseWidget
	screen      *screen
	tapped      func()
	name, words *text
	arrow       *widget.Icon
	opens       bool // there is something to choose
	hovered     bool
	focused     bool
}

func (sc *screen) newInboxButton(tapped func()) *inboxButton {
	b := &inboxButton{screen: sc, tapped: tapped}
	b.name = sc.newCutText("", theme.ColorNameForeground, theme.SizeNameSubHeadingText)
	b.name.bold = true
	b.words = sc.newCutText("", colorMuted, theme.SizeNameCaptionText)
	b.words.parts = true
	b.arrow = widget.NewIcon(theme.MenuDropDownIcon())
	b.ExtendBaseWidget(b)
	return b
}

// offer sets whether there is a choice.
func (b *inboxButton) offer(yes bool) {
	if b.opens != yes {
		b.opens = yes
		b.Refresh()
	}
}

// wants is the width of all that it says, needs that of the name and the first part of the words.
func (b *inboxButton) wants() (all, needs float32) {
	measure := func(s string) float32 {
		return fyne.MeasureText(s, currentSize(b.words.size), fyne.TextStyle{}).Width
	}
	name := fyne.MeasureText(b.name.content, currentSize(b.name.size),
		fyne.TextStyle{Bold: true}).Width + 1
	if b.opens {
		name += inboxArrow
	}
	first, _, _ := strings.Cut(b.words.content, " · ")
	return max(name, measure(b.words.content)+1) + 2*inboxEdge,
		max(name, measure(first)+1) + 2*inboxEdge
}

const (
	inboxArrow = 22 // room for the arrow behind the name
	inboxEdge  = 8  // from the edge to what stands inside
)

// AccessibilityLabel implements fyne.Accessible.
func (b *inboxButton) AccessibilityLabel() string { return b.name.content }

// Tapped implements fyne.Tappable.
func (b *inboxButton) Tapped(*fyne.PointEvent) {
	if b.opens {
		b.screen.tips().hide()
		b.tapped()
	}
}

// Cursor implements desktop.Cursorable.
func (b *inboxButton) Cursor() desktop.Cursor {
	if b.opens {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// MouseIn implements desktop.Hoverable. Its texts are below it, so it says what they would.
func (b *inboxButton) MouseIn(*desktop.MouseEvent) {
	b.hovered = true
	b.Refresh()
	var whole []string
	for _, t := range []*text{b.name, b.words} {
		if t.short {
			whole = append(whole, t.content)
		}
	}
	b.screen.tips().want(whole, b)
}

// MouseMoved implements desktop.Hoverable.
func (b *inboxButton) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *inboxButton) MouseOut() {
	b.hovered = false
	b.Refresh()
	b.screen.tips().hide()
}

// TypedKey implements fyne.Focusable.
func (b *inboxButton) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	default:
		b.screen.keyTyped(e)
	}
}

// TypedRune implements fyne.Focusable.
func (b *inboxButton) TypedRune(r rune) { b.screen.runeTyped(r) }

// FocusGained implements fyne.Focusable.
func (b *inboxButton) FocusGained() {
	b.focused = true
	b.Refresh()
}

// FocusLost implements fyne.Focusable.
func (b *inboxButton) FocusLost() {
	b.focused = false
	b.Refresh()
}

// Disabled implements fyne.Disableable, so that Tab skips it if there is no choice.
func (b *inboxButton) Disabled() bool { return !b.opens }

// Enable implements fyne.Disableable.
func (b *inboxButton) Enable() { b.offer(true) }

// Disable implements fyne.Disableable.
func (b *inboxButton) Disable() { b.offer(false) }

func (b *inboxButton) CreateRenderer() fyne.WidgetRenderer {
	r := &inboxButtonRenderer{b, canvas.NewRectangle(nil)}
	r.ground.StrokeWidth = 2
	r.Refresh()
	return r
}

type inboxButtonRenderer struct {
	button *inboxButton
	ground *canvas.Rectangle
}

func (r *inboxButtonRenderer) Destroy() {}

func (r *inboxButtonRenderer) Objects() []fyne.CanvasObject {
	b := r.button
	return []fyne.CanvasObject{r.ground, b.name, b.arrow, b.words}
}

func (r *inboxButtonRenderer) MinSize() fyne.Size {
	b := r.button
	return fyne.NewSize(40+inboxArrow+2*inboxEdge,
		b.name.MinSize().Height+2+b.words.MinSize().Height+8)
}

func (r *inboxButtonRenderer) Layout(size fyne.Size) {
	b := r.button
	r.ground.Resize(size)
	width := size.Width - 2*inboxEdge
	h := b.name.MinSize().Height
	room := width
	if b.opens {
		room -= inboxArrow
	}
	wants := fyne.MeasureText(b.name.content, currentSize(b.name.size), fyne.TextStyle{Bold: true})
	room = max(min(room, wants.Width+1), 0)
	top := (size.Height - h - 2 - b.words.MinSize().Height) / 2
	b.name.Resize(fyne.NewSize(room, h))
	b.name.Move(fyne.NewPos(inboxEdge, top))
	b.arrow.Resize(fyne.NewSquareSize(18))
	b.arrow.Move(fyne.NewPos(inboxEdge+room+2, top+(h-18)/2))
	b.words.Resize(fyne.NewSize(width, b.words.MinSize().Height))
	b.words.Move(fyne.NewPos(inboxEdge, top+h+2))
}

func (r *inboxButtonRenderer) Refresh() {
	b := r.button
	r.ground.CornerRadius = currentSize(theme.SizeNameButtonRadius)
	r.ground.FillColor, r.ground.StrokeColor = nil, nil
	if b.opens && b.hovered {
		r.ground.FillColor = currentColor(theme.ColorNameHover)
	}
	if b.opens && b.focused {
		r.ground.StrokeColor = currentColor(theme.ColorNamePrimary)
	}
	r.ground.Refresh()
	visible(b.arrow, b.opens)
	b.arrow.Refresh()
	b.name.Refresh()
	b.words.Refresh()
	r.Layout(b.Size())
}
