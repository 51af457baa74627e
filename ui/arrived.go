package ui

import (
	"cmp"
	"context"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

const (
	// arrivedWidth is the width of the view of what arrived, if there is room.
	arrivedWidth = 1000
	// filesShown is how many files the list shows at most; an inbox may have millions.
	filesShown = 50_000
)

// arrivedView shows the files that arrived with one token, and compares, fetches and lists them.
// It belongs to Fyne's goroutine, except for came.
type arrivedView struct {
	*issuing
	*errands
	ws    Workspace // the tokens' view closes it
	grant workspace.Grant
	sheet *sheet

	came    came
	arrived workspace.Arrived
	counted bool   // arrived is complete
	saved   string // where the list was saved last

	head, whole, note, status *text
	wholeLine, noteLine       *fyne.Container
	trouble                   *fyne.Container
	list                      *fileList
	closing, notes            *button
	verify, fetch, export     *button
}

// came holds the files counted so far. Any goroutine may use it.
type came struct {
	mu    sync.Mutex
	files []workspace.File // the first, in the order of names
	n     int64
	bytes int64
	last  time.Time
}

// openArrived shows the files that arrived with a token.
func (v *uploadTokens) openArrived(g workspace.Grant) {
	if v.ws == nil {
		return
	}
	a := &arrivedView{issuing: v.issuing, ws: v.ws, grant: g}
	a.errands = newErrands(v.screen, a.show, a.failed)
	a.open(func() {
		if b := v.table.opener(g.TID); b != nil {
			v.window.Canvas().Focus(b)
		}
	})
	a.begin(lend(v.ws))
	a.count()
	v.window.Canvas().Focus(a.verify)
	v.events.event("opened", "tid", g.TID)
}

// open opens the sheet. closed is called when it closes.
func (v *arrivedView) open(closed func()) {
	v.head = v.newCutText("", colorMuted, theme.SizeNameText)
	v.head.parts = true
	v.whole = v.newCutText("", theme.ColorNameForeground, theme.SizeNameText)
	v.wholeLine = line(6, 1, newText("", "", theme.SizeNameText), v.whole)
	v.wholeLine.Hide()
	v.note = v.newCutText("", theme.ColorNameForeground, theme.SizeNameText)
	v.notes = v.newButton(tr("Read the notes…"), v.openNotes)
	v.noteLine = line(8, 0, v.note, v.notes)
	v.noteLine.Hide()
	v.status = v.newCutText("", colorMuted, theme.SizeNameCaptionText)
	v.trouble = column(0, -1)
	v.trouble.Hide()
	v.list = newFileList(v.screen)
	v.closing = v.newButton(tr("Close"), nil)
	v.export = v.newButtonWithIcon(tr("Export list…"), icon("file", theme.ColorNameForeground),
		v.exportAsked)
	v.fetch = v.newButtonWithIcon(tr("Fetch…"), icon("save", theme.ColorNameForeground),
		v.fetchAsked)
	v.verify = v.newButtonWithIcon(tr("Verify against a receipt…"),
		icon("yes", theme.ColorNameForegroundOnPrimary), v.verifyAsked)
	v.verify.Importance = widget.HighImportance
	body := ownScroll{column(6, 5, inset(0, 0, 8, 8, v.head), inset(0, 0, 8, 8, v.wholeLine),
		inset(0, 0, 8, 8, v.noteLine), v.trouble, inset(0, 0, 8, 8, v.status),
		inset(0, 0, 4, 4, v.list))}
	title := show.Text(cmp.Or(v.grant.Reason, v.called()))
	v.sheet = v.openSheet(title, arrivedWidth, body, v.closing, v.export, v.fetch, v.verify)
	v.sheet.stays = true // the sheets that compare and fetch open above it
	v.sheet.tag("cancel", v.closing)
	v.sheet.tag("export", v.export)
	v.sheet.tag("fetch", v.fetch)
	v.sheet.tag("verify", v.verify)
	v.sheet.tag("notes", v.notes)
	v.sheet.tag("arrivedlist", v.list)
	v.sheet.take = func(files []given) { v.verifyGiven(pathsOf(files)) }
	v.sheet.tick = v.tick
	v.sheet.fit = v.fitButtons
	v.sheet.closed = func() {
		v.stop()
		closed()
		v.events.event("arrived closed")
	}
	v.closing.OnTapped = v.sheet.close
	v.fitButtons(v.window.Canvas().Size())
}

// back gives the keyboard focus back to the button that opened a sheet when the sheet has closed.
func (v *arrivedView) back(to *button) {
	if v.sheet != nil && v.sheet.isOpen() {
		v.window.Canvas().Focus(to)
	}
}

// called returns the token's name.
func (v *arrivedView) called() string { return tr("Token {{.TID}}", values("TID", v.grant.TID)) }

// container is the name of the token's inbox.
func (v *arrivedView) container() string { return v.grant.Container }

// fitButtons drops the buttons' words if there is no room for all of them; the most important
// button loses its words last.
func (v *arrivedView) fitButtons(window fyne.Size) {
	all := []*button{v.export, v.fetch, v.verify}
	for _, b := range all {
		b.SetText(b.words)
	}
	room := min(window.Width-2*12, arrivedWidth) - 2*20
	need := 8 + v.closing.MinSize().Width
	for _, b := range all {
		need += 8 + b.MinSize().Width
	}
	for _, b := range all {
		if need <= room {
			break
		}
		need -= b.MinSize().Width
		b.SetText("")
		need += b.MinSize().Width
	}
	v.sheet.overlay.Refresh()
}

// count lists the inbox and counts its files.
func (v *arrivedView) count() {
	v.came.reset()
	v.counted = false
	look := func(ctx context.Context, ws Workspace) (func(), error) {
		a, err := ws.Count(ctx, v.grant.TID, v.came.keep(ws.Files(ctx, v.grant.TID)))
		return func() {
			v.arrived, v.counted = a, true
			v.events.event("arrived", "tid", v.grant.TID, "files", a.Files, "bytes", a.Bytes,
				"notes", len(a.Notes))
		}, err
	}
	v.ask(ask{words: tr("Reading what arrived…"), do: look, again: true})
}

func (c *came) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files, c.n, c.bytes, c.last = nil, 0, 0, time.Time{}
}

