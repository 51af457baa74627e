package ui

import (
	"context"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// screen is the ground of all views: Fyne's window and its goroutine, the sheets above it, and the
// last sample of the queue. It creates the widgets, which know it, and knows no view. Any goroutine
// may call do, inBackground and wake; the rest belongs to Fyne's goroutine.
type screen struct {
	config Config // as New completed it; it does not change
	app    fyne.App
	window fyne.Window
	events *events
	named  map[string][]fyne.CanvasObject // for Where

	ctx        context.Context // ends with the window
	ended      atomic.Bool
	hidden     atomic.Bool   // nobody can see the window
	background background    // goroutines of single actions
	look       chan struct{} // wakes the sampler

	last   sample       // what is shown
	top    *sheet       // the one on top; nil for none
	fynes  *fynesDialog // Fyne's dialog for files, while it is open
	ownTip *tip         // the window's own, below the sheets

	// What happens with keys that no widget uses.
	keyTyped  func(*fyne.KeyEvent)
	runeTyped func(rune)
}

// do runs f on Fyne's thread, unless the window has ended.
func (sc *screen) do(f func()) {
	sc.config.Do(func() {
		if !sc.ended.Load() {
			f()
		}
	})
}

// inBackground runs f on a goroutine that the window waits for when it ends.
func (sc *screen) inBackground(f func(ctx context.Context)) {
	sc.background.start(func() { f(sc.ctx) })
}

// wake makes the sampler take another sample.
func (sc *screen) wake() {
	select {
	case sc.look <- struct{}{}:
	default:
	}
}

// relayout lays out all parts again after one has appeared or gone.
func (sc *screen) relayout() { sc.window.Content().Refresh() }

// tag gives a widget a name for Where. Several widgets may share a name if only one of them is in
// sight.
func (sc *screen) tag(name string, o fyne.CanvasObject) {
	sc.named[name] = append(sc.named[name], o)
}

// asking reports whether something above the window gets the keys.
func (sc *screen) asking() bool { return sc.top != nil || sc.fynes != nil }

// isFocused reports whether an object has the keyboard focus.
func (sc *screen) isFocused(o fyne.Focusable) bool { return sc.window.Canvas().Focused() == o }

// popUp opens a menu below a button.
func (sc *screen) popUp(below fyne.CanvasObject, m *fyne.Menu) {
	c := sc.window.Canvas()
	p := widget.NewPopUpMenu(withKeys(m), c)
	at := sc.app.Driver().AbsolutePositionForObject(below)
	x := min(at.X, c.Size().Width-p.MinSize().Width-8)
	p.ShowAtPosition(fyne.NewPos(max(x, 0), at.Y+below.Size().Height+2))
}
