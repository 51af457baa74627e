package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
)

// action is a one-click action of a row, in sight while the pointer or the keyboard is there. The
// menu has all of them, and more.
type action struct {
	sign, word string
	verb       ledger.Verb // empty: opens the menu, or resumes all
	all        bool        // resumes all
	steady     bool        // in sight even without the pointer
}

// mostActions is how many actions a row has at most.
const mostActions = 3

// actionSide is the side of an action's square.
const actionSide = 25

// actions returns the actions of a job's row, from the right.
func (l *jobList) actions(j *ledger.Job) []action {
	more := action{sign: "more", word: tr("What else can be done")}
	cancel := action{sign: "cancel", word: tr("Cancel"), verb: ledger.Cancel}
	retry := action{sign: "retry", word: tr("Try again"), verb: ledger.Retry}
	retry.steady = j.State != ledger.Cancelled
	switch j.State {
	case ledger.Waiting, ledger.Active:
		if l.sample.resting[j.Transfer] { // resumes with the others of its transfer
			all := action{sign: "resume", word: tr("Resume all"), all: true}
			all.steady = j.State == ledger.Waiting
			return []action{all, more, cancel}
		}
		return []action{more, cancel, {sign: "pause", word: tr("Pause"), verb: ledger.Pause}}
	case ledger.Paused:
		resume := action{sign: "resume", word: tr("Resume"), verb: ledger.Resume, steady: true}
		return []action{resume, more, cancel}
	case ledger.Attention, ledger.Failed, ledger.Cancelled:
		if j.Blob == "" { // a file without a valid name can't be sent
			return []action{more}
		}
		return []action{retry, more}
	default:
		return []action{more}
	}
}

// steady is how many actions the row always shows.
func (r *jobRow) steady() int {
	if r.have && r.list.actions(&r.job)[0].steady {
		return 1
	}
	return 0
}

// offered is how many actions the row shows now.
func (r *jobRow) offered() int {
	if r.offers() {
		return len(r.list.actions(&r.job))
	}
	return r.steady()
}

// steadyWidth is the width of the actions that the row always shows.
func (x *jobRowRenderer) steadyWidth() float32 { return actionSide * float32(x.row.steady()) }

// actionsWidth is the width of the actions that the row shows now.
func (x *jobRowRenderer) actionsWidth() float32 { return actionSide * float32(x.row.offered()) }

// offers reports whether the row shows all its actions.
func (r *jobRow) offers() bool {
	return r.have && (r.hovered || r.selected &&
		r.index == r.list.at)
}

// actionAt returns the index of the action at a position in the row; -1 if there is none.
func (r *jobRow) actionAt(p fyne.Position) int {
	for i := range r.offered() {
		at := r.place(i)
		if p.X >= at.X && p.X < at.X+actionSide && p.Y >= at.Y && p.Y < at.Y+actionSide {
			return i
		}
	}
	return -1
}

// actionPlace returns an action's position in a row of that size. Actions count from the right, so
// that the one that is always in sight stays in its place.
func actionPlace(row fyne.Size, fromRight int, oneLine bool) fyne.Position {
	y := float32(3)
	if oneLine {
		y = (row.Height - actionSide) / 2
	}
	return fyne.NewPos(row.Width-10-actionSide*float32(fromRight+1), y)
}

// place returns the position of an action of this row.
func (r *jobRow) place(fromRight int) fyne.Position {
	return actionPlace(r.Size(), fromRight, r.list.inColumns)
}

// act carries out an action: on all selected rows if this row is one of them.
func (r *jobRow) act(a action, at fyne.Position) {
	if !r.selected {
		r.list.selectRow(r.index, r.job.ID, 0)
	}
	r.list.at = r.index
	r.list.tip.hide()
	switch {
	case a.all:
		r.list.queue.commands.resumeAll()
		return
	case a.verb == "":
		r.list.menu(at, true)
		return
	}
	r.list.queue.commands.run(ledger.Command{Verb: a.verb, Jobs: r.list.chosen()})
}

// MouseMoved implements desktop.Hoverable.
func (r *jobRow) MouseMoved(e *desktop.MouseEvent) {
	if i := r.actionAt(e.Position); i != r.pointed {
		r.pointed = i
		r.Refresh()
		r.list.tip.want(r.tips(), r)
	}
}

// tips returns the texts of the row's tip: what the action below the pointer does, or else the full
// text of whatever is shortened.
func (r *jobRow) tips() []string {
	if actions := r.list.actions(&r.job); r.pointed >= 0 && r.pointed < len(actions) {
		return []string{actions[r.pointed].word}
	}
	var texts []string
	if r.shortPath {
		whole := r.job.Blob
		if whole == "" {
			whole = r.job.Source
		}
		texts = append(texts, show.Text(whole))
	}
	if r.shortState != "" {
		texts = append(texts, r.shortState)
	}
	return texts
}

// showActions puts the actions' signs at the row's right end, in place of the size if the row has
// two lines.
func (x *jobRowRenderer) showActions(fyne.Size) {
	r := x.row
	r.acting = r.offers()
	visible(x.size, !r.acting || r.list.inColumns)
	n, actions := r.offered(), r.list.actions(&r.job)
	for i, sign := range x.actions {
		if i >= n {
			if sign.Visible() {
				sign.Hide()
			}
			continue
		}
		color := theme.ColorNameForeground
		if actions[i].steady {
			color = theme.ColorNamePrimary
		}
		sign.Resource = icon(actions[i].sign, color)
		sign.Resize(fyne.NewSquareSize(actionSide - 8))
		sign.Move(r.place(i).AddXY(4, 4))
		sign.Show()
		sign.Refresh()
	}
	if r.pointed < 0 || r.pointed >= n {
		x.pointed.Hide()
		return
	}
	x.pointed.FillColor = currentColor(theme.ColorNamePressed)
	x.pointed.Resize(fyne.NewSquareSize(actionSide))
	x.pointed.Move(r.place(r.pointed))
	x.pointed.Show()
}

// newActionSigns creates the pictures of a row's actions, hidden.
func newActionSigns() (all [mostActions]*canvas.Image) {
	for i := range all {
		all[i] = canvas.NewImageFromResource(icon("more", theme.ColorNameForeground))
		all[i].FillMode = canvas.ImageFillContain
		all[i].Hide()
	}
	return all
}
