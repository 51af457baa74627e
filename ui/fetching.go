package ui

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// failuresShown is how many files that could not be fetched are named.
const failuresShown = 100

// fetching copies the files that arrived into a folder. It belongs to Fyne's goroutine, except for
// fetched.
type fetching struct {
	*errands
	v      *arrivedView
	folder string
	sheet  *sheet
	cancel context.CancelFunc // of what runs
	ended  bool
	broken error // what ended it early
	before int64 // bytes received before it began

	fetched fetched
	bar     *bar
	words   *text
	result  *widget.Label
	list    *tableBox
	stopped *button
	again   *button
	open    *button
	closing *button
}

// fetched sums up the results so far. Any goroutine may use it.
type fetched struct {
	mu             sync.Mutex
	files, bytes   int64 // that are there and whole
	brought        int64 // bytes of those that were received now
	kept, compared int64 // files that had been there; that agree with the storage's MD5
	failed         int64
	failures       []workspace.Fetched // the first
}

// fetchAsked lets the person choose a folder.
func (v *arrivedView) fetchAsked() {
	v.dialogs.choose(tr("Fetch…"), true, func(paths []string) {
		if v.sheet.isOpen() {
			v.fetchInto(paths[0])
		}
	})
}

// fetchInto copies all that arrived into a folder.
func (v *arrivedView) fetchInto(folder string) {
	f := &fetching{v: v, folder: folder}
	f.errands = newErrands(v.screen, f.show, f.failed)
	f.openSheet()
	f.begin(lend(v.ws))
	f.run()
}

func (f *fetching) openSheet() {
	v := f.v
	f.bar, f.words = newBar(), v.newCutText("", theme.ColorNameForeground, theme.SizeNameText)
	f.words.bold = true
	f.result = wrapped("")
	f.list = newTableBox(v.screen)
	into := f.folder
	if v.grant.Folder != "" {
		into += " / " + v.grant.Folder
	}
	f.closing = v.newButton(tr("Close"), nil)
	f.stopped = v.newButton(tr("Stop"), func() { f.cancel() })
	f.again = v.newButton(tr("Continue"), f.run)
	f.again.Importance = widget.HighImportance
	f.open = v.newButtonWithIcon(tr("Show folder"), icon("folder", theme.ColorNameForeground),
		func() { v.inFileManager(f.folder) })
	body := inset(0, 12, 8, 14, column(8, -1,
		v.newCutText(tr("Into {{.Folder}}", values("Folder", show.Text(into))), colorMuted,
			theme.SizeNameText),
		f.bar, f.words, inset(-8, -8, -8, -8, f.result), f.list.box))
	f.sheet = v.openSheet(tr("Fetch what arrived"), 640, body, f.open, f.closing, f.stopped, f.again)
	f.sheet.tag("cancel", f.closing)
	f.sheet.tag("stop", f.stopped)
	f.sheet.tag("again", f.again)
	f.sheet.tick = f.look
	f.sheet.take = func([]given) {} // nothing is added here
	f.sheet.closed = func() {
		f.stop()
		v.back(v.fetch)
		v.events.event("fetch closed")
	}
	f.closing.OnTapped = f.sheet.close
	v.window.Canvas().Focus(f.stopped)
}

// run fetches, or goes on.
func (f *fetching) run() {
	f.fetched.reset()
	f.ended, f.broken = false, nil
	ctx, cancel := context.WithCancel(f.view)
	f.cancel = cancel
	tid := f.v.grant.TID
	f.before = f.v.ws.Received()
	fetch := func(_ context.Context, ws Workspace) (func(), error) {
		defer cancel()
		err := ws.Fetch(ctx, tid, f.folder, ws.Files(ctx, tid), nil, f.fetched.add)
		if errors.Is(err, context.Canceled) {
			err = context.Canceled
		}
		return func() { f.finished(err) }, nil
	}
	f.ask(ask{words: tr("Fetching…"), do: fetch})
}

// failed is called by errands if the workspace can't be opened.
func (f *fetching) failed(_ ask, err error) { f.finished(err) }

// finished says what became of it.
func (f *fetching) finished(err error) {
	f.ended, f.broken = true, err
	if err != nil {
		f.v.config.Log.Info("fetch", "error", err)
	}
	n, _, _, _, failed := f.fetched.totals()
	f.v.events.event("fetched", "files", n, "failed", failed, "whole", err == nil && failed == 0)
}

