package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// flow lays out objects one after another in the order in which Tab visits them; layout.Border does
// not keep that order.
type flow struct {
	down bool    // from top to bottom, else from left to right in the middle of the height
	gap  float32 // between two objects
	grow int     // index of the object that takes the remaining room; -1 for none
}

// column arranges objects from top to bottom. The grow-th takes the remaining room; -1 for none.
func column(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flow{true, gap, grow}, objects...)
}

// line arranges objects from left to right, each in the middle of the height.
func line(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flow{false, gap, grow}, objects...)
}

func (f *flow) along(s fyne.Size) float32 {
	if f.down {
		return s.Height
	}
	return s.Width
}

func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if f.down {
			size = fyne.NewSize(max(size.Width, m.Width), size.Height+m.Height)
		} else {
			size = fyne.NewSize(size.Width+m.Width, max(size.Height, m.Height))
		}
		n++
	}
	if n > 1 && f.down {
		size.Height += f.gap * float32(n-1)
	} else if n > 1 {
		size.Width += f.gap * float32(n-1)
	}
	return size
}

func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := f.along(size) - f.along(f.MinSize(objects))
	at := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		n := f.along(m)
		if i == f.grow {
			n = max(n+left, 0)
		}
		if f.down {
			o.Resize(fyne.NewSize(size.Width, n))
			o.Move(fyne.NewPos(0, at))
		} else {
			o.Resize(fyne.NewSize(n, m.Height))
			o.Move(fyne.NewPos(at, (size.Height-m.Height)/2))
		}
		at += n + f.gap
	}
}

// inset adds padding around an object.
func inset(top, bottom, left, right float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// middle keeps its object a little above the middle, and narrow enough to read.
type middle struct{ letters float32 } // widest, as a multiple of the text size

func (m middle) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (m middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	least := objects[0].MinSize()
	w := min(size.Width, max(m.letters*currentSize(theme.SizeNameText), least.Width))
	h := min(size.Height, least.Height)
	objects[0].Resize(fyne.NewSize(w, h))
	objects[0].Move(fyne.NewPos((size.Width-w)/2, (size.Height-h)*0.4))
}

// narrow is the window width below which some buttons show no words.
const narrow = 560

// upTo makes a scroller as high as its body, or as the room allows.
type upTo struct {
	body fyne.CanvasObject
	room func() float32
}

func (u upTo) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := objects[0].MinSize()
	size.Height = min(u.body.MinSize().Height, u.room())
	return size
}

func (u upTo) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[0].Move(fyne.Position{})
}

// noWider lets the window become narrower than its object, which then leaves something out.
type noWider struct{ width float32 }

func (n noWider) MinSize(objects []fyne.CanvasObject) fyne.Size {
	least := objects[0].MinSize()
	return fyne.NewSize(min(least.Width, n.width), least.Height)
}

func (n noWider) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[0].Move(fyne.Position{})
}

// atLeast gives its object a minimum size.
type atLeast struct{ size fyne.Size }

func (a atLeast) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().Max(a.size)
}

func (a atLeast) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[0].Move(fyne.Position{})
}

// panel is a rounded rectangle in a theme colour. It follows changes of the theme.
type panel struct {
	widget.BaseWidget
	name, border fyne.ThemeColorName // border may be empty
	radius       float32
}

func newPanel(name, border fyne.ThemeColorName, radius float32) *panel {
	p := &panel{name: name, border: border, radius: radius}
	p.ExtendBaseWidget(p)
	return p
}

func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{p, canvas.NewRectangle(nil)}
	r.Refresh()
	return r
}

type panelRenderer struct {
	panel *panel
	rect  *canvas.Rectangle
}

func (r *panelRenderer) Destroy()                     {}
func (r *panelRenderer) Layout(s fyne.Size)           { r.rect.Resize(s) }
func (r *panelRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *panelRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }

func (r *panelRenderer) Refresh() {
	r.rect.FillColor = currentColor(r.panel.name)
	r.rect.CornerRadius = r.panel.radius
	if r.panel.border != "" {
		r.rect.StrokeColor, r.rect.StrokeWidth = currentColor(r.panel.border), 1
	}
	r.rect.Refresh()
}

// card puts an object on its own surface.
func card(o fyne.CanvasObject) *fyne.Container {
	return container.NewStack(newPanel(colorSurface, theme.ColorNameSeparator, 10),
		inset(12, 12, 16, 16, o))
}

// raised puts an object on a surface that floats above the rest of the window.
func raised(o fyne.CanvasObject) *fyne.Container {
	return container.NewStack(newPanel(theme.ColorNameMenuBackground, theme.ColorNameInputBorder, 8),
		inset(6, 6, 14, 6, o))
}

// foot keeps an object at the bottom of its container.
func foot(o fyne.CanvasObject) *fyne.Container { return container.New(atFoot{}, o) }

type atFoot struct{}

func (atFoot) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (atFoot) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := objects[0].MinSize().Height
	objects[0].Resize(fyne.NewSize(size.Width, h))
	objects[0].Move(fyne.NewPos(0, size.Height-h))
}

