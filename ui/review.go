package ui

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uplink"
)

const (
	// mostRoots and mostNamed bound what a review lists by name.
	mostRoots = 8
	mostNamed = 100
)

// reviewView shows what would be sent and sends it. It belongs to Fyne's goroutine.
type reviewView struct {
	*screen
	settings *keptSettings
	inboxes  *inboxView
	intake   *intake
	notifier *notifier
	watched  *watchView
	note     ledger.Note // the message written in the open review
}

// reviewDialog shows what would be sent, before anything is sent.
type reviewDialog struct {
	*reviewView
	sheet  *sheet
	paths  []string
	given  []given
	place  reviewPlace
	missed int // given items that don't exist on this computer
	found  found
	record *scan.Record // of the scan; nil before it begins
	counts *text
	sizes  []*text         // of the listed roots
	list   *fyne.Container // the roots
	notes  *fyne.Container
	choice *sheetRadio
	watch  *reviewWatch // nil if nothing can be watched
	// documents can go with the files; nil if none can.
	documents *reviewDocuments
	send      *button
	// choosing asks for another folder of the inbox; nil if there is no choice.
	choosing *button
	sent     bool
	handed   bool // the record belongs to the queue, which ends it
	// refused is why the files could not be added; nil before it was tried.
	refused error
}

// open counts the files below the paths and asks whether to send them.
func (v *reviewView) open(all []given) {
	v.note = ledger.Note{}
	v.again(all, reviewPlace{}, nil)
}

// again is like open, for a folder of the inbox. refused is why the files could not be added
// before; it may be nil.
func (v *reviewView) again(all []given, at reviewPlace, refused error) {
	d := &reviewDialog{
		reviewView: v, given: all, place: at, missed: v.intake.missed, refused: refused,
	}
	v.intake.missed = 0
	for _, g := range all {
		d.paths = append(d.paths, g.path)
	}
	d.counts = newText(tr("Counting…"), theme.ColorNameForeground, theme.SizeNameHeadingText)
	d.counts.bold = true
	d.notes = container.NewVBox()
	d.showRefusal()
	d.choice = v.conflictChoice()
	d.choice.changed = func() { d.show(d.found) }
	cancel := v.newButton(tr("Cancel"), nil)
	d.send = v.newButtonWithIcon(tr("Send"), icon("send", theme.ColorNameForegroundOnPrimary),
		d.start)
	d.send.Importance = widget.HighImportance
	body := inset(0, 8, 8, 14, column(10, -1,
		column(2, -1, d.counts, d.heading()),
		d.roots(),
		d.notes,
		column(2, -1, newText(tr("If a file of that name is already in the inbox:"),
			theme.ColorNameForeground, theme.SizeNameText), d.choice.box),
		d.offerDocuments(), d.offerToWatch()))
	ctx, cancelScan := context.WithCancel(v.ctx)
	d.sheet = v.openSheet(tr("Send to the inbox"), 600, body, cancel, d.send)
	d.sheet.tag("send", d.send)
	if d.choosing != nil {
		d.sheet.tag("folder", d.choosing)
	}
	d.sheet.tag("cancel", cancel)
	d.sheet.tag("conflict", d.choice.box)
	if d.watch != nil {
		d.sheet.tag("watch", d.watch.box)
	}
	if d.documents != nil {
		d.sheet.tag("manifest", d.documents.manifest)
		d.sheet.tag("message", d.documents.message)
	}
	d.sheet.closed = func() {
		if !d.handed {
			cancelScan()
		}
		if !d.sent {
			v.events.event("review cancelled")
		}
	}
	d.sheet.take = d.add
	d.sheet.stays = true // messages that appear meanwhile don't close it
	cancel.OnTapped = d.sheet.close
	v.window.Canvas().Focus(d.send)
	v.inBackground(func(context.Context) { d.scan(ctx) })
}

// add reviews more files together with those already in the review.
func (d *reviewDialog) add(more []given) {
	all, known := d.given[:len(d.given):len(d.given)], map[given]bool{}
	for _, g := range all {
		known[g] = true
	}
	for _, g := range more {
		if !known[g] {
			known[g] = true
			all = append(all, g)
		}
	}
	d.goOn(all, d.place)
}

// keepChoice remembers the choice for names that are taken.
func (d *reviewDialog) keepChoice() {
	if rule := conflictRule(d.choice.chosen); rule != d.settings.conflict() {
		d.settings.setConflict(rule)
		d.settings.changed()
	}
	d.keepDocuments()
}

// conflictChoice asks what to do with a file whose name is taken in the inbox, with the last choice
// selected. Its options are in the order of the rules.
func (v *reviewView) conflictChoice() *sheetRadio {
	options := []string{tr("Skip my file"), tr("Keep both")}
	if !v.config.Rules.NoReplace && v.inboxes.token.Rights.MayReplace() {
		options = append(options, tr("Replace the one in the inbox"))
	}
	rule := int(v.settings.conflict())
	if rule >= len(options) {
		rule = int(leaveAlone)
	}
	return v.newSheetRadio(options, rule)
}

