package ui

import (
	"slices"

	"fyne.io/fyne/v2"
)

// menus are the window's menu and, where the system has a menu bar, the one there. They belong to
// Fyne's goroutine.
type menus struct {
	*screen
	inboxes  *inboxView
	tokens   *tokenView
	intake   *intake
	issuing  *issuing
	practice *practiceView
	options  *settingsView

	connection *connectionView
	watched    *watchView
	history    *history
	quit       func() // asks first while something is being sent

	shown []*fyne.MenuItem // in the system's menu bar
}

// all is what can be done at any time, besides what has a button.
func (m *menus) all() *fyne.Menu {
	item := func(words string, f func()) *fyne.MenuItem { return fyne.NewMenuItem(words, f) }
	items := append(m.inboxes.choices(), m.tokens.pasteItem())
	items = append(items, m.issuing.items()...)
	if m.config.Practice != nil && m.practice.inbox == nil {
		items = append(items, item(tr("Try the practice inbox"), m.practice.begin))
	}
	if len(m.watched.folders) > 0 {
		items = append(items, item(tr("Watched folders…"), m.watched.open))
	}
	items = append(items, m.inboxes.manage()...)
	items = append(items, fyne.NewMenuItemSeparator(), item(tr("History…"), m.history.open))
	if m.config.LogPath != "" {
		items = append(items, item(tr("Log…"), m.openLog))
	}
	if m.connection.offered() {
		items = append(items, item(tr("Test the connection…"), func() { m.connection.open("") }))
	}
	settings, quit := item(tr("Settings…"), m.options.open), item(tr("Quit"), m.quit)
	settings.Shortcut, quit.Shortcut = withCtrl(fyne.KeyComma, 0), withCtrl(fyne.KeyQ, 0)
	items = append(items, settings, item(tr("About"), m.openAbout), fyne.NewMenuItemSeparator(),
		quit)
	return fyne.NewMenu("", items...)
}

// showInBar keeps the system's menu bar true, where the program has one there: it has the entries
// of the header's two menus. It is made anew only when its words are others.
func (m *menus) showInBar() {
	if !m.config.MenuBar {
		return
	}
	items := append(m.intake.menu().Items, fyne.NewMenuItemSeparator())
	items = append(items, m.all().Items...)
	if slices.EqualFunc(items, m.shown,
		func(a, b *fyne.MenuItem) bool { return a.Label == b.Label && a.Checked == b.Checked }) {
		return
	}
	m.shown = items
	for _, item := range items {
		m.inBar(item)
	}
	m.window.SetMainMenu(fyne.NewMainMenu(fyne.NewMenu(tr("File"), items...)))
}

// inBar makes an entry one of the system's menu bar, whose keys reach it before the window has
// them: Paste is for whatever has the keyboard, the others rest while something is asked.
func (m *menus) inBar(item *fyne.MenuItem) {
	if _, pastes := item.Shortcut.(*fyne.ShortcutPaste); pastes {
		item.Shortcut = nil
	}
	if do := item.Action; item.Shortcut != nil {
		item.Action = func() {
			if !m.asking() {
				do()
			}
		}
	}
}
