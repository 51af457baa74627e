package ui

import (
	"context"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
)

// jobList is the list of jobs. It holds only the rows in sight and those around them. The sampler
// reads rows that scroll into sight; until then they show dots.
type jobList struct {
	widget.List
	screen   *screen
	queue    *queueView
	rows     map[*jobRow]bool // the widgets in use, a few dozen
	sample   *sample
	selected map[int64]bool // ids of jobs
	anchor   int            // where a selection with Shift begins
	at       int            // where the keyboard is
	modifier fyne.KeyModifier
	called   map[string]string // inboxes by their keys, where there are several to tell apart
	tip      *tip

	heading   *listHeading
	inColumns bool    // the rows in sight are one line each
	rowStep   float32 // from a row to the next, as they are shown
}

func newJobList(queue *queueView) *jobList {
	l := &jobList{
		screen: queue.screen, queue: queue, rows: map[*jobRow]bool{},
		selected: map[int64]bool{}, sample: &sample{}, tip: newTip(queue.screen),
		heading: newListHeading(),
	}
	l.Length = func() int { return l.sample.total }
	l.CreateItem = func() fyne.CanvasObject { return newJobRow(l) }
	l.UpdateItem = func(id widget.ListItemID, o fyne.CanvasObject) {
		r, ok := o.(*jobRow)
		if !ok {
			return // never: CreateItem makes no others
		}
		l.rows[r] = true
		l.fill(r, id)
		l.lookedAt()
	}
	l.HideSeparators = true
	l.OnHighlighted = l.moved
	l.ExtendBaseWidget(l)
	l.inColumns, l.rowStep = l.wantsColumns(), l.rowHeight()
	return l
}

// state is a job's state as the person sees it: a job that waits in a paused transfer, or in one
// that an earlier run left, counts as paused, and no job is active while it waits for a token.
func (l *jobList) state(j *ledger.Job) ledger.JobState {
	if j.State == ledger.Waiting && l.sample.resting[j.Transfer] {
		return ledger.Paused
	}
	if j.State == ledger.Active && l.sample.held[j.Inbox] {
		return ledger.Waiting
	}
	return j.State
}

// job returns the job of a row, if it has been read and is no heading.
func (l *jobList) job(index int) (ledger.Job, bool) {
	i := index - l.sample.from
	if i < 0 || i >= len(l.sample.rows) || l.sample.rows[i].ID == 0 {
		return ledger.Job{}, false
	}
	return l.sample.rows[i], true
}

// title returns the text of a heading row; empty for all other rows.
func (l *jobList) title(index int) (title string, files int64) {
	i := index - l.sample.from
	if i < 0 || i >= len(l.sample.rows) || l.sample.rows[i].ID != 0 ||
		l.sample.rows[i].Inbox == unread {
		return "", 0
	}
	j := &l.sample.rows[i]
	if j.Inbox == "" {
		return tr("Sending"), j.Size
	}
	return l.queue.inboxes.called(l.sample.inboxes[j.Inbox]), j.Size
}

// inboxOf returns the inbox that a row names: only if there are several and no heading names it.
func (l *jobList) inboxOf(index int, j *ledger.Job) string {
	if parts := l.sample.parts; len(parts) > 0 && (parts[0].known == nil || index > parts[0].n) {
		return ""
	}
	return l.called[j.Inbox]
}

func (l *jobList) fill(r *jobRow, index int) {
	j, have := l.job(index)
	title, files := l.title(index)
	selected := have && l.selected[j.ID]
	state := l.state(&j)
	j.Speed = roundSpeed(j.Speed)
	if r.filled && r.index == index && r.have == have && r.selected == selected && r.job == j &&
		r.state == state && r.title == title && r.files == files && r.acting == r.offers() && r.inColumns == l.inColumns {
		return
	}
	r.filled, r.state, r.inColumns = true, state, l.inColumns
	r.title, r.files = title, files
	r.set(index, j, have, selected)
}

