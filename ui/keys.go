package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// addShortcuts makes everything work from the keyboard. Keys without Ctrl count only where nothing
// takes text.
func (w *Window) addShortcuts() {
	c := w.window.Canvas()
	c.AddShortcut(&fyne.ShortcutPaste{}, func(fyne.Shortcut) {
		if !w.asking() {
			w.intake.pasted()
		}
	})
	c.AddShortcut(&fyne.ShortcutSelectAll{}, func(fyne.Shortcut) {
		if !w.asking() && w.queue.box.Visible() {
			w.queue.list.selectAll()
		}
	})
	c.AddShortcut(&fyne.ShortcutUndo{}, func(fyne.Shortcut) {
		if !w.asking() {
			w.commands.putBack()
		}
	})
	ctrl := func(key fyne.KeyName, shift fyne.KeyModifier, f func()) {
		c.AddShortcut(withCtrl(key, shift), func(fyne.Shortcut) {
			if !w.asking() {
				f()
			}
		})
	}
	ctrl(fyne.KeyO, 0, w.intake.chooseFiles)
	ctrl(fyne.KeyO, fyne.KeyModifierShift, w.intake.chooseFolder)
	ctrl(fyne.KeyR, 0, w.commands.retryAll)
	ctrl(fyne.KeyF, 0, func() { w.window.Canvas().Focus(w.queue.search) })
	ctrl(fyne.KeyQ, 0, w.quitAsked)
	ctrl(fyne.KeyComma, 0, w.options.open)
	c.SetOnTypedRune(w.typedRune)
	c.SetOnTypedKey(w.typedKey)
}

// withCtrl is a key that is pressed together with Ctrl, ⌘ on macOS, and perhaps Shift.
func withCtrl(key fyne.KeyName, shift fyne.KeyModifier) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{
		KeyName:  key,
		Modifier: fyne.KeyModifierShortcutDefault | shift,
	}
}

// typedRune takes characters that nothing else wants.
func (w *Window) typedRune(r rune) {
	if w.asking() {
		return
	}
	switch r {
	case 'o':
		w.intake.chooseFiles()
	case 'O':
		w.intake.chooseFolder()
	case ',':
		w.options.open()
	}
}

// typedKey takes keys that nothing else wants.
func (w *Window) typedKey(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyEscape && w.top != nil:
		w.top.close()
	case w.asking() || !w.queue.box.Visible():
	case e.Name == fyne.KeySpace:
		w.commands.togglePause()
	case e.Name == fyne.KeyDelete && len(w.queue.list.selected) > 0:
		w.commands.remove(w.queue.list.chosen())
	}
}
