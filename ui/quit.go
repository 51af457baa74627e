package ui

import (
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// quitAsked ends the program. It asks only while something is being sent or watched.
func (w *Window) quitAsked() {
	if w.last.status.Busy == 0 && !w.watched.watches() {
		w.quit()
		return
	}
	w.tray.reveal()
	title, words := tr("Files are being sent"), trn(
		"{{.N}} files are not in the inbox yet. What is there stays there.",
		unfinished(&w.last.status))
	watching := tr("Watching stops until you start Inbox Uploader again. Files that appear in the " +
		"meantime are found then.")
	switch {
	case w.last.status.Busy == 0:
		title, words = tr("Folders are being watched"), watching
	case w.watched.watches():
		words = join(words, watching)
	}
	stay := w.newButton(tr("Keep uploading"), nil)
	if w.last.status.Busy == 0 {
		stay.SetText(tr("Keep watching"))
	}
	quit := w.newButton(tr("Quit"), w.quit)
	quit.Importance = widget.HighImportance
	s := w.openSheet(title, 480, inset(0, 12, 8, 14, wrapped(words)), stay, quit)
	s.tag("stay", stay)
	s.tag("quit", quit)
	stay.OnTapped = s.close
	w.window.Canvas().Focus(stay)
	w.events.event("told", "title", title,
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