// roots lists the files and folders to send.
func (d *reviewDialog) roots() fyne.CanvasObject {
	list := column(6, -1)
	for i, g := range d.given {
		p := g.path
		if i == mostRoots && len(d.paths) > mostRoots+1 {
			list.Add(newText(trn("and {{.N}} more", int64(len(d.paths)-i)), colorMuted,
				theme.SizeNameText))
			break
		}
		sign := "file"
		if g.folder {
			sign = "folder"
		}
		name := d.newCutText(show.Text(filepath.Base(p)), theme.ColorNameForeground,
			theme.SizeNameText)
		folder := d.newCutText(show.Text(filepath.Dir(p)), colorMuted, theme.SizeNameCaptionText)
		size := newText("", colorMuted, theme.SizeNameText)
		d.sizes = append(d.sizes, size)
		list.Add(line(10, 1, container.New(atLeast{fyne.NewSquareSize(20)},
			widget.NewIcon(icon(sign, colorMuted))), column(0, -1, name, folder), size))
	}
	d.list = list
	return card(list)
}

// toSend is how many of the files would be sent.
func (d *reviewDialog) toSend() int64 {
	if conflictRule(d.choice.chosen) == replaceIt {
		return d.found.files
	}
	return d.found.files - d.found.unchanged
}

// show puts the counts on the screen.
func (d *reviewDialog) show(f found) {
	d.found = f
	if !d.sheet.isOpen() {
		return
	}
	words := files(f.files) + " · " + amount(f.bytes)
	if !f.done {
		words += " · " + tr("still counting…")
	}
	d.counts.set(words, theme.ColorNameForeground)
	d.showSizes()
	switch n := d.toSend(); {
	case d.watching() && f.done && n > 0:
		d.send.SetText(trn("Send {{.N}} files and new ones", n))
		d.send.Enable()
	case d.watching() && f.done:
		d.send.SetText(tr("Send new files"))
		d.send.Enable()
	case f.done && n == 0:
		d.send.SetText(tr("Nothing to send"))
		d.send.Disable()
	case f.done:
		d.send.SetText(trn("Send {{.N}} files", n))
		d.send.Enable()
	default:
		d.send.SetText(tr("Send all of it"))
	}
	if !f.done {
		return
	}
	d.showNotes()
	d.sheet.overlay.Refresh()
	d.events.event("reviewed", "files", f.files, "bytes", f.bytes, "refused", f.refused.n,
		"skipped", f.skipped.n+f.empty.n, "junk", f.junk.n,
		"button", d.send.Text)
}

// showSizes says how much lies below each root.
func (d *reviewDialog) showSizes() {
	f := &d.found
	moved := false
	for i, size := range d.sizes {
		words := ""
		switch n := f.rootFiles[i]; {
		case n > 0 && d.given[i].folder:
			words = files(n) + " · " + amount(f.rootBytes[i])
		case n > 0:
			words = amount(f.rootBytes[i])
		}
		if words != size.content {
			size.set(words, colorMuted)
			moved = true
		}
	}
	if moved {
		d.list.Refresh()
	}
}

