package desktop

import "math"

// Drags finds out whether something was dropped on a window. On X11 a drop of more than about 4,000
// files at once is lost without an error (glfw#275), so only the end of the drag can be noticed.
// While another program drags, the pointer belongs to that program: GLFW reports the pointer's
// position over the window, but not that it entered. The screen reports that when the button is
// released. The methods belong to one thread.
type Drags struct {
	in   bool // the pointer belongs to this window
	over bool // something is being dragged over it
	x, y float64
}

// dragSlack is how far, in pixels, the pointer may be from the drag's last position: farther away
// it has left the window with the drag.
const dragSlack = 4

// Moved takes the pointer's position in the window, and whether a button is held that was pressed
// there: then it is no drag from elsewhere.
func (d *Drags) Moved(x, y float64, pressed bool) {
	d.over = !d.in && !pressed
	d.x, d.y = x, y
}

// Crossed is called when the pointer enters or leaves the window, with its position. It reports
// whether something was dropped there.
func (d *Drags) Crossed(in bool, x, y float64) (ended bool) {
	ended = in && d.over && math.Abs(x-d.x) <= dragSlack && math.Abs(y-d.y) <= dragSlack
	d.in, d.over = in, false
	return ended
}
