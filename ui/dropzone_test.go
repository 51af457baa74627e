package ui

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// TestTheDropCardLightsUp under the pointer, also where a text of it has the pointer, and looks
// like something to drop files on: its edge is dashed.
func TestTheDropCardLightsUp(t *testing.T) {
	d := openDesk(t, Config{})
	d.look()
	var zone *dropZone
	d.walk(func(o fyne.CanvasObject) {
		if z, ok := o.(*dropZone); ok {
			zone = z
		}
	})
	if zone == nil {
		t.Fatal("there is no drop zone")
	}
	colors := func() map[color.Color]int {
		n := map[color.Color]int{}
		at := d.app.Driver().AbsolutePositionForObject(zone)
		picture := d.window.Canvas().Capture()
		for x := int(at.X) + 20; x < int(at.X+zone.Size().Width)-20; x++ {
			n[picture.At(x, int(at.Y)+1)]++
		}
		return n
	}
	d.until("the edge is dashed", func() bool { return len(colors()) > 1 })
	for name, o := range map[string]desktop.Hoverable{"the card": zone, "its title": d.start.second.title} {
		o.MouseIn(nil)
		if !zone.lit {
			t.Errorf("%s does not light up", name)
		}
		o.MouseOut()
		if zone.lit {
			t.Errorf("%s stays lit", name)
		}
	}
}
