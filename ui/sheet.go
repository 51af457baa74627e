package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// sheet is a dialog: a card over the dimmed window, with a title, a body that scrolls if there is
// little room, and buttons that are always in sight. It follows the window's size.
type sheet struct {
	screen  *screen
	overlay *fyne.Container
	tip     *tip // above its own card
	// tick, if not nil, is called with each sample. It returns how soon to call it again; 0 for
	// never.
	tick func(now time.Time) time.Duration
	// fit, if not nil, is called with the window's size when that changes.
	fit    func(fyne.Size)
	card   *sheetLayout
	scroll *container.Scroll
	foot   *fyne.Container
	names  []string // of its widgets, for Where
	// take, if not nil, takes files that are dropped or pasted while the sheet is open.
	take func([]given)
	// closed, if not nil, is called when the sheet is gone.
	closed func()
	stays  bool   // stays open when another sheet opens above it
	under  *sheet // the sheet below this one, or nil
}

// openSheet shows a sheet of up to that width, more if texts are larger. Its buttons are at the
// bottom right; the last one is what most people want. An open sheet closes, unless it stays.
func (sc *screen) openSheet(
	title string, width float32, body fyne.CanvasObject, buttons ...fyne.CanvasObject,
) *sheet {
	if sc.top != nil && !sc.top.stays {
		sc.top.close()
	}
	s := &sheet{screen: sc, under: sc.top, tip: newTip(sc), scroll: container.NewVScroll(body)}
	head := sc.newCutText(title, theme.ColorNameForeground, theme.SizeNameSubHeadingText)
	head.bold = true
	room := fyne.CanvasObject(s.scroll)
	own, full := body.(ownScroll)
	if full {
		room, body = own.Container, own.Container
		// holds nothing, so that no key scrolls it
		s.scroll = container.NewVScroll(layout.NewSpacer())
	}
	s.foot = container.New(&footer{}, buttons...)
	content := column(0, 1,
		inset(16, 8, 20, 20, head),
		inset(0, 0, 12, 6, room),
		widget.NewSeparator(),
		inset(12, 12, 20, 20, s.foot))
	s.card = &sheetLayout{width: width, body: body, full: full}
	s.overlay = container.NewStack(
		newScrim(),
		container.New(s.card,
			container.NewStack(newPanel(theme.ColorNameOverlayBackground, theme.ColorNameSeparator,
				12), content)),
		s.tip.layer)
	c := sc.window.Canvas()
	c.Overlays().Add(s.overlay)
	s.overlay.Resize(c.Size())
	sc.top = s
	return s
}

// ownScroll is a body that scrolls by itself. Its sheet is as high as the window allows.
type ownScroll struct{ *fyne.Container }

// lead puts a button at the bottom left, for an optional first step.
func (s *sheet) lead(b *button) {
	s.foot.Objects = append([]fyne.CanvasObject{b}, s.foot.Objects...)
	s.foot.Layout = &footer{leads: true}
	s.foot.Refresh()
}

// footer puts a sheet's buttons side by side at the right, and the first at the left if it leads.
// If there is too little room, the last goes below the others.
type footer struct{ leads, below bool }

const footGap = 8

// width is the width of the visible buttons among the first n.
func (f *footer) width(buttons []fyne.CanvasObject, n int) (width float32) {
	for _, b := range buttons[:n] {
		if b.Visible() {
			width += b.MinSize().Width + footGap
		}
	}
	return max(width-footGap, 0)
}

func (f *footer) MinSize(buttons []fyne.CanvasObject) (size fyne.Size) {
	if len(buttons) == 0 {
		return size
	}
	last := buttons[len(buttons)-1].MinSize()
	size = fyne.NewSize(max(f.width(buttons, len(buttons)-1), last.Width), last.Height)
	if f.below {
		size.Height += footGap + last.Height
	}
	return size
}

func (f *footer) Layout(buttons []fyne.CanvasObject, size fyne.Size) {
	n := len(buttons)
	f.below = n > 1 && f.width(buttons, n) > size.Width
	right, y := size.Width, float32(0)
	for i, b := range slices.Backward(buttons) {
		if !b.Visible() {
			continue
		}
		least := b.MinSize()
		x := right - least.Width
		switch {
		case i == 0 && f.leads:
			x = 0
		case i == n-1 && f.below:
			y = least.Height + footGap
		}
		b.Resize(least)
		b.Move(fyne.NewPos(x, y))
		if i == n-1 && f.below {
			y = 0
		} else {
			right = x - footGap
		}
	}
}

// tag gives a widget of the sheet a name for Where, until the sheet closes or another widget gets
// the name.
func (s *sheet) tag(name string, o fyne.CanvasObject) {
	if slices.Contains(s.names, name) {
		all := s.screen.named[name]
		all[len(all)-1] = o
		return
	}
	s.names = append(s.names, name)
	s.screen.tag(name, o)
}

// isOpen reports whether the sheet is open, even below others.
func (s *sheet) isOpen() bool {
	for at := s.screen.top; at != nil; at = at.under {
		if at == s {
			return true
		}
	}
	return false
}

// close removes the sheet.
func (s *sheet) close() {
	if s.screen.top != s {
		return
	}
	s.screen.top = s.under
	for _, name := range s.names {
		s.screen.named[name] = s.screen.named[name][:len(s.screen.named[name])-1]
	}
	s.screen.window.Canvas().Overlays().Remove(s.overlay)
	if s.closed != nil {
		s.closed()
	}
	s.screen.wake()
}

// sheetLayout keeps the card in the middle, as high as its body needs and the window allows.
type sheetLayout struct {
	width float32
	body  fyne.CanvasObject
	full  bool // as high as the window allows
}

func (l *sheetLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (l *sheetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	const margin = 12
	card := objects[0]
	w := min(l.width*currentSize(theme.SizeNameText)/14, size.Width-2*margin)
	// Texts that wrap know their height only at a width.
	card.Resize(fyne.NewSize(w, size.Height-2*margin))
	h := size.Height - 2*margin
	if !l.full {
		h = min(card.MinSize().Height-scrollMin+l.body.MinSize().Height+4, h)
	}
	card.Resize(fyne.NewSize(w, h))
	card.Move(fyne.NewPos((size.Width-w)/2, (size.Height-h)/2))
}

// scrollMin is the least height that Fyne gives a scroller.
const scrollMin = 32

// scrim dims the window behind a sheet, and takes the clicks on it.
type scrim struct {
	widget.BaseWidget
}

func newScrim() *scrim {
	s := &scrim{}
	s.ExtendBaseWidget(s)
	return s
}

func (s *scrim) Tapped(*fyne.PointEvent) {}

func (s *scrim) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(rgba(0x0a1017, 0x8c)))
}
