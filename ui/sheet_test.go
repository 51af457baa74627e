package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// TestButtonsOfASheetStayOnIt where texts are largest and the window smallest: the last stands
// below the others.
func TestButtonsOfASheetStayOnIt(t *testing.T) {
	settings := DefaultSettings()
	settings.TextScale, settings.Width, settings.Height = 1.6, 900, 620
	for _, code := range languages() {
		settings.Language = code
		d := openDesk(t, Config{Settings: settings, CheckToken: askStorage})
		d.window.Resize(smallest)
		d.tokens.open(someToken())
		d.look()
		edge := d.app.Driver().AbsolutePositionForObject(d.top.foot)
		for _, o := range d.top.foot.Objects {
			at := d.app.Driver().AbsolutePositionForObject(o)
			if at.X < edge.X || at.X+o.Size().Width > edge.X+d.top.foot.Size().Width ||
				at.Y+o.Size().Height > smallest.Height {
				t.Errorf("%s: a button stands at %v, %v large", code, at, o.Size())
			}
		}
		d.window.Resize(fyne.NewSize(900, 620))
		d.look()
		all := d.top.foot.Objects
		first, last := d.app.Driver().AbsolutePositionForObject(all[0]),
			d.app.Driver().AbsolutePositionForObject(all[len(all)-1])
		if first.Y != last.Y || first.X >= last.X {
			t.Errorf("%s: with enough room they stand at %v and %v", code, first, last)
		}
	}
	speakIn(t, English)
}

// TestWordsBesideABoxAreShortened where texts are largest and the window smallest, so that nothing
// of a sheet is out of sight at its right.
func TestWordsBesideABoxAreShortened(t *testing.T) {
	settings := DefaultSettings()
	settings.TextScale, settings.Width, settings.Height = 1.6, 900, 620
	d := openDesk(t, Config{Settings: settings})
	d.window.Resize(smallest)
	d.options.open()
	d.look()
	if s := d.top.scroll; s.Content.Size().Width > s.Size().Width {
		t.Errorf("what is %.0f wide stands where %.0f are", s.Content.Size().Width, s.Size().Width)
	}
	d.mustSay("Keep the comput…e while sending")
	d.window.Resize(fyne.NewSize(1000, 1200))
	d.look()
	d.mustSay("Keep the computer awake while sending")
}
