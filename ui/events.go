package ui

import (
	"encoding/json"
	"io"
	"slices"
	"sync"

	"fyne.io/fyne/v2"
)

// events writes what happens in the window as lines of JSON, for end-to-end tests. A nil *events
// writes nothing.
type events struct {
	mu  sync.Mutex
	out io.Writer
}

// event prints one. Its values are what a person would see; none is ever a secret.
func (e *events) event(name string, pairs ...any) {
	if e == nil {
		return
	}
	m := values(pairs...)
	m["event"] = name
	text, err := json.Marshal(m)
	if err != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	// a test that does not read loses the event, not the window
	_, _ = e.out.Write(append(text, '\n'))
}

// place is a rectangle in pixels of the window.
type place struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Where prints the event "where": the rectangles of the visible widgets that have a name.
func (w *Window) Where() {
	w.do(func() {
		widgets := map[string]place{}
		c := w.window.Canvas()
		for name, objects := range w.named {
			if w.fynes != nil || w.top != nil && !slices.Contains(w.top.names, name) {
				continue // behind the dialog, or the sheet
			}
			for _, o := range objects {
				at := w.app.Driver().AbsolutePositionForObject(o)
				if at == (fyne.Position{}) || !o.Visible() { // Fyne says so of what is not in sight
					continue
				}
				var p place
				p.X, p.Y = c.PixelCoordinateForPosition(at)
				p.W, p.H = c.PixelCoordinateForPosition(at.AddXY(o.Size().Width, o.Size().Height))
				p.W, p.H = p.W-p.X, p.H-p.Y
				widgets[name] = p
			}
		}
		w.events.event("where", "widgets", widgets)
	})
}
