package ui

import (
	"fyne.io/fyne/v2"
)

// reviewWatch is a review's choice to watch its folders.
type reviewWatch struct {
	box  *sheetCheck
	note fyne.CanvasObject // what that means
}

// offerToWatch asks whether the folders that were given are to be watched from now on.
func (d *reviewDialog) offerToWatch() fyne.CanvasObject {
	n := int64(0)
	for _, g := range d.given {
		if g.folder {
			n++
		}
	}
	box := column(0, -1)
	if n == 0 || !d.watched.canWatch(d.inboxes.token.Inbox) {
		box.Hide()
		return box
	}
	w := &reviewWatch{}
	w.note = small(tr("Files are sent once they have been unchanged for {{.Time}}: those that are there "+
		"now, and those that appear while Inbox Uploader runs, also from its tray.",
		values("Time", duration(d.settings.settle()))))
	w.note.Hide()
	w.box = d.newSheetCheck(trn("Keep sending these {{.N}} folders", n), func(on bool) {
		visible(w.note, on)
		if d.documents != nil { // there is no end that they could go with
			visible(d.documents.box, !on)
		}
		d.show(d.found)
		d.sheet.overlay.Refresh()
		if on {
			d.scrollTo(w.note)
		}
	})
	d.watch = w
	box.Add(line(0, -1, w.box)) // no wider than its words, which take the clicks
	box.Add(inset(-4, 0, 30, 0, w.note))
	return box
}

// watching reports whether the folders are to be watched.
func (d *reviewDialog) watching() bool { return d.watch != nil && d.watch.box.Checked }

// startWatching watches the folders, which also sends the files already in them, and sends the
// single files of the review.
func (d *reviewDialog) startWatching() {
	d.keepChoice()
	var others []given
	for _, g := range d.given {
		if !g.folder {
			others = append(others, g)
			continue
		}
		d.watched.keep(WatchedFolder{
			Path: g.path, Inbox: d.inboxes.token.Inbox, Folder: d.place.folder,
			Contents: d.place.contents, Replace: d.settings.Replace, KeepBoth: d.settings.KeepBoth,
		})
	}
	if d.record != nil {
		d.record.Stop()
	}
	if len(others) == 0 {
		d.sent = true
		d.sheet.close()
		return
	}
	d.given, d.paths, d.record = others, nil, nil
	for _, g := range others {
		d.paths = append(d.paths, g.path)
	}
	d.startSending()
}