// showNotes says what will not be sent and why, and how long the rest may take.
func (d *reviewDialog) showNotes() {
	f := &d.found
	d.notes.RemoveAll()
	d.showRefusal()
	if f.err != nil {
		d.notes.Add(notice("failed", theme.ColorNameError, colorErrorBg, explain(f.err)))
	}
	if d.missed > 0 {
		d.notes.Add(notice("attention", theme.ColorNameWarning, colorWarnBg, problem.Explanation{
			What: trn("{{.N}} of what you gave are not on this computer, and are left out.",
				int64(d.missed)),
			Do: tr("Download it or copy it to this computer first, then add it from there."),
		}))
	}
	if f.refused.n > 0 {
		x := problem.Explanation{
			What: trn("{{.N}} files can't be sent.", f.refused.n),
			Safe: tr("The others are sent."),
		}
		if f.files == 0 {
			x.Safe = ""
		}
		d.notes.Add(notice("attention", theme.ColorNameWarning, colorWarnBg, x))
		d.notes.Add(d.details(tr("Show details"), f.refused.first,
			func(x scan.Found) string { return explain(x.Err).What }))
	}
	if n := f.files - d.toSend(); n > 0 {
		d.notes.Add(newPadded(trn("{{.N}} files are unchanged since you sent them and aren't sent "+
			"again", n)))
	}
	if f.skipped.n > 0 {
		d.notes.Add(d.details(trn("{{.N}} skipped (links, special or excluded files)",
			f.skipped.n), f.skipped.first,
			func(x scan.Found) string { return translated(x.Skip.Why()) }))
	}
	if f.empty.n > 0 {
		d.notes.Add(d.details(trn("{{.N}} empty folders are not sent", f.empty.n), f.empty.first,
			func(x scan.Found) string { return translated(x.Skip.Why()) }))
	}
	if f.junk.n > 0 {
		d.notes.Add(d.details(trn("{{.N}} system files left out", f.junk.n), f.junk.first,
			func(x scan.Found) string { return translated(x.Skip.Why()) }))
	}
	if f.lately.n > 0 {
		d.notes.Add(d.details(trn("{{.N}} files were modified in the last minute", f.lately.n),
			f.lately.first,
			func(scan.Found) string { return tr("A program may still be writing it.") }))
	}
	if f.outside > 0 {
		d.notes.Add(newPadded(trn("{{.N}} links lead outside the folders you named, and are "+
			"followed", f.outside)))
	}
	if f.renamed.n > 0 {
		d.notes.Add(d.details(trn("{{.N}} files will be renamed", f.renamed.n), f.renamed.first,
			func(x scan.Found) string { return "→ " + show.Text(x.Blob.Blob) }))
	}
	if f.warned.n > 0 {
		d.notes.Add(d.details(trn("{{.N}} names can't exist on Windows", f.warned.n), f.warned.first,
			func(x scan.Found) string {
				var why []string
				for _, w := range x.Blob.Warnings {
					why = append(why, translated(w.Why()))
				}
				return strings.Join(why, "; ")
			}))
	}
	d.showTime()
	d.notes.Refresh()
}

// showRefusal says why the files could not be added.
func (d *reviewDialog) showRefusal() {
	if d.refused != nil {
		d.notes.Add(notice("failed", theme.ColorNameError, colorErrorBg, explain(d.refused)))
	}
}

// showTime says about how long it will take, if the speed is known, and whether the token expires
// first.
func (d *reviewDialog) showTime() {
	speed := float64(0)
	if in := d.last.inbox(d.inboxes.token.Inbox.Key()); in != nil {
		speed = in.Speed
	}
	if limit := float64(d.settings.Rate); limit > 0 {
		speed = min(speed, limit)
	}
	fit := uplink.FitFor(d.inboxes.token, d.found.bytes, speed, d.config.Now())
	if !fit.Known || fit.Needs < time.Minute && fit.Fits {
		return
	}
	words := tr("About {{.Time}} at {{.Speed}}", values("Time", duration(fit.Needs),
		"Speed", speedWords(speed)))
	if fit.Fits {
		d.notes.Add(newPadded(words + "; " + tr("the token then has {{.Time}} to spare",
			values("Time", duration(fit.Spare)))))
		return
	}
	d.notes.Add(notice("attention", theme.ColorNameWarning, colorWarnBg, problem.Explanation{
		What: words + ". " + tr("The token ends before."),
		Safe: tr("What is delivered by then stays delivered."),
		Do:   tr("Send it all the same: the rest goes on with the next token."),
	}))
}

func newPadded(words string) fyne.CanvasObject {
	l := wrapped(words)
	l.Importance = widget.LowImportance
	return inset(-4, -4, 0, 0, l)
}

// start sends.
func (d *reviewDialog) start() {
	if d.watching() {
		d.startWatching()
		return
	}
	d.startSending()
}

func (d *reviewDialog) startSending() {
	d.sent, d.handed = true, d.record != nil
	d.keepChoice()
	d.sheet.close()
	to, o := d.inboxes.token.Inbox, ledger.AddOptions{
		Scan:     d.scanOptions(),
		Replace:  d.settings.Replace && !d.config.Rules.NoReplace,
		KeepBoth: d.settings.KeepBoth,
		Review:   d.record,
	}
	d.documentOptions(&o)
	d.inBackground(func(ctx context.Context) {
		id, err := d.config.Queue.Add(ctx, to, d.paths, o)
		d.do(func() {
			if err != nil {
				if d.record != nil {
					d.record.Stop()
				}
				d.config.Log.Error("add", "error", err)
				d.events.event("not added", "message", explain(err).String())
				d.intake.missed = d.missed
				d.again(d.given, d.place, err)
				return
			}
			d.notifier.expect(id)
			d.events.event("sending", "paths", len(d.paths))
			d.wake()
		})
	})
}

// scanOptions returns the options for reading folders, from the person's settings.
func (d *reviewDialog) scanOptions() scan.Options {
	return scan.Options{
		Inbox: d.inboxes.token.Inbox, Recursive: true, FollowSymlinks: d.settings.FollowSymlinks,
		FollowOutside: d.settings.FollowOutside, Exclude: d.settings.Exclude,
		NoDefaultExcludes: d.settings.SendJunk, Own: d.config.Own,
		Folder: d.place.folder, Contents: d.place.contents,
	}
}
