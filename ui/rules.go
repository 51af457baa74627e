package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/show"
)

// ruled has the settings say beneath a choice, where that is so, that the administrator has decided
// about it.
func ruled(choice fyne.CanvasObject, decided bool) fyne.CanvasObject {
	if !decided {
		return choice
	}
	return column(0, -1, choice, byAdministrator(tr("Set by your administrator")))
}

// fixed shows what the administrator has set in an entry's place; the entry where that is nothing.
func (v *settingsView) fixed(entry fyne.CanvasObject, set string) fyne.CanvasObject {
	if set == "" {
		return entry
	}
	return ruled(v.newCutText(show.Text(set), theme.ColorNameForeground, theme.SizeNameText), true)
}

// atMost says beneath the entry of the highest speed which one the administrator has set; 0 is none.
func (v *settingsView) atMost(entry fyne.CanvasObject, rate int64) fyne.CanvasObject {
	if rate == 0 {
		return entry
	}
	return column(0, -1, entry, byAdministrator(tr("At most {{.Speed}}, set by your administrator",
		values("Speed", speedWords(float64(rate))))))
}

func byAdministrator(words string) fyne.CanvasObject {
	return newText(words, colorMuted, theme.SizeNameCaptionText)
}
