package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/source"
)

// reviewDocuments is what a review offers to send last, beside the files.
type reviewDocuments struct {
	box      *fyne.Container
	manifest *sheetCheck
	message  *button
}

// offerDocuments offers a list of checksums and a message. Nothing else can go with a token for one
// file.
func (d *reviewDialog) offerDocuments() fyne.CanvasObject {
	box := column(2, -1)
	if d.config.Documents == nil || d.inboxes.token.Inbox.Blob != "" {
		box.Hide()
		return box
	}
	o := &reviewDocuments{box: box}
	o.manifest = d.newSheetCheck(tr("Add a list of checksums (SHA256SUMS)"), nil)
	o.manifest.Checked = d.settings.Manifest
	o.message = d.newButtonWithIcon("", icon("message", theme.ColorNameForeground), d.writeMessage)
	o.message.Importance, o.message.Alignment = widget.LowImportance, widget.ButtonAlignLeading
	d.documents = o
	d.showMessage()
	box.Add(line(0, -1, o.manifest)) // no wider than its words, which take the clicks
	box.Add(line(0, -1, o.message))
	return box
}

// showMessage says on the button what was written.
func (d *reviewDialog) showMessage() {
	words := tr("Message to the workspace…")
	if d.note.Text != "" {
		const most = 40 // more would not fit into a narrow window
		first, rest, _ := strings.Cut(d.note.Text, "\n")
		if r := []rune(first); len(r) > most || rest != "" {
			first = string(r[:min(len(r), most)]) + "…"
		}
		words = tr("Message: “{{.Text}}”", values("Text", show.Text(first)))
	}
	d.documents.message.SetText(words)
}

// documentOptions is what goes with the files.
func (d *reviewDialog) documentOptions(o *ledger.AddOptions) {
	if d.documents == nil || d.watching() {
		return
	}
	if d.documents.manifest.Checked {
		o.Manifest = source.SHA256
	}
	o.Note = d.note
}

// keepDocuments remembers whether a list of checksums was wanted.
func (d *reviewDialog) keepDocuments() {
	if d.documents == nil || d.documents.manifest.Checked == d.settings.Manifest {
		return
	}
	d.settings.Manifest = d.documents.manifest.Checked
	d.settings.changed()
}

// writeMessage asks for the message.
func (d *reviewDialog) writeMessage() {
	text := d.newSheetEntry(tr("such as: Run 7 is complete. Lane 3 was repeated."), nil)
	text.MultiLine, text.Wrapping = true, fyne.TextWrapWord
	text.SetMinRowsVisible(4)
	text.SetText(d.note.Text)
	from := d.newSheetEntry(tr("your name or team"), nil)
	from.SetText(d.note.From)
	var note ledger.Note
	q := d.ask(tr("Message to the workspace"), tr("Add the message"), text, func() string {
		note = ledger.Note{
			Text: strings.TrimSpace(text.Text), From: strings.TrimSpace(from.Text),
		}
		return d.messageProblem(note)
	}, func() {
		if note.Text == "" {
			note = ledger.Note{} // nobody writes nothing
		}
		d.note = note
		d.showMessage()
		d.sheet.overlay.Refresh()
		d.window.Canvas().Focus(d.send)
	}, small(tr("The message goes last, in a delivery note that also lists what was delivered and "+
		"what was not. Everyone who can read the inbox can read it.")),
		text, newText(tr("From"), colorMuted, theme.SizeNameText), from)
	q.sheet.tag("message", text)
	q.sheet.tag("message_from", from)
	q.sheet.tag("message_use", q.use)
}

// messageProblem says why a message can't be sent; empty where it can.
func (d *reviewDialog) messageProblem(n ledger.Note) string {
	secret := d.config.HasSecret
	switch {
	case documents.TooLong(n):
		return trn("A message has at most {{.N}} characters.", documents.LongestNote)
	case secret != nil && (secret(n.Text) || secret(n.From)):
		return tr("There is a token in the message, which others will read. Leave it out.")
	}
	return ""
}
