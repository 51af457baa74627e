package ui

import (
	"slices"

	"fyne.io/fyne/v2"
)

// showMainMenu keeps the system's menu bar true, where the program has one there: it has the entries of the header's two menus. It is
// made anew only when its words are others.
func (w *Window) showMainMenu() {
	if !w.config.MenuBar {
		return
	}
	items := append(w.intake.menu().Items, fyne.NewMenuItemSeparator())
	items = append(items, w.windowMenu().Items...)
	if slices.EqualFunc(items, w.mainMenu, func(a, b *fyne.MenuItem) bool { return a.Label == b.Label && a.Checked == b.Checked }) {
		return
	}
	w.mainMenu = items
	w.window.SetMainMenu(fyne.NewMainMenu(fyne.NewMenu(tr("File"), items...)))
}
