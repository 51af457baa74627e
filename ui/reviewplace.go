package ui

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/scan"
)

// reviewPlace is where in the inbox a review puts what it sends.
type reviewPlace struct {
	folder   string // with slashes; empty: the inbox itself
	contents bool   // without the own names of the folders that were given
}

// heading says where everything goes, and lets the person choose another folder, where the token
// is not for one file alone.
func (d *reviewDialog) heading() fyne.CanvasObject {
	inbox := d.inboxes.token.Inbox
	words := tr("to {{.Inbox}}", values("Inbox", d.inboxes.called(inbox)))
	if d.place.folder != "" {
		words += " · " + show.Text(d.place.folder)
	}
	if until := countdownOf(d.inboxes.token, d.config.Now()).until; until != "" {
		words += " · " + tr("token {{.Until}}", values("Until", until))
	}
	where := d.newCutText(words, colorMuted, theme.SizeNameText)
	where.parts = true
	if inbox.Blob != "" {
		return where
	}
	d.choosing = d.newButtonWithIcon(tr("Folder in the inbox…"), icon("folder",
		theme.ColorNameForeground), d.choosePlace)
	d.choosing.Importance = widget.LowImportance
	return line(8, 0, where, d.choosing)
}

// choosePlace asks for the folder, and reviews all of it anew with that.
func (d *reviewDialog) choosePlace() {
	entry := d.newSheetEntry(tr("such as project/run 7"), nil)
	entry.SetText(d.place.folder)
	contents := d.newSheetCheck(tr("Leave out the names of the folders that you gave"), nil)
	contents.Checked = d.place.contents
	var chosen reviewPlace
	q := d.ask(tr("Folder in the inbox"), tr("Use this folder"), entry, func() string {
		chosen = reviewPlace{
			folder:   strings.Trim(strings.TrimSpace(filepath.ToSlash(entry.Text)), "/"),
			contents: contents.Checked,
		}
		o := scan.Options{Inbox: d.inboxes.token.Inbox, Folder: chosen.folder}
		if err := o.Check(); err != nil {
			return explain(err).String()
		}
		return ""
	}, func() {
		if chosen != d.place {
			d.goOn(d.given, chosen)
		}
	}, small(tr("Everything that you send now gets into this folder of the inbox. It appears with "+
		"the first file in it.")), entry, contents)
	q.sheet.tag("place", entry)
	q.sheet.tag("place_contents", contents)
	q.sheet.tag("place_use", q.use)
	entry.OnSubmitted = func(string) { q.use.OnTapped() }
}

// reviewQuestion is a sheet above the review that asks for something.
type reviewQuestion struct {
	sheet *sheet
	use   *button
}

// ask opens one. What the person enters is checked: words of what is wrong with it are shown, and
// first gets the keyboard again; else the sheet is closed and taken called.
func (d *reviewDialog) ask(
	title, use string, first fyne.Focusable, check func() (wrong string), taken func(),
	rows ...fyne.CanvasObject,
) reviewQuestion {
	wrong := wrapped("")
	wrong.Importance = widget.DangerImportance
	wrong.Hide()
	cancel := d.newButton(tr("Cancel"), nil)
	q := reviewQuestion{use: d.newButton(use, nil)}
	q.use.Importance = widget.HighImportance
	q.sheet = d.openSheet(title, 480, inset(0, 12, 8, 14, column(8, -1, append(rows, wrong)...)),
		cancel, q.use)
	q.sheet.tag("cancel", cancel)
	cancel.OnTapped = q.sheet.close
	q.use.OnTapped = func() {
		if words := check(); words != "" {
			wrong.SetText(words)
			wrong.Show()
			q.sheet.overlay.Refresh()
			d.window.Canvas().Focus(first)
			return
		}
		q.sheet.close()
		taken()
	}
	d.window.Canvas().Focus(first)
	return q
}

// goOn reviews these in the place of what was reviewed, which is not cancelled thereby.
func (d *reviewDialog) goOn(all []given, at reviewPlace) {
	d.intake.missed += d.missed
	d.keepChoice()
	d.sent = true
	d.sheet.close()
	d.again(all, at, nil)
}

// relLength is how long [scan.Found.Rel] is before what lies below a root.
func (p reviewPlace) relLength(root given) int {
	n := len(filepath.Base(root.path))
	if p.contents && root.folder {
		n = -1 // there is no slash either
	}
	if p.folder != "" {
		n += len(p.folder) + 1
	}
	return n
}
