//go:build cgo && !nogui

package main

import (
	"time"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/desktop"
)

// dropGrace is how long a drop on the window may take to arrive.
const dropGrace = 1500 * time.Millisecond

// onLostDrop makes f run, on Fyne's thread, when a drag ended in the window and brought nothing.
func (p *place) onLostDrop(f func()) { p.lostDrop = f }

// hearDrags listens to GLFW's events before Fyne does. Except on X11, every drop arrives.
func (p *place) hearDrags() {
	if p.lostDrop == nil || glfw.GetPlatform() != glfw.PlatformX11 {
		return
	}
	var drags desktop.Drags
	drags.Crossed(p.window.GetAttrib(glfw.Hovered) == glfw.True, 0, 0)
	dropped := 0
	var drop glfw.DropCallback
	drop = p.window.SetDropCallback(func(g *glfw.Window, names []string) {
		dropped++
		drop(g, names)
	})
	var moved glfw.CursorPosCallback
	moved = p.window.SetCursorPosCallback(func(g *glfw.Window, x, y float64) {
		drags.Moved(x, y, g.GetMouseButton(glfw.MouseButtonLeft) == glfw.Press)
		if moved != nil {
			moved(g, x, y)
		}
	})
	var crossed glfw.CursorEnterCallback
	crossed = p.window.SetCursorEnterCallback(func(g *glfw.Window, in bool) {
		x, y := g.GetCursorPos()
		if before := dropped; drags.Crossed(in, x, y) {
			time.AfterFunc(dropGrace, func() {
				defer crash.Catch()
				fyne.Do(func() {
					if dropped == before {
						p.lostDrop()
					}
				})
			})
		}
		if crossed != nil {
			crossed(g, in)
		}
	})
}
