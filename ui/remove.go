package ui

import (
	"context"
	"maps"
	"slices"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// unsent are the states of files that would still be sent, or that a person may still want to be
// sent.
var unsent = []ledger.JobState{
	ledger.Waiting, ledger.Active, ledger.Paused, ledger.Attention,
	ledger.Failed,
}

// unsentAtOnce is how many unsent files are read at a time to count those that are selected.
const unsentAtOnce = 4096

// removeAsked takes files from the list, and asks before it takes any that were not sent: that
// can't be undone.
func (cm *commands) removeAsked(ids []int64) {
	if len(ids) == 0 {
		return
	}
	wanted := make(map[int64]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	rows := cm.queue.list.sample.rows
	cm.inBackground(func(ctx context.Context) {
		n, err := cm.countUnsent(ctx, wanted, rows)
		cm.do(func() {
			switch {
			case ctx.Err() != nil:
			case err != nil:
				cm.tell(tr("That was not possible"), explain(err))
			case n > 0:
				cm.askToRemove(ids, n)
			default:
				cm.remove(ids)
			}
		})
	})
}

// countUnsent counts the wanted files that were not sent: among the rows that were read, where
// these are all, else in the queue.
func (cm *commands) countUnsent(
	ctx context.Context, wanted map[int64]bool, rows []ledger.Job,
) (n int64, err error) {
	left := maps.Clone(wanted)
	count := func(rows []ledger.Job) {
		for i := range rows {
			if j := &rows[i]; left[j.ID] {
				delete(left, j.ID)
				if slices.Contains(unsent, j.State) {
					n++
				}
			}
		}
	}
	count(rows)
	for from := 0; len(left) > 0; from += unsentAtOnce {
		rows, err := cm.config.Queue.Rows(ctx, ledger.Filter{States: unsent}, from, unsentAtOnce)
		if err != nil {
			return n, err
		}
		if count(rows); len(rows) < unsentAtOnce {
			break
		}
	}
	return n, nil
}

// askToRemove asks whether files are to go of which so many were not sent.
func (cm *commands) askToRemove(ids []int64, unsent int64) {
	keep := cm.newButton(tr("Cancel"), nil)
	remove := cm.newButtonWithIcon(trn("Remove {{.N}} files", int64(len(ids))),
		icon("remove", theme.ColorNameForegroundOnPrimary), nil)
	remove.Importance = widget.HighImportance
	words := trn("{{.N}} files were not sent yet, and won't be.", unsent) + " " +
		tr("Nothing is deleted from this computer.")
	s := cm.openSheet(tr("Remove from the list"), 480, inset(0, 12, 8, 14, wrapped(words)), keep,
		remove)
	s.tag("cancel", keep)
	s.tag("remove", remove)
	keep.OnTapped = s.close
	remove.OnTapped = func() {
		s.close()
		cm.remove(ids)
	}
	cm.window.Canvas().Focus(keep)
	cm.events.event("told", "title", tr("Remove from the list"), "files", len(ids),
		"unsent", unsent)
}

// remove takes files from the list. The rows that a search has found go at once.
func (cm *commands) remove(ids []int64) {
	clear(cm.queue.list.selected)
	cm.sampler.forget(ids)
	cm.run(ledger.Command{Verb: ledger.Remove, Jobs: ids})
}

// withoutGone leaves out the rows that a person has taken from the list: what is being sent still
// leaves the queue only when its request is answered.
func (sm *sampler) withoutGone(rows []ledger.Job) []ledger.Job {
	sm.mu.Lock()
	defer sm.mu.Unlock()
	if len(sm.gone) == 0 {
		return rows
	}
	left := make([]ledger.Job, 0, len(rows))
	for i := range rows {
		if !sm.gone[rows[i].ID] {
			left = append(left, rows[i])
		}
	}
	return left
}