// text is a single line that never wraps, in a theme colour and size, without a label's padding.
type text struct {
	widget.BaseWidget
	content string
	color   fyne.ThemeColorName
	size    fyne.ThemeSizeName
	bold    bool
	align   fyne.TextAlign
	cut     bool // shorten in the middle rather than ask for room
	// drop whole parts at the end, which “ · ” separates, rather than shorten in the middle
	parts  bool
	less   string    // shown instead if there is no room for the content
	screen *screen   // of a text that may be cut: its tip shows the full text
	short  bool      // the text is cut now
	over   *dropZone // the zone it lies on and hides from the pointer; nil for none
}

// newCutText creates a text that is shortened if there is no room. A tip shows the full text while
// the pointer is on it.
func (sc *screen) newCutText(
	content string, color fyne.ThemeColorName, size fyne.ThemeSizeName,
) *text {
	t := newText(content, color, size)
	t.screen, t.cut = sc, true
	return t
}

// MouseIn implements desktop.Hoverable.
func (t *text) MouseIn(*desktop.MouseEvent) {
	if t.over != nil {
		t.over.light(true)
	}
	if t.short {
		t.screen.tips().want([]string{t.content}, t)
	}
}

// MouseMoved implements desktop.Hoverable.
func (t *text) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (t *text) MouseOut() {
	if t.over != nil {
		t.over.light(false)
	}
	if t.screen != nil {
		t.screen.tips().hide()
	}
}

func newText(content string, color fyne.ThemeColorName, size fyne.ThemeSizeName) *text {
	t := &text{content: content, color: color, size: size}
	t.ExtendBaseWidget(t)
	return t
}

// set changes the content and the colour, and repaints only if either is new.
func (t *text) set(content string, color fyne.ThemeColorName) {
	if t.content == content && t.color == color {
		return
	}
	t.content, t.color = content, color
	t.Refresh()
}

func (t *text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{text: t, line: canvas.NewText("", nil)}
	r.Refresh()
	return r
}

type textRenderer struct {
	text *text
	line *canvas.Text
}

func (r *textRenderer) Destroy()                     {}
func (r *textRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.line} }

func (r *textRenderer) Layout(s fyne.Size) {
	r.line.Resize(s)
	if r.text.cut {
		content := r.text.content
		if r.text.parts {
			content = fewerParts(content, s.Width, r.line.TextSize, r.line.TextStyle)
		}
		if r.text.less != "" && fyne.MeasureText(content, r.line.TextSize,
			r.line.TextStyle).Width > s.Width {
			content = r.text.less
		}
		r.line.Text = shorten(content, s.Width, r.line.TextSize, r.line.TextStyle)
		r.text.short = r.line.Text != r.text.content
		r.line.Refresh()
	}
}

func (r *textRenderer) MinSize() fyne.Size {
	m := fyne.MeasureText(r.text.content, r.line.TextSize, r.line.TextStyle)
	if r.text.cut {
		m.Width = min(m.Width, 40)
	}
	return m
}

func (r *textRenderer) Refresh() {
	t := r.text
	r.line.Color = currentColor(t.color)
	r.line.TextSize = currentSize(t.size)
	r.line.TextStyle.Bold = t.bold
	r.line.Alignment = t.align
	r.line.Text = t.content
	if t.cut {
		r.Layout(t.Size())
		return
	}
	r.line.Refresh()
}

// small is a minor text of several lines, flush with the objects above and below it.
func small(content string) fyne.CanvasObject {
	l := wrapped(content)
	l.SizeName, l.Importance = theme.SizeNameCaptionText, widget.LowImportance
	return inset(-4, -4, -8, -8, l)
}

// wrapped is a text that wraps at words.
func wrapped(content string) *widget.Label {
	l := widget.NewLabel(content)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// columns arranges a row of a table, each cell in the middle of the height. All rows share one
// columns; the first column takes the remaining room.
type columns struct {
	widths []float32
	gap    float32
}

// measure widens the columns for a row.
func (c *columns) measure(cells []fyne.CanvasObject) {
	if c.widths == nil {
		c.widths = make([]float32, len(cells))
	}
	for i, o := range cells {
		c.widths[i] = max(c.widths[i], o.MinSize().Width)
	}
}

func (c *columns) MinSize(cells []fyne.CanvasObject) (size fyne.Size) {
	for i, o := range cells {
		m := o.MinSize()
		size.Height = max(size.Height, m.Height)
		if i == 0 {
			size.Width += m.Width
		} else {
			size.Width += c.gap + c.widths[i]
		}
	}
	return size
}

func (c *columns) Layout(cells []fyne.CanvasObject, size fyne.Size) {
	at := size.Width
	for i := len(cells) - 1; i > 0; i-- {
		at -= c.widths[i]
		c.put(cells[i], at, c.widths[i], size.Height)
		at -= c.gap
	}
	c.put(cells[0], 0, max(at, 0), size.Height)
}

func (c *columns) put(o fyne.CanvasObject, x, width, height float32) {
	h := o.MinSize().Height
	o.Resize(fyne.NewSize(width, h))
	o.Move(fyne.NewPos(x, (height-h)/2))
}

// visible shows or hides an object.
func visible(o fyne.CanvasObject, yes bool) {
	if yes {
		o.Show()
	} else {
		o.Hide()
	}
}
