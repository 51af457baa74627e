package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// tableBox shows names with a sign, and below each what there is to say of it.
type tableBox struct {
	screen *screen
	box    *fyne.Container
}

func newTableBox(sc *screen) *tableBox { return &tableBox{sc, column(0, -1)} }

func (t *tableBox) clear() { t.box.RemoveAll() }

// add adds a name and what there is to say of it.
func (t *tableBox) add(sign string, color fyne.ThemeColorName, name, words string) {
	t.box.Add(inset(4, 4, 0, 0, column(0, -1,
		line(6, 1, signOf(sign, color),
			t.screen.newCutText(name, theme.ColorNameForeground, theme.SizeNameText)),
		inset(0, 0, 22, 0, small(words)))))
}

// say adds a line of its own.
func (t *tableBox) say(words string) { t.box.Add(small(words)) }
