package desktop

import "math"

// Drags finds out whether something was dragged over a window and let go there. On X11 a drop of
// more than about 4,000 files at once brings nothing and says nothing (glfw#275), so the end of the
// drag is all that can be noticed. While another program drags, the pointer is that program's: GLFW
// says where it is over the window, but not that it came in, which the screen tells when the button
// is let go. Its methods belong to one thread.
type Drags struct {
	in   bool // the pointer is this window's
	over bool // something is being dragged over it
	x, y float64
}

// dragSlack is how far, in pixels, the pointer may be from where the drag was seen last: farther
// away it has left the window with it.
const dragSlack = 4

// Moved is told where the pointer is in the window, and whether a button is held that was pressed
// there: then it is no drag from elsewhere.
func (d *Drags) Moved(x, y float64, pressed bool) {
	d.over = !d.in && !pressed
	d.x, d.y = x, y
}

// Crossed is told that the pointer came into the window or left it, and where it is. It reports
// whether something was let go there.
func (d *Drags) Crossed(in bool, x, y float64) (ended bool) {
	ended = in && d.over && math.Abs(x-d.x) <= dragSlack && math.Abs(y-d.y) <= dragSlack
	d.in, d.over = in, false
	return ended
}