// show puts a sample on the screen. Rows that did not change are left alone.
func (l *jobList) show(s *sample) {
	l.tellInboxesApart(s)
	defer l.fitRows()
	grown := s.total != l.sample.total
	l.sample = s
	if grown {
		l.Refresh()
		l.lookedAt()
		return
	}
	for r := range l.rows {
		l.fill(r, r.index)
	}
}

// tellInboxesApart makes rows name their inbox as soon as there are two.
func (l *jobList) tellInboxesApart(s *sample) {
	called := map[string]string{}
	if len(s.inboxes) > 1 {
		for key, in := range s.inboxes {
			called[key] = l.queue.inboxes.called(in)
		}
	}
	if maps.Equal(called, l.called) {
		return
	}
	l.called = called
	for r := range l.rows {
		r.filled = false
	}
}

// lookedAt tells the sampler which rows are in sight.
func (l *jobList) lookedAt() {
	height := l.rowHeight()
	from := max(int(l.GetScrollOffset()/height), 0)
	n := int(l.Size().Height/height) + 2
	l.queue.sampler.inSight(from, n, l.sample)
}

// Resize implements fyne.CanvasObject.
func (l *jobList) Resize(s fyne.Size) {
	l.List.Resize(s)
	l.fitRows()
	l.lookedAt()
}

// selectRow changes the selection as a click with these keys held does.
func (l *jobList) selectRow(index int, id int64, held fyne.KeyModifier) {
	l.at = index
	l.Highlight(index) // from where the keyboard goes on
	l.screen.window.Canvas().Focus(l)
	switch {
	case held&fyne.KeyModifierShift != 0:
		l.selectRange(l.anchor, index)
		return
	case held&fyne.KeyModifierShortcutDefault != 0:
		if l.selected[id] {
			delete(l.selected, id)
		} else {
			l.selected[id] = true
		}
	default:
		clear(l.selected)
		l.selected[id] = true
	}
	l.anchor = index
	l.selectionChanged()
}

// selectAll selects all rows that the list shows.
func (l *jobList) selectAll() {
	if l.sample.total == 0 {
		return
	}
	l.screen.window.Canvas().Focus(l)
	l.anchor = 0
	l.selectRange(0, l.sample.total-1)
}

// selectRange selects from one row to another. Rows that are not in memory are read first.
func (l *jobList) selectRange(a, b int) {
	from, n := min(a, b), max(a, b)-min(a, b)+1
	filter, parts := l.queue.sampler.chosen(), l.sample.parts
	l.screen.inBackground(func(ctx context.Context) {
		var jobs []ledger.Job
		var err error
		if parts == nil {
			jobs, err = l.screen.config.Queue.Rows(ctx, filter, from, n)
		} else {
			jobs, err = l.screen.readParts(ctx, parts, from, n)
		}
		if err != nil {
			return
		}
		jobs = slices.DeleteFunc(jobs, func(j ledger.Job) bool { return j.ID == 0 })
		ids := make(map[int64]bool, len(jobs))
		for i := range jobs {
			ids[jobs[i].ID] = true
		}
		l.screen.do(func() {
			l.selected = ids
			l.selectionChanged()
		})
	})
}

func (l *jobList) selectionChanged() {
	for r := range l.rows {
		l.fill(r, r.index)
	}
}

// moved follows the keyboard.
func (l *jobList) moved(index int) {
	if !l.screen.isFocused(l) || index == l.at {
		return
	}
	l.at = index
	if l.modifier&fyne.KeyModifierShift != 0 {
		l.selectRange(l.anchor, index)
		return
	}
	l.anchor = index
	if j, ok := l.job(index); ok {
		clear(l.selected)
		l.selected[j.ID] = true
		l.selectionChanged()
	} else {
		l.selectRange(index, index)
	}
	for r := range l.rows {
		if r.index == index && r.Visible() {
			l.tip.want(r.tips(), r)
		}
	}
}

// FocusLost implements fyne.Focusable.
func (l *jobList) FocusLost() {
	l.List.FocusLost()
	l.tip.hide()
}

// KeyDown implements desktop.Keyable.
func (l *jobList) KeyDown(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		l.modifier |= fyne.KeyModifierShift
	}
}

