package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// ShowProblem says in a small window why the program can't start, in the system's language, and
// blocks until that is closed. It belongs to the program's first goroutine, and takes the place of
// [New] and [Window.Run].
func ShowProblem(app fyne.App, why Notice) {
	_ = speak("") // else in English
	app.Settings().SetTheme(&calm{})
	app.SetIcon(appIcon())
	w := app.NewWindow(Title)
	w.SetPadded(false)
	w.SetContent(problemBox(why, app.Quit))
	w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape || e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
			app.Quit()
		}
	})
	w.Resize(fyne.NewSize(520, 0))
	w.CenterOnScreen()
	w.ShowAndRun()
}

// problemBox is what that window shows.
func problemBox(why Notice, quit func()) fyne.CanvasObject {
	closing := widget.NewButton(tr("Close"), quit)
	closing.Importance = widget.HighImportance
	head := newText(tr("The program can't start"), theme.ColorNameForeground,
		theme.SizeNameSubHeadingText)
	head.bold = true
	words := container.New(atLeast{fyne.NewSize(480, 0)}, notice("failed", theme.ColorNameError,
		colorErrorBg, why(translated)))
	return inset(18, 16, 20, 20, column(14, -1, head, words, line(8, 0, layout.NewSpacer(),
		closing)))
}
