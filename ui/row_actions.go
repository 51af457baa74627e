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
	verb       ledger.Verb // empty: opens the menu
}

// mostActions is how many a row has at most.
const mostActions = 3

// actionSide is the side of an action's square.
const actionSide = 25

// actions returns what a job's row offers, from the right.
func (l *jobList) actions(j *ledger.Job) []action {
	more := action{sign: "more", word: tr("What else can be done")}
	cancel := action{"cancel", tr("Cancel"), ledger.Cancel}
	switch j.State {
	case ledger.Waiting, ledger.Active:
		if l.sample.resting[j.Transfer] { // goes on with the others of its transfer
			return []action{more, cancel}
		}
		return []action{more, cancel, {"pause", tr("Pause"), ledger.Pause}}
	case ledger.Paused:
		return []action{more, cancel, {"resume", tr("Resume"), ledger.Resume}}
	case ledger.Attention, ledger.Failed, ledger.Cancelled:
		return []action{more, {"retry", tr("Try again"), ledger.Retry}}
	default:
		return []action{more}
	}
}

// offers reports whether the row shows its actions.
func (r *jobRow) offers() bool {
	return r.have && (r.hovered || r.selected &&
		r.index == r.list.at)
}

// actionAt returns the number of the action at a position in the row, -1 where there is none.
func (r *jobRow) actionAt(p fyne.Position) int {
	if !r.offers() {
		return -1
	}
	for i := range r.list.actions(&r.job) {
		at := actionPlace(r.Size(), i)
		if p.X >= at.X && p.X < at.X+actionSide && p.Y >= at.Y && p.Y < at.Y+actionSide {
			return i
		}
	}
	return -1
}

// actionPlace is where an action stands in a row of that size. They are counted from the right, so
// that the menu's stays where it is.
func actionPlace(row fyne.Size, fromRight int) fyne.Position {
	return fyne.NewPos(row.Width-10-actionSide*float32(fromRight+1), 3)
}

// act does what an action says: with all that are selected, where the row is one of them.
func (r *jobRow) act(a action, at fyne.Position) {
	if !r.selected {
		r.list.selectRow(r.index, r.job.ID, 0)
	}
	r.list.at = r.index
	r.list.tip.hide()
	if a.verb == "" {
		r.list.menu(at)
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

// showActions puts the signs of the actions in the size's place.
func (x *jobRowRenderer) showActions(s fyne.Size) {
	r := x.row
	if !r.offers() {
		if r.acting {
			r.acting = false
			x.size.Show()
			x.pointed.Hide()
			for _, sign := range x.actions {
				sign.Hide()
			}
		}
		return
	}
	r.acting = true
	x.size.Hide()
	actions := r.list.actions(&r.job)
	for i, sign := range x.actions {
		if i >= len(actions) {
			sign.Hide()
			continue
		}
		sign.Resource = icon(actions[i].sign, theme.ColorNameForeground)
		sign.Resize(fyne.NewSquareSize(actionSide - 8))
		sign.Move(actionPlace(s, i).AddXY(4, 4))
		sign.Show()
		sign.Refresh()
	}
	if r.pointed < 0 || r.pointed >= len(actions) {
		x.pointed.Hide()
		return
	}
	x.pointed.FillColor = currentColor(theme.ColorNamePressed)
	x.pointed.Resize(fyne.NewSquareSize(actionSide))
	x.pointed.Move(actionPlace(s, r.pointed))
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