// KeyUp implements desktop.Keyable.
func (l *jobList) KeyUp(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		l.modifier &^= fyne.KeyModifierShift
	}
}

// TypedKey moves through the list and opens the menu of where it is; other keys are the window's.
func (l *jobList) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown:
		l.List.TypedKey(e)
	case fyne.KeyHome:
		l.goTo(0)
	case fyne.KeyEnd:
		l.goTo(l.sample.total - 1)
	case fyne.KeyPageUp:
		l.goTo(l.at - l.page())
	case fyne.KeyPageDown:
		l.goTo(l.at + l.page())
	case fyne.KeyReturn, fyne.KeyEnter, desktop.KeyMenu:
		l.menuAtRow()
	default:
		l.screen.keyTyped(e)
	}
}

// TypedRune is the window's.
func (l *jobList) TypedRune(r rune) { l.screen.runeTyped(r) }

// goTo moves the keyboard to a row, or to the nearest that there is.
func (l *jobList) goTo(index int) {
	if l.sample.total > 0 {
		l.Highlight(min(max(index, 0), l.sample.total-1))
	}
}

// page is by how many rows a page moves.
func (l *jobList) page() int { return max(int(l.Size().Height/l.rowHeight())-1, 1) }

// rowHeight is the height of a row with the gap to the next.
func (l *jobList) rowHeight() float32 {
	return l.rowMin().Height + currentSize(theme.SizeNamePadding)
}

// menuAtRow opens the menu below the row where the keyboard is.
func (l *jobList) menuAtRow() {
	for r := range l.rows {
		if r.index != l.at || !r.have || !r.Visible() {
			continue
		}
		if len(l.selected) == 0 {
			l.selectRow(r.index, r.job.ID, 0)
		}
		l.tip.hide()
		l.menu(l.screen.app.Driver().AbsolutePositionForObject(r).AddXY(34, r.Size().Height), false)
		return
	}
}

// menu offers what can be done with the selected jobs, below a place: to the right of it, or to the
// left where it is the end of a button.
func (l *jobList) menu(at fyne.Position, left bool) {
	j, ok := l.job(l.at)
	if !ok {
		return
	}
	items := append(l.queue.commands.menu(j, l.chosen()), fyne.NewMenuItemSeparator())
	if l.screen.config.Desktop.Reveal != nil {
		items = append(items, fyne.NewMenuItem(tr("Show in its folder"),
			func() { l.screen.inFileManager(j.Source) }))
	}
	items = append(items, fyne.NewMenuItem(tr("Copy the name"),
		func() { l.screen.app.Clipboard().SetContent(j.Source) }))
	if j.Problem != nil {
		x := explainJob(&j, l.screen.last.oneName[j.Transfer])
		items = append(items,
			fyne.NewMenuItem(tr("What happened…"),
				func() { l.screen.tell(show.Text(nameOf(&j)), x) }),
			fyne.NewMenuItem(tr("Copy what happened"), func() {
				l.screen.app.Clipboard().SetContent(j.Source + "\n" + x.String())
			}))
	}
	m := widget.NewPopUpMenu(fyne.NewMenu("", items...), l.screen.window.Canvas())
	if left {
		at.X = max(at.X-m.MinSize().Width, 0)
	}
	m.ShowAtPosition(at)
}

// current returns a selected job: the one where the keyboard is, unless the rows have moved.
func (l *jobList) current() (ledger.Job, bool) {
	if j, ok := l.job(l.at); ok && l.selected[j.ID] {
		return j, true
	}
	for i := range l.sample.rows {
		if l.selected[l.sample.rows[i].ID] {
			return l.sample.rows[i], true
		}
	}
	return ledger.Job{}, false
}

// chosen returns the ids of the selected jobs.
func (l *jobList) chosen() []int64 { return slices.Sorted(maps.Keys(l.selected)) }

// nameOf is a job's own name: that of its blob, or of its file where no blob's name is possible.
func nameOf(j *ledger.Job) string {
	if _, name := split(j.Blob); name != "" {
		return name
	}
	_, name := split(j.Source)
	return name
}
