package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// chip shows on its own background how long a token works: a clock, the time left in bold, and the
// expiry if there is room for it. A tip shows what there is no room for.
type chip struct {
	widget.BaseWidget
	screen *screen
	shows  countdown
	ground *panel
	clock  *widget.Icon
	lead   *text // what counts
	rest   *text // beside it
}

func (sc *screen) newChip() *chip {
	c := &chip{
		screen: sc, ground: newPanel(colorGoodBg, "", chipRadius), clock: widget.NewIcon(nil),
		lead: newText("", theme.ColorNameSuccess, theme.SizeNameText),
		rest: newText("", theme.ColorNameSuccess, theme.SizeNameText),
	}
	c.lead.bold = true
	c.ExtendBaseWidget(c)
	return c
}

const (
	chipRadius = 14
	chipEdge   = 12 // from the ends to what stands inside
	chipGap    = 4
)

// clockSize is the width of a chip's clock, which grows with the text.
func clockSize() float32 { return currentSize(theme.SizeNameText) + 2 }

// chipGround is what a chip of a colour stands on.
func chipGround(color fyne.ThemeColorName) fyne.ThemeColorName {
	switch color {
	case theme.ColorNameSuccess:
		return colorGoodBg
	case theme.ColorNameWarning:
		return colorWarnBg
	case theme.ColorNameError:
		return colorErrorBg
	default:
		return colorChipBg
	}
}

// set makes it say something else.
func (c *chip) set(to countdown) {
	to.next = 0 // is not shown
	if c.shows == to {
		return
	}
	c.shows = to
	c.Refresh()
}

// wordings are what it can say, the longest first.
func (c *chip) wordings() [][2]string {
	s := &c.shows
	all := [][2]string{{s.words, join(s.until, s.zone)}, {s.words, s.until}, {s.short, s.until}}
	return append(all, [2]string{s.words, ""}, [2]string{s.short, ""})
}

// width is how wide it is with a wording.
func (c *chip) width(w [2]string) float32 {
	size := currentSize(theme.SizeNameText)
	width := 2*chipEdge + clockSize() + chipGap +
		fyne.MeasureText(w[0], size, fyne.TextStyle{Bold: true}).Width
	if w[1] != "" {
		width += chipGap + fyne.MeasureText("· "+w[1], size, fyne.TextStyle{}).Width
	}
	return width
}

// widest is how much room it can use.
func (c *chip) widest() float32 { return c.width(c.wordings()[0]) }

// AccessibilityLabel implements fyne.Accessible.
func (c *chip) AccessibilityLabel() string {
	return join(c.shows.words, c.shows.until, c.shows.zone)
}

// MouseIn implements desktop.Hoverable.
func (c *chip) MouseIn(*desktop.MouseEvent) {
	if c.widest() > c.Size().Width {
		c.screen.tips().want([]string{c.AccessibilityLabel()}, c)
	}
}

// MouseMoved implements desktop.Hoverable.
func (c *chip) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *chip) MouseOut() { c.screen.tips().hide() }

func (c *chip) CreateRenderer() fyne.WidgetRenderer {
	r := &chipRenderer{c}
	r.Refresh()
	return r
}

type chipRenderer struct{ chip *chip }

func (r *chipRenderer) Destroy() {}

func (r *chipRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.chip.ground, r.chip.clock, r.chip.lead, r.chip.rest}
}

func (r *chipRenderer) MinSize() fyne.Size {
	c := r.chip
	least := c.width([2]string{c.shows.short, ""})
	if c.shows.short == "" {
		return fyne.Size{}
	}
	return fyne.NewSize(least, max(c.lead.MinSize().Height+8, 2*chipRadius))
}

func (r *chipRenderer) Layout(size fyne.Size) {
	c := r.chip
	all := c.wordings()
	i := slices.IndexFunc(all, func(w [2]string) bool { return c.width(w) <= size.Width })
	if i < 0 {
		i = len(all) - 1
	}
	color := c.shows.color
	c.lead.set(all[i][0], color)
	rest := ""
	if all[i][1] != "" {
		rest = "· " + all[i][1]
	}
	c.rest.set(rest, color)
	c.ground.Resize(fyne.NewSize(min(c.width(all[i]), size.Width), size.Height))
	put := func(o fyne.CanvasObject, x float32, s fyne.Size) {
		o.Resize(s)
		o.Move(fyne.NewPos(x, (size.Height-s.Height)/2))
	}
	put(c.clock, chipEdge, fyne.NewSquareSize(clockSize()))
	x := chipEdge + clockSize() + chipGap
	put(c.lead, x, c.lead.MinSize())
	put(c.rest, x+c.lead.MinSize().Width+chipGap, c.rest.MinSize())
}

func (r *chipRenderer) Refresh() {
	c := r.chip
	c.ground.name = chipGround(c.shows.color)
	c.ground.Refresh()
	if c.shows.color != "" {
		c.clock.SetResource(icon("waiting", c.shows.color))
	}
	c.lead.Refresh()
	c.rest.Refresh()
	r.Layout(c.Size())
}
