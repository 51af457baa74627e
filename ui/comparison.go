package ui

import (
	"cmp"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

const (
	// differencesShown is how many differences are shown before more are asked for.
	differencesShown = 100
	// differencesKept is how many are kept in memory; more are counted.
	differencesKept = 10_000
)

// comparison compares the files that arrived with chosen papers, or with the senders' own notes and
// lists in the inbox. It belongs to Fyne's goroutine, except for found.
type comparison struct {
	*errands
	v      *arrivedView
	papers []string // files; none: the notes and lists in the inbox
	sheet  *sheet

	isList bool // a list of checksums is among the papers, whose names may be below a folder
	unread []string
	others int64
	stated bool // something is
	result *workspace.Verified
	deep   bool   // the result's
	below  string // the same
	broken bool   // it ended without one
	found  findings
	most   int // differences that are shown
	before int64

	closing *button
	tick    *sheetCheck
	folder  *sheetEntry
	place   *fyne.Container
	again   *button
	copy    *button
	bar     *bar
	words   *fyne.Container
	list    *tableBox
}

// findings are the differences. Any goroutine may add one.
type findings struct {
	mu   sync.Mutex
	all  []workspace.Finding
	more int64 // that are not kept
}

// verifyAsked lets the person choose a receipt or a list.
func (v *arrivedView) verifyAsked() {
	v.dialogs.choose(tr("Verify against a receipt…"), false, v.verifyGiven)
}

// verifyGiven compares with the chosen or dropped papers.
func (v *arrivedView) verifyGiven(paths []string) {
	if len(paths) > 0 && v.counted {
		v.compare(paths)
	}
}

// compare opens the comparison with these papers and starts it: it costs no more than a listing.
func (v *arrivedView) compare(papers []string) {
	c := &comparison{v: v, papers: papers, most: differencesShown}
	c.errands = newErrands(v.screen, c.show, c.failed)
	c.open()
	c.begin(lend(v.ws))
	c.run()
}

// title says with what is compared.
func (c *comparison) title() string {
	switch len(c.papers) {
	case 0:
		return tr("Compared with the senders' notes and lists")
	case 1:
		return tr("Compared with “{{.Name}}”", values("Name", show.Text(filepath.Base(c.papers[0]))))
	default:
		return trn("Compared with {{.N}} receipts and lists", int64(len(c.papers)))
	}
}

func (c *comparison) open() {
	v := c.v
	c.bar = newBar()
	c.words, c.list = column(2, -1), newTableBox(v.screen)
	c.tick = v.newSheetCheck(tr("Read every file and compare its checksum"),
		func(bool) { c.show() })
	cost := small(tr("This reads {{.Size}} from the storage.", values("Size",
		amount(v.arrived.Bytes))))
	c.folder = v.newSheetEntry(tr("such as project/run 7"), func(string) { c.show() })
	c.place = column(2, -1, small(tr("The names in the list are below this folder of the inbox:")),
		c.folder)
	c.place.Hide()
	c.closing = v.newButton(tr("Close"), nil)
	c.copy = v.newButtonWithIcon(tr("Copy"), icon("copy", theme.ColorNameForeground), c.copyLines)
	c.again = v.newButton(tr("Compare again"), c.run)
	c.again.Importance = widget.HighImportance
	body := inset(0, 12, 8, 14, column(8, -1, c.words, c.bar, c.place,
		column(-6, -1, line(0, -1, c.tick), inset(0, 0, 30, 0, cost)), c.list.box))
	c.sheet = v.openSheet(c.title(), 760, body, c.copy, c.closing, c.again)
	c.sheet.tag("cancel", c.closing)
	c.sheet.tag("copy", c.copy)
	c.sheet.tag("again", c.again)
	c.sheet.tag("deep", c.tick)
	c.sheet.tick = c.look
	c.sheet.take = func(files []given) { v.verifyGiven(pathsOf(files)) }
	c.sheet.closed = func() {
		c.stop()
		v.back(v.verify)
		v.events.event("compared closed")
	}
	c.closing.OnTapped = c.sheet.close
	v.window.Canvas().Focus(c.closing)
}

// paperError is a paper that can't be used.
type paperError struct {
	path string
	err  error
}

func (e *paperError) Error() string { return "paper: " + e.err.Error() }

// run compares.
func (c *comparison) run() {
	deep, folder := c.tick.Checked, c.folder.Text
	papers, container, tid := c.papers, c.v.container(), c.v.grant.TID
	arrived := c.v.arrived
	c.result, c.broken, c.most = nil, false, differencesShown
	c.found.reset()
	compare := func(ctx context.Context, ws Workspace) (func(), error) {
		var to workspace.Statements
		p, err := c.read(ctx, ws, &arrived, &to, papers, container, folder)
		if err != nil {
			return nil, err
		}
		for _, name := range arrived.Papers() {
			to.Paper(name)
		}
		var v workspace.Verified
		stated := to.Len() > 0
		if stated {
			c.onThread(ctx, func() { c.before = ws.Received() })
			v, err = ws.Verify(ctx, tid, ws.Files(ctx, tid), &to, deep, c.found.add)
		}
		return func() {
			c.isList, c.unread, c.others, c.stated = p.isList, p.unread, p.others, stated
			c.result, c.deep, c.below = &v, deep, folder
			c.found.sort()
			c.v.window.Canvas().Focus(c.closing) // the button that had the keyboard is gone
			c.v.events.event("compared", "files", v.Files, "same", v.Same+v.Harmless,
				"differs", v.Differs() || len(p.unread) > 0, "deep", deep, "notcompared", v.NotCompared)
		}, err
	}
	c.ask(ask{words: tr("Comparing…"), do: compare, again: true})
}

// read reads what the papers state.
func (c *comparison) read(
	ctx context.Context, ws Workspace, a *workspace.Arrived, to *workspace.Statements,
	papers []string, container, folder string,
) (p papersRead, err error) {
	if len(papers) == 0 {
		p.unread, err = ws.State(ctx, c.v.grant.TID, a, to)
		p.unread = append(p.unread, a.Unread...)
		return p, err
	}
	for _, path := range papers {
		isList, others, err := addPaper(ctx, to, path, container, folder)
		if err != nil {
			return p, &paperError{path, err}
		}
		p.isList = p.isList || isList
		p.others += others
	}
	return p, nil
}

// papersRead is the result of reading papers.
type papersRead struct {
	isList bool
	others int64
	unread []string
}

func addPaper(
	ctx context.Context, to *workspace.Statements, path, container, folder string,
) (isList bool, others int64, err error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false, 0, os.ErrInvalid // a pipe would be waited for
	}
	f, err := os.Open(path)
	if err != nil {
		return false, 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return to.AddPaper(&untilDone{f, ctx}, container, folder)
}

// untilDone reads a file until a context ends.
type untilDone struct {
	io.ReadSeeker
	ctx context.Context
}

// Read implements io.Reader.
func (r *untilDone) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReadSeeker.Read(p)
}