// keep passes files on, counts them and keeps the first.
func (c *came) keep(files iter.Seq2[workspace.File, error]) iter.Seq2[workspace.File, error] {
	return func(yield func(workspace.File, error) bool) {
		for f, err := range files {
			if err == nil {
				c.add(f)
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

func (c *came) add(f workspace.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.files) < filesShown {
		c.files = append(c.files, f)
	}
	c.n++
	c.bytes += f.Size
	if f.Arrived.After(c.last) {
		c.last = f.Arrived
	}
}

// ask starts an errand, unless one is running.
func (v *arrivedView) ask(a ask) {
	if v.busy == "" {
		v.trouble.RemoveAll()
	}
	v.errands.ask(a)
}

// failed says why an errand failed.
func (v *arrivedView) failed(a ask, err error) {
	v.config.Log.Info("what arrived", "error", err)
	x := explainIssuing(err)
	v.trouble.RemoveAll()
	v.trouble.Add(notice("attention", theme.ColorNameError, colorErrorBg, x))
	if a.again {
		v.trouble.Add(line(0, -1, v.newButton(tr("Try again"), v.count)))
	}
	v.events.event("told", "title", a.words, "message", x.String())
}

// show updates the widgets.
func (v *arrivedView) show() {
	if v.sheet == nil {
		return // it is being made
	}
	v.came.mu.Lock()
	shown, n, bytes, last := v.came.files, v.came.n, v.came.bytes, v.came.last
	v.came.mu.Unlock()
	words := v.called() + " · "
	switch {
	case v.counted && n == 0:
		words += tr("Nothing has arrived.")
	case v.counted:
		words += arrivedWords(n, bytes, last)
	default:
		words += tr("so far {{.Files}}", values("Files", arrivedWords(n, bytes, last)))
	}
	v.head.set(words, colorMuted)
	v.showWhole()
	v.showNote()
	status := v.busy
	switch {
	case status != "":
	case v.saved != "":
		status = tr("The list is saved as “{{.Name}}”.",
			values("Name", show.Text(filepath.Base(v.saved))))
	case n > int64(len(shown)):
		status = tr("The list shows the first {{.N}} files. “Export list…” writes all of them.",
			values("N", number(int64(len(shown)))))
	}
	v.status.set(status, colorMuted)
	before := []bool{v.status.Visible(), v.trouble.Visible()}
	visible(v.status, status != "")
	visible(v.trouble, len(v.trouble.Objects) > 0)
	for _, b := range []*button{v.export, v.fetch, v.verify} {
		if v.counted && n > 0 && v.busy == "" {
			b.Enable()
		} else {
			b.Disable()
		}
	}
	v.list.put(shown)
	if before[0] != v.status.Visible() || before[1] != v.trouble.Visible() || v.counted {
		v.sheet.overlay.Refresh()
	}
}

// showWhole says whether everything arrived, if the senders' notes tell.
func (v *arrivedView) showWhole() {
	complete, known := v.arrived.Complete()
	visible(v.wholeLine, known)
	if !known {
		return
	}
	var missing int64
	for _, n := range v.arrived.Notes {
		missing += n.NotDelivered
	}
	sign, color := "yes", theme.ColorNameSuccess
	words := tr("Complete according to the sender's note")
	switch {
	case !complete && missing > 0:
		words = trn("According to the sender's note, {{.N}} files were not delivered", missing)
	case !complete:
		words = tr("Not complete according to the sender's note")
	}
	if !complete {
		sign, color = "attention", theme.ColorNameWarning
	}
	v.wholeLine.Objects[0] = signOf(sign, color)
	v.whole.set(words, theme.ColorNameForeground)
}

// showNote shows the beginning of the newest note.
func (v *arrivedView) showNote() {
	visible(v.noteLine, len(v.arrived.Notes) > 0)
	if len(v.arrived.Notes) == 0 {
		return
	}
	n := v.arrived.Notes[0]
	for _, other := range v.arrived.Notes[1:] {
		if other.Written.After(n.Written) {
			n = other
		}
	}
	from := tr("The sender writes:")
	if n.From != "" {
		from = tr("{{.Name}} writes:", values("Name", show.Text(cutNote(n.From))))
	}
	message := strings.Join(strings.Fields(cutNote(n.Message)), " ")
	if message == "" {
		message = tr("(no message)")
	}
	v.note.set(from+" "+show.Text(message), theme.ColorNameForeground)
}

// tick shows how far the reading has come.
func (v *arrivedView) tick(time.Time) time.Duration {
	if v.busy == "" {
		return 0
	}
	v.show()
	return shownEvery
}

// shownEvery is how often the view shows the progress.
const shownEvery = 200 * time.Millisecond

// pathsOf returns the paths of the given items.
func pathsOf(files []given) (paths []string) {
	for _, f := range files {
		paths = append(paths, f.path)
	}
	return paths
}
