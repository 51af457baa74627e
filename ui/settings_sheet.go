package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// openSettings lets the person change what the window remembers. What is changed holds at once; there is nothing to confirm.
func (w *Window) openSettings() {
	s := &w.settings
	appearances := []Appearance{AppearanceSystem, AppearanceLight, AppearanceDark}
	look := choice([]string{tr("As the system"), tr("Light"), tr("Dark")}, indexOf(appearances, s.Appearance), func(i int) {
		s.Appearance = appearances[i]
		w.applySettings()
		w.settingsChanged()
	})
	scales := []float32{0.9, 1, 1.15, 1.3, 1.6}
	if s.TextScale == 0 {
		s.TextScale = 1
	}
	size := choice([]string{tr("Small"), tr("Normal"), tr("Large"), tr("Larger"), tr("Largest")}, indexOf(scales, s.TextScale), func(i int) {
		s.TextScale = scales[i]
		w.applySettings()
		w.settingsChanged()
	})
	check := func(words string, on *bool) fyne.CanvasObject {
		c := widget.NewCheck(words, nil)
		c.Checked = *on
		c.OnChanged = func(v bool) {
			*on = v
			w.settingsChanged()
		}
		return c
	}
	exclude := widget.NewEntry()
	exclude.SetPlaceHolder(tr("*.tmp; old/**"))
	exclude.SetText(strings.Join(s.Exclude, "; "))
	exclude.OnChanged = func(text string) {
		s.Exclude = nil
		for _, p := range strings.Split(text, ";") {
			if p = strings.TrimSpace(p); p != "" {
				s.Exclude = append(s.Exclude, p)
			}
		}
		w.settingsChanged()
	}
	form := container.New(layout.NewFormLayout(),
		label(tr("Appearance")), look,
		label(tr("Size of text")), size,
		label(tr("Never send")), exclude)
	body := inset(0, 12, 8, 14, column(0, -1, form,
		check(tr("Keep the computer awake while sending"), &s.StayAwake),
		check(tr("Replace files that are already in the inbox"), &s.Replace),
		check(tr("Send what links point to"), &s.FollowSymlinks),
		check(tr("Send system files too, such as Thumbs.db"), &s.SendJunk)))
	closing := widget.NewButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	sheet := w.openSheet(tr("Settings"), 560, body, closing)
	sheet.name("cancel", closing)
	closing.OnTapped = sheet.close
	w.window.Canvas().Focus(closing)
}

func label(words string) fyne.CanvasObject {
	return inset(9, 0, 0, 12, newText(words, theme.ColorNameForeground, theme.SizeNameText))
}

// choice is a list of words of which one holds.
func choice(words []string, chosen int, changed func(int)) *widget.Select {
	s := widget.NewSelect(words, nil)
	if chosen >= 0 {
		s.SetSelectedIndex(chosen)
	}
	s.OnChanged = func(string) { changed(s.SelectedIndex()) }
	return s
}

// indexOf is the position of a value, 0 where it is none of them.
func indexOf[T comparable](all []T, x T) int {
	for i := range all {
		if all[i] == x {
			return i
		}
	}
	return 0
}