func (f *findings) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all, f.more = nil, 0
}

func (f *findings) add(x workspace.Finding) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) < differencesKept {
		f.all = append(f.all, x)
	} else {
		f.more++
	}
}

// count returns how many there are.
func (f *findings) count() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.all)) + f.more
}

// sort sorts the differences for display.
func (f *findings) sort() {
	f.mu.Lock()
	defer f.mu.Unlock()
	order := map[workspace.Difference]int{}
	for i, d := range workspace.Differences() {
		order[d] = i
	}
	slices.SortFunc(f.all, func(a, b workspace.Finding) int {
		return cmp.Or(cmp.Compare(order[a.Difference], order[b.Difference]),
			cmp.Compare(a.Name, b.Name))
	})
}

// failed says why nothing was compared.
func (c *comparison) failed(a ask, err error) {
	c.v.config.Log.Info("compare", "error", err)
	c.broken = true
	x := explainPaper(err)
	c.words.RemoveAll()
	c.words.Add(notice("attention", theme.ColorNameError, colorErrorBg, x))
	c.list.clear()
	c.v.events.event("told", "title", a.words, "message", x.String())
}

// look shows how far it has come.
func (c *comparison) look(time.Time) time.Duration {
	if c.busy == "" {
		return 0
	}
	c.showProgress()
	return shownEvery
}

func (c *comparison) showProgress() {
	c.words.RemoveAll()
	c.list.clear()
	words := c.busy
	if c.tick.Checked {
		read := max(c.v.ws.Received()-c.before, 0)
		words += " " + tr("Read so far: {{.Done}} of {{.Size}}.",
			values("Done", amount(read), "Size", amount(c.v.arrived.Bytes)))
		c.bar.set(float64(read)/float64(max(c.v.arrived.Bytes, 1)), 0)
	}
	c.words.Add(c.v.newCutText(words, colorMuted, theme.SizeNameText))
	if n := c.found.count(); n > 0 {
		c.words.Add(small(trn("{{.N}} differences", n)))
	}
}

// show puts on the screen what is known.
func (c *comparison) show() {
	if c.sheet == nil {
		return // it is being made
	}
	running := c.busy != ""
	visible(c.bar, running && c.tick.Checked)
	lost := c.result != nil && c.result.Stated > 0 &&
		c.result.Differences[workspace.Missing] == c.result.Stated
	visible(c.place, !running && c.isList && (lost || c.folder.Text != ""))
	other := c.tick.Checked != c.deep || c.folder.Text != c.below
	visible(c.again, !running && c.result != nil && other || c.broken)
	for _, o := range []interface {
		Enable()
		Disable()
	}{c.tick, c.again, c.copy} {
		if running {
			o.Disable()
		} else {
			o.Enable()
		}
	}
	visible(c.copy, !running && c.found.count() > 0)
	switch {
	case running:
		c.showProgress()
	case c.result != nil:
		c.showResult()
	}
	c.sheet.overlay.Refresh()
	if s := c.sheet.scroll.Content; s.MinSize().Height > s.Size().Height {
		c.sheet.overlay.Refresh() // texts that wrap know their height only at a width
	}
}
