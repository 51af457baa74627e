package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
)

// action is what can be done with a row by one click while the pointer or the keyboard is there.
// The menu has all of it, and more.
type action struct {
	sign, word string
	verb       ledger.Verb // empty: opens the menu, or resumes all
	all        bool        // resumes all
	steady     bool        // is in sight without the pointer
}

// mostActions is how many a row has at most.
const mostActions = 3

// actionSide is the side of an action's square.
const actionSide = 25

// actions returns what a job's row offers, from the right.
func (l *jobList) actions(j *ledger.Job) []action {
	more := action{sign: "more", word: tr("What else can be done")}
	cancel := action{sign: "cancel", word: tr("Cancel"), verb: ledger.Cancel}
	retry := action{sign: "retry", word: tr("Try again"), verb: ledger.Retry}
	retry.steady = j.State != ledger.Cancelled
	switch j.State {
	case ledger.Waiting, ledger.Active:
		if l.sample.resting[j.Transfer] { // goes on with the others of its transfer
			all := action{sign: "resume", word: tr("Resume all"), all: true}
			all.steady = j.State == ledger.Waiting
			return []action{all, more, cancel}
		}
		return []action{more, cancel, {sign: "pause", word: tr("Pause"), verb: ledger.Pause}}
	case ledger.Paused:
		resume := action{sign: "resume", word: tr("Resume"), verb: ledger.Resume, steady: true}
		return []action{resume, more, cancel}
	case ledger.Attention, ledger.Failed, ledger.Cancelled:
		if j.Blob == "" { // what has no name can't be sent
			return []action{more}
		}
		return []action{retry, more}
	default:
		return []action{more}
	}
}

// steady is how many actions the row shows at any time.
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

// steadyWidth is the room of what the row shows at any time, actionsWidth that of what it shows now.
func (x *jobRowRenderer) steadyWidth() float32 { return actionSide * float32(x.row.steady()) }

func (x *jobRowRenderer) actionsWidth() float32 { return actionSide * float32(x.row.offered()) }

// offers reports whether the row shows all its actions.
func (r *jobRow) offers() bool {
	return r.have && (r.hovered || r.selected &&
		r.index == r.list.at)
}

// actionAt returns the number of the action at a position in the row, -1 where there is none.
func (r *jobRow) actionAt(p fyne.Position) int {
	for i := range r.offered() {
		at := r.place(i)
		if p.X >= at.X && p.X < at.X+actionSide && p.Y >= at.Y && p.Y < at.Y+actionSide {
			return i
		}
	}
	return -1
}

// actionPlace is where an action stands in a row of that size. They are counted from the right, so
// that what is in sight at any time stays where it is.
func actionPlace(row fyne.Size, fromRight int, oneLine bool) fyne.Position {
	y := float32(3)
	if oneLine {
		y = (row.Height - actionSide) / 2
	}
	return fyne.NewPos(row.Width-10-actionSide*float32(fromRight+1), y)
}

// place is where an action of this row stands.
func (r *jobRow) place(fromRight int) fyne.Position {
	return actionPlace(r.Size(), fromRight, r.list.inColumns)
}

// act does what an action says: with all that are selected, where the row is one of them.
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

// tips is what a tip says of the row: what the action does that the pointer is on, else what is
// shortened.
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

// showActions puts the signs of the actions at the row's right end, in the size's place where the
// row has two lines.
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

// newActionSigns makes the pictures of a row's actions, out of sight.
func newActionSigns() (all [mostActions]*canvas.Image) {
	for i := range all {
		all[i] = canvas.NewImageFromResource(icon("more", theme.ColorNameForeground))
		all[i].FillMode = canvas.ImageFillContain
		all[i].Hide()
	}
	return all
}
