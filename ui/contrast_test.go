package ui

import (
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// grounds finds out what texts stand on: the areas that were painted before them at their place.
type grounds struct {
	d     *desk
	areas []area
	check func(t *canvas.Text, on color.NRGBA)
}

type area struct {
	at    fyne.Position
	size  fyne.Size
	color color.NRGBA
}

func (a area) has(p fyne.Position) bool {
	return p.X >= a.at.X && p.Y >= a.at.Y && p.X < a.at.X+a.size.Width && p.Y < a.at.Y+a.size.Height
}

func (g *grounds) area(o fyne.CanvasObject) area {
	return area{at: g.d.app.Driver().AbsolutePositionForObject(o), size: o.Size()}
}

// visit goes through what is painted, in that order, within what can be seen of it.
func (g *grounds) visit(o fyne.CanvasObject, seen area) {
	if !o.Visible() {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			g.visit(child, seen)
		}
	case fyne.Widget:
		if scroll, ok := o.(*container.Scroll); ok {
			seen = g.area(scroll)
		}
		for _, child := range test.WidgetRenderer(o).Objects() {
			g.visit(child, seen)
		}
	case *canvas.Rectangle:
		if o.FillColor == nil {
			return
		}
		a := g.area(o)
		a.color = nrgba(o.FillColor)
		g.areas = append(g.areas, a)
	case *canvas.Text:
		middle := g.area(o).at.AddXY(o.MinSize().Width/2, o.Size().Height/2)
		if o.Text == "" || !seen.has(middle) {
			return
		}
		on := nrgba(currentColor(theme.ColorNameBackground))
		for _, a := range g.areas {
			if a.has(middle) {
				on = over(a.color, on)
			}
		}
		g.check(o, on)
	}
}

func nrgba(c color.Color) color.NRGBA {
	converted, _ := color.NRGBAModel.Convert(c).(color.NRGBA) // which it always is
	return converted
}

// TestTextsInTheViewsCanBeRead opens the views in both appearances and looks at each text on what it
// really stands on.
func TestTextsInTheViewsCanBeRead(t *testing.T) {
	now := time.Date(2026, 12, 5, 20, 0, 0, 0, time.UTC)
	soon := someToken("se=2099-01-01T00:00:00Z", "se=2026-12-06T01:26:00Z")
	trouble := func() *crowd {
		c := newCrowd(1_204)
		c.status.Files[ledger.Attention], c.status.Files[ledger.Delivered] = 17, 230
		c.status.Inboxes = []uploader.InboxStatus{{Unfinished: 17, Hold: problem.New("send", "",
			problem.SignatureRefused)}}
		return c
	}
	for _, look := range []Appearance{AppearanceLight, AppearanceDark} {
		settings := DefaultSettings()
		settings.Appearance, settings.Width, settings.Height = look, 900, 620
		for name, open := range map[string]func(d *desk){
			"start":   func(*desk) {},
			"sending": func(d *desk) { d.use(soon) },
			"selected": func(d *desk) {
				d.use(someToken())
				d.look()
				d.Window.queue.list.selectAll()
			},
			"trouble":        func(d *desk) { d.use(someToken()) },
			"a token":        func(d *desk) { d.tokens.open(someToken()) },
			"a short token":  func(d *desk) { d.tokens.open(soon) },
			"an ended token": func(d *desk) { d.tokens.open(someToken("se=2099", "se=2026-02")) },
			"no token":       func(d *desk) { d.tokens.open("no token") },
			"settings":       func(d *desk) { d.options.open() },
			"saved inboxes":  func(d *desk) { d.inboxes.kept = longNames(d); d.inboxes.openKept() },
			"removing":       func(d *desk) { d.inboxes.removeAsked(longNames(d)[0]) },
			"tokens":         func(d *desk) { d.openTokens(manyGrants(3)) },
			"revoking":       func(d *desk) { d.openTokens(manyGrants(3)); d.press(tr("Revoke…")) },
			"quitting":       func(d *desk) { d.last.status.Busy = 1; d.quitAsked() },
		} {
			t.Run(string(look)+"/"+name, func(t *testing.T) {
				c := Config{Settings: settings, Watch: noWatch, Now: func() time.Time { return now }}
				switch name {
				case "sending", "selected":
					c.Queue = newCrowd(1_204)
				case "trouble":
					c.Queue = trouble()
				}
				d := openDesk(t, c)
				d.window.Resize(fyne.NewSize(900, 620))
				open(d)
				d.look()
				texts := 0
				g := &grounds{d: d, check: func(o *canvas.Text, on color.NRGBA) {
					texts++
					of := nrgba(o.Color)
					if got := contrast(over(of, on), on); got < leastContrast {
						t.Errorf("%q has %.2f to 1: %v on %v", o.Text, got, of, on)
					}
				}}
				all := area{size: d.window.Canvas().Size()}
				g.visit(d.window.Canvas().Content(), all)
				if top := d.window.Canvas().Overlays().Top(); top != nil {
					texts = 0
					g.visit(top, all)
				}
				if texts < 3 {
					t.Errorf("only %d texts were looked at", texts)
				}
			})
		}
	}
}
