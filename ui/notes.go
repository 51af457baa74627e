package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

const (
	// mostOfANote is how many characters of a sender's message are shown.
	mostOfANote = 2000
	// notesShown is how many notes are shown.
	notesShown = 50
)

// openNotes shows the senders' delivery notes, all of which is their word.
func (v *arrivedView) openNotes() {
	all := column(12, -1, small(tr("This is what the senders say. Nobody has checked it; “Verify” "+
		"compares it with what is in the inbox.")))
	for i, n := range v.arrived.Notes {
		if i == notesShown {
			all.Add(small(trn("{{.N}} more notes are in the inbox.",
				int64(len(v.arrived.Notes)-notesShown))))
			break
		}
		all.Add(card(v.noteCard(n)))
	}
	for _, name := range v.arrived.Unread {
		all.Add(small(unreadWords(name)))
	}
	closing := v.newButton(tr("Close"), nil)
	with := v.newButton(tr("Verify against the notes"), nil)
	with.Importance = widget.HighImportance
	s := v.openSheet(tr("Notes of the senders"), 640, inset(0, 12, 8, 14, all), closing, with)
	s.tag("cancel", closing)
	s.tag("verify", with)
	s.take = func(files []given) { v.verifyGiven(pathsOf(files)) }
	closing.OnTapped = s.close
	s.closed = func() { v.back(v.notes) }
	with.OnTapped = func() {
		s.close()
		v.compare(nil)
	}
	v.window.Canvas().Focus(closing)
	v.events.event("notes", "notes", len(v.arrived.Notes))
}

// noteCard shows one note.
func (v *arrivedView) noteCard(n workspace.Note) fyne.CanvasObject {
	value := func(words string) fyne.CanvasObject {
		return v.newCutText(words, theme.ColorNameForeground, theme.SizeNameText)
	}
	says := tr("complete")
	switch {
	case n.NotDelivered > 0:
		says = trn("{{.N}} files were not delivered", n.NotDelivered)
	case !n.Complete:
		says = tr("not complete")
	}
	var rows []any
	if n.From != "" {
		rows = append(rows, tr("From"), value(show.Text(cutNote(n.From))))
	}
	if !n.Written.IsZero() {
		rows = append(rows, tr("Written"), value(date(n.Written)))
	}
	rows = append(rows,
		tr("Delivered"), value(files(n.Files)+" · "+amount(n.Bytes)),
		tr("It says"), value(says),
		tr("Note"), value(show.Text(n.Name)))
	box := container.NewVBox(pairs(rows...))
	if n.Message != "" {
		var lines []string
		for text := range strings.Lines(cutNote(n.Message)) {
			lines = append(lines, show.Text(strings.TrimRight(text, "\r\n")))
		}
		words := wrapped(strings.Join(lines, "\n"))
		words.Wrapping = fyne.TextWrapBreak // a sender's word may be longer than a line
		box.Add(inset(4, 0, -8, -8, words))
	}
	return box
}

// cutNote shortens a text of a sender's.
func cutNote(text string) string {
	if all := []rune(text); len(all) > mostOfANote {
		return string(all[:mostOfANote]) + "…"
	}
	return text
}

// unreadWords says that a paper in the inbox could not be read.
func unreadWords(name string) string {
	return tr("“{{.Name}}” in the inbox is no note or list that can be read, or is too long, so "+
		"what it says was not compared.", values("Name", show.Text(name)))
}
