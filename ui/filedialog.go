package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver"
)

// errNoDialog says that the desktop has no dialog for files.
var errNoDialog = errors.New("the desktop has no such dialog")

// ask opens a dialog of the desktop's own for files, which own does, blocking; where there is none, otherwise opens Fyne's. One that is
// open already is closed: it may be out of sight.
func (w *Window) ask(own func(ctx context.Context, parent string) error, otherwise func()) {
	if w.endChoice != nil {
		w.endChoice()
	}
	ctx, cancel := context.WithCancel(w.ctx)
	w.endChoice = cancel
	parent := portalName(w.window)
	w.inBackground(func(context.Context) {
		defer cancel()
		if err := own(ctx, parent); err != nil && ctx.Err() == nil {
			w.config.Log.Info("dialog", "error", err)
			w.do(otherwise)
		}
	})
}

// portalName is what the desktop's portal calls a window, so that its dialogs stand above it; empty where it has no name for it. Wayland has
// one that only its own library tells (xdg-foreign).
func portalName(window fyne.Window) (name string) {
	native, ok := window.(driver.NativeWindow)
	if !ok {
		return ""
	}
	native.RunNative(func(context any) {
		if x, ok := context.(driver.X11WindowContext); ok && x.WindowHandle != 0 {
			name = fmt.Sprintf("x11:%x", x.WindowHandle)
		}
	})
	return name
}

// fynesDialog is a dialog of Fyne's for files, while it is open.
type fynesDialog struct {
	dialog  *dialog.FileDialog
	overlay fyne.CanvasObject
}

// openFynes opens a dialog of Fyne's, as large as the window. One that is open already is closed.
func (w *Window) openFynes(d *dialog.FileDialog, title string) {
	if w.fynes != nil {
		w.fynes.dialog.Dismiss()
	}
	c := w.window.Canvas()
	d.SetTitleText(strings.TrimSuffix(title, "…"))
	d.SetOnClosed(func() { w.fynes = nil })
	d.Show()
	d.Resize(c.Size()) // not before: it has no size until it is shown
	w.fynes = &fynesDialog{d, c.Overlays().Top()}
}

// escape closes Fyne's dialog for files, or what that has opened above itself, and reports whether there was one. The dialog's widgets
// keep the key for themselves, so it has to be asked before they are.
func (w *Window) escape() bool {
	all := w.window.Canvas().Overlays()
	top := all.Top()
	switch {
	case w.fynes == nil, w.top != nil && top == w.top.overlay:
		return false
	case top == w.fynes.overlay:
		w.fynes.dialog.Dismiss()
	default:
		all.Remove(top)
	}
	return true
}
