//go:build cgo && !nogui

package main

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// place is the window's position on the screen, which Fyne neither reads nor sets, and the events
// that reach the window before Fyne. It asks GLFW, whose window it finds while Fyne draws into it.
// It belongs to Fyne's thread.
type place struct {
	window *glfw.Window // nil before the window was drawn
	wanted *image.Point // where it is to stand once it is drawn
	// lostDrop is called when something dropped on the window did not arrive; it may be nil.
	lostDrop func()
	escape   func() bool // is called for Esc, and reports whether it was meant; nil: nothing is
}

// Mark returns what has to be drawn with the window: nothing that could be seen.
func (p *place) Mark() fyne.CanvasObject {
	mark := canvas.NewRaster(func(int, int) image.Image {
		if p.window == nil {
			p.window = glfw.GetCurrentContext()
			p.hearEscape()
			p.hearDrags()
			if to := p.wanted; to != nil {
				fyne.Do(func() { p.Move(*to) }) // not while it is being drawn
			}
		}
		return image.NewAlpha(image.Rect(0, 0, 1, 1))
	})
	mark.Resize(fyne.NewSize(1, 1))
	return mark
}

// Where returns the top left corner of what the window shows; false where the desktop keeps it for
// itself, as Wayland does, or where it is not of the person's choice.
func (p *place) Where() (image.Point, bool) {
	if p.window == nil || glfw.GetPlatform() == glfw.PlatformWayland || p.filled() {
		return image.Point{}, false
	}
	x, y := p.window.GetPos()
	return image.Pt(x, y), true
}

// Move moves the window, unless its title would then be on no screen, such as one that was
// unplugged.
func (p *place) Move(to image.Point) {
	if p.window == nil {
		p.wanted = &to
		return
	}
	if glfw.GetPlatform() == glfw.PlatformWayland || p.filled() {
		return
	}
	width, _ := p.window.GetSize()
	for _, m := range glfw.GetMonitors() {
		x, y, w, h := m.GetWorkarea()
		if to.Add(image.Pt(width/2, 0)).In(image.Rect(x, y, x+w, y+h)) {
			p.window.SetPos(to.X, to.Y)
			return
		}
	}
}

// onEscape makes f run for Esc before Fyne sees it: Fyne passes keys only to the widget with the
// keyboard focus.
func (p *place) onEscape(f func() bool) { p.escape = f }

func (p *place) hearEscape() {
	if p.window == nil || p.escape == nil {
		return
	}
	var fynes glfw.KeyCallback
	fynes = p.window.SetKeyCallback(
		func(g *glfw.Window, key glfw.Key, code int, action glfw.Action, mods glfw.ModifierKey) {
			if key == glfw.KeyEscape && action == glfw.Press && p.escape() {
				return
			}
			fynes(g, key, code, action, mods)
		},
	)
}

// filled reports whether the window fills the screen, or is an icon.
func (p *place) filled() bool {
	return p.window.GetAttrib(glfw.Maximized) == glfw.True ||
		p.window.GetAttrib(glfw.Iconified) == glfw.True
}
