package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"inboxuploader/uploader/ledger"
)

// addShortcuts makes everything work from the keyboard. Keys without Ctrl count only where nothing takes text.
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
	ctrl := func(key fyne.KeyName, shift fyne.KeyModifier, f func()) {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | shift}, func(fyne.Shortcut) {
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
		w.commands.removeAsked(w.queue.list.chosen())
	}
}

// togglePause pauses what is selected, or all, or lets it go on.
func (cm *commands) togglePause() {
	l := cm.queue.list
	if j, ok := l.job(l.at); ok && len(l.selected) > 0 {
		verb := ledger.Pause
		if j.State == ledger.Paused {
			verb = ledger.Resume
		}
		cm.run(ledger.Command{Verb: verb, Jobs: l.chosen()})
		return
	}
	if going(&cm.last.status) > 0 {
		cm.pauseAll()
	} else {
		cm.resumeAll()
	}
}

// windowMenu is what can be done at any time, besides what has a button.
func (w *Window) windowMenu() *fyne.Menu {
	item := func(words string, f func()) *fyne.MenuItem { return fyne.NewMenuItem(words, f) }
	items := append(w.inboxes.items(), item(tr("Paste token…"), w.tokens.paste))
	items = append(items, w.issuing.items()...)
	if w.config.Practice != nil && w.practice.inbox == nil {
		items = append(items, item(tr("Try the practice inbox"), w.practice.begin))
	}
	items = append(items, fyne.NewMenuItemSeparator())
	if w.config.LogPath != "" {
		items = append(items, item(tr("Log…"), w.openLog))
	}
	items = append(items, item(tr("Settings…"), w.options.open), item(tr("About"), w.openAbout),
		fyne.NewMenuItemSeparator(), item(tr("Quit"), w.quitAsked))
	return fyne.NewMenu("", items...)
}
