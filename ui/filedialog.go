package ui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver"
	"fyne.io/fyne/v2/storage"
)

// errNoDialog says that the desktop has no file dialog.
var errNoDialog = errors.New("the desktop has no such dialog")

// fileDialogs opens file dialogs: the desktop's own, or else Fyne's. At most one is open.
type fileDialogs struct {
	*screen
	end context.CancelFunc // closes the desktop's, while one is open; may be nil
}

// open opens the desktop's own dialog with own, which blocks. If the desktop has none, otherwise
// opens Fyne's. An open dialog is closed first: it may be out of sight.
func (fd *fileDialogs) open(own func(ctx context.Context, parent string) error, otherwise func()) {
	if fd.end != nil {
		fd.end()
	}
	ctx, cancel := context.WithCancel(fd.ctx)
	fd.end = cancel
	parent := portalName(fd.window)
	fd.inBackground(func(context.Context) {
		defer cancel()
		if err := own(ctx, parent); err != nil && ctx.Err() == nil {
			fd.config.Log.Info("dialog", "error", err)
			fd.do(otherwise)
		}
	})
}

// saveAs asks where to save a file of that name, and calls to with the path. folder returns where
// the dialog starts and may block. failed is called if Fyne's dialog fails.
func (fd *fileDialogs) saveAs(
	title, name string, folder func() string, to func(path string), failed func(error),
) {
	at := ""
	fd.open(func(ctx context.Context, parent string) error {
		at = folder()
		if fd.config.Desktop.Save == nil {
			return errNoDialog
		}
		path, err := fd.config.Desktop.Save(ctx, parent, strings.TrimSuffix(title, "…"), at, name)
		if path != "" && err == nil {
			fd.do(func() { to(path) })
		}
		return err
	}, func() { fd.fynesSaveAs(title, name, at, to, failed) })
}

// choose lets the person choose files, or folders, and calls to with their paths unless nothing was
// chosen. Fyne's own dialog picks one.
func (fd *fileDialogs) choose(title string, folders bool, to func(paths []string)) {
	fd.open(func(ctx context.Context, parent string) error {
		if fd.config.Desktop.Choose == nil {
			return errNoDialog
		}
		paths, err := fd.config.Desktop.Choose(ctx, parent, strings.TrimSuffix(title, "…"), folders)
		if len(paths) > 0 && err == nil {
			fd.do(func() { to(paths) })
		}
		return err
	}, func() { fd.fynesChoose(title, folders, to) })
}

// fynesChoose is Fyne's dialog for choose.
func (fd *fileDialogs) fynesChoose(title string, folder bool, to func(paths []string)) {
	chosen := func(u fyne.URI) { to([]string{filepath.FromSlash(u.Path())}) }
	if folder {
		fd.openFynes(dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
			if err == nil && u != nil {
				chosen(u)
			}
		}, fd.window), title)
		return
	}
	fd.openFynes(dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return
		}
		_ = f.Close() // only its name is wanted
		chosen(f.URI())
	}, fd.window), title)
}

// fynesSaveAs is Fyne's dialog for saveAs.
func (fd *fileDialogs) fynesSaveAs(
	title, name, folder string, to func(path string), failed func(error),
) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			failed(err)
		case f != nil:
			path := f.URI().Path()
			_ = f.Close() // only its name is wanted
			to(filepath.FromSlash(path))
		}
	}, fd.window)
	d.SetFileName(name)
	if at, err := storage.ListerForURI(storage.NewFileURI(folder)); folder != "" && err == nil {
		d.SetLocation(at)
	}
	fd.openFynes(d, title)
}

// portalName is the desktop portal's name of a window, so that dialogs open above it; empty if
// there is none. On Wayland only its own library tells the name (xdg-foreign).
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

// fynesDialog is an open file dialog of Fyne's.
type fynesDialog struct {
	dialog  *dialog.FileDialog
	overlay fyne.CanvasObject
}

// openFynes opens a dialog of Fyne's, as large as the window. It closes an open one first.
func (fd *fileDialogs) openFynes(d *dialog.FileDialog, title string) {
	if fd.fynes != nil {
		fd.fynes.dialog.Dismiss()
	}
	c := fd.window.Canvas()
	d.SetTitleText(strings.TrimSuffix(title, "…"))
	d.SetOnClosed(func() { fd.fynes = nil })
	d.Show()
	d.Resize(c.Size()) // not before: it has no size until it is shown
	fd.fynes = &fynesDialog{d, c.Overlays().Top()}
}

// escape closes Fyne's file dialog, or whatever that has opened above itself, and reports whether
// there was one. The dialog's widgets don't pass the key on, so escape must get it before them.
func (fd *fileDialogs) escape() bool {
	all := fd.window.Canvas().Overlays()
	top := all.Top()
	switch {
	case fd.fynes == nil, fd.top != nil && top == fd.top.overlay:
		return false
	case top == fd.fynes.overlay:
		fd.fynes.dialog.Dismiss()
	default:
		all.Remove(top)
	}
	return true
}
