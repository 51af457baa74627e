package ui

import (
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// withKeys says in a menu's entries, at their right, which keys do the same. Fyne would do that,
// in a colour that can't be read (a fifth of the text's), so the keys become a part of the label.
func withKeys(m *fyne.Menu) *fyne.Menu {
	measure := func(s string) float32 {
		return fyne.MeasureText(s, currentSize(theme.SizeNameText), fyne.TextStyle{}).Width
	}
	keys, widest := make([]string, len(m.Items)), float32(0)
	for i, item := range m.Items {
		width := measure(item.Label)
		if s, ok := item.Shortcut.(fyne.KeyboardShortcut); ok {
			keys[i] = keyWords(s, runtime.GOOS == "darwin")
			width += measure("      " + keys[i])
		}
		widest = max(widest, width)
	}
	space, hair := measure("a a")-measure("aa"), measure("a\u200aa")-measure("aa")
	for i, item := range m.Items {
		if keys[i] == "" {
			continue
		}
		room := widest - measure(item.Label) - measure(keys[i])
		spaces := int(room / space)
		hairs := 0
		if hair > 0 { // a font may have none
			hairs = int((room - float32(spaces)*space) / hair)
		}
		item.Label += strings.Repeat(" ", spaces) + strings.Repeat("\u200a", hairs) + keys[i]
		item.Shortcut = nil
	}
	return m
}

// keyWords says which keys a shortcut has: "Ctrl+Shift+O", on macOS "⇧⌘O".
func keyWords(s fyne.KeyboardShortcut, mac bool) string {
	words := ""
	for _, m := range []struct {
		modifier    fyne.KeyModifier
		words, sign string
	}{
		{fyne.KeyModifierControl, tr("Ctrl"), "⌃"},
		{fyne.KeyModifierAlt, tr("Alt"), "⌥"},
		{fyne.KeyModifierShift, tr("Shift"), "⇧"},
		{fyne.KeyModifierSuper, "Super", "⌘"},
	} {
		switch {
		case s.Mod()&m.modifier == 0:
		case mac:
			words += m.sign
		default:
			words += m.words + "+"
		}
	}
	return words + string(s.Key())
}