func (d *fetched) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files, d.bytes, d.brought, d.kept, d.compared, d.failed, d.failures = 0, 0, 0, 0, 0, 0, nil
}

func (d *fetched) add(f workspace.Fetched) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.Err != nil {
		d.failed++
		if len(d.failures) < failuresShown {
			d.failures = append(d.failures, f)
		}
		return
	}
	d.files++
	d.bytes += f.Size
	if f.Kept {
		d.kept++
	} else {
		d.brought += f.Size
	}
	if f.Compared {
		d.compared++
	}
}

func (d *fetched) totals() (files, bytes, kept, compared, failed int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files, d.bytes, d.kept, d.compared, d.failed
}

// soFar returns how many bytes are there, including those of files in transit.
func (d *fetched) soFar(received int64) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes + max(received-d.brought, 0)
}

// look shows how far it has come.
func (f *fetching) look(time.Time) time.Duration {
	if f.busy == "" {
		return 0
	}
	f.showProgress()
	return shownEvery
}

func (f *fetching) showProgress() {
	n, _, _, _, _ := f.fetched.totals()
	all := &f.v.arrived
	done := min(f.fetched.soFar(f.v.ws.Received()-f.before), all.Bytes)
	f.bar.set(float64(done)/float64(max(all.Bytes, 1)), 0)
	f.words.set(tr("{{.N}} of {{.Files}} · {{.Done}} of {{.Size}}", values("N", number(n), "Files",
		files(all.Files), "Done", amount(done), "Size", amount(all.Bytes))),
		theme.ColorNameForeground)
}

// show puts on the screen what is known.
func (f *fetching) show() {
	if f.sheet == nil {
		return // it is being made
	}
	running := f.busy != ""
	_, _, _, _, failed := f.fetched.totals()
	visible(f.bar, running)
	visible(f.stopped, running)
	f.again.SetText(tr("Try again"))
	if f.broken != nil {
		f.again.SetText(tr("Continue"))
	}
	visible(f.again, !running && (f.broken != nil || failed > 0))
	visible(f.open, !running && f.v.config.Desktop.Reveal != nil)
	visible(f.result, f.ended)
	f.list.clear()
	if running {
		f.showProgress()
	} else if f.ended {
		f.showResult()
		f.v.window.Canvas().Focus(f.closing)
	}
	f.sheet.overlay.Refresh()
	if s := f.sheet.scroll.Content; s.MinSize().Height > s.Size().Height {
		f.sheet.overlay.Refresh() // texts that wrap know their height only at a width
	}
}

// showResult shows the result, and what it can't know.
func (f *fetching) showResult() {
	n, bytes, kept, compared, failed := f.fetched.totals()
	words := tr("Fetched {{.Files}} · {{.Size}}", values("Files", files(n), "Size", amount(bytes)))
	f.words.set(words, theme.ColorNameForeground)
	var facts []string
	if kept > 0 {
		facts = append(facts, tr("Already in the folder: {{.Files}}.",
			values("Files", files(kept))))
	}
	switch {
	case n == 0:
	case compared == n:
		facts = append(facts, tr("All agree with the storage's MD5 checksums."))
	default:
		facts = append(facts, tr("Compared with the MD5 that the storage has: {{.Files}}. Of {{.Others}} "+
			"it has none, so the length alone was compared; “Verify against a receipt” compares more.",
			values("Files", files(compared), "Others", files(n-compared))))
	}
	if failed > 0 {
		facts = append(facts, tr("Not fetched: {{.Files}}.", values("Files", files(failed))))
	}
	switch {
	case errors.Is(f.broken, context.Canceled):
		facts = append(facts, tr("Stopped. Files that were fetched are whole. “Continue” fetches the "+
			"rest."))
	case f.broken != nil:
		x := explainIssuing(f.broken)
		if !errors.Is(f.broken, workspace.ErrFolder) {
			x.Safe = tr("Files that were fetched are whole.")
		}
		f.list.add("attention", theme.ColorNameError, x.What, join(x.Safe, x.Do))
	}
	f.result.SetText(strings.Join(facts, "\n"))
	f.fetched.mu.Lock()
	failures := f.fetched.failures
	f.fetched.mu.Unlock()
	for _, one := range failures {
		x := explainIssuing(one.Err)
		f.list.add("attention", theme.ColorNameWarning, show.Text(one.Name), join(x.What, x.Do))
	}
	if more := failed - int64(len(failures)); more > 0 {
		f.list.say(trn("{{.N}} more files are not listed here.", more))
	}
}
