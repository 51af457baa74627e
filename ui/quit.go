package ui

import (
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// quitAsked ends the program. It asks only while something is being sent.
func (w *Window) quitAsked() {
	if w.last.status.Busy == 0 {
		w.quit()
		return
	}
	w.tray.reveal()
	stay := w.newButton(tr("Keep uploading"), nil)
	quit := w.newButton(tr("Quit"), w.quit)
	quit.Importance = widget.HighImportance
	s := w.openSheet(tr("Files are being sent"), 480, inset(0, 12, 8, 14, wrapped(
		trn("{{.N}} files are not in the inbox yet. What is there stays there.",
			unfinished(&w.last.status)))), stay, quit)
	s.tag("stay", stay)
	s.tag("quit", quit)
	stay.OnTapped = s.close
	w.window.Canvas().Focus(stay)
	w.events.event("told", "title", tr("Files are being sent"),
		"delivered", w.last.status.Files[ledger.Delivered])
}

// quit ends the program, and takes an upload token that was copied from the clipboard, which
// nothing would do later.
func (w *Window) quit() {
	w.copied.clear()
	w.settings.keepPlace()
	w.quitOnce.Do(func() { close(w.quitting) })
	w.app.Quit()
}
