package ledger

import (
	"context"
	"errors"
	"slices"
)

// Adopt makes this process the owner of transfers that nobody owns and returns those that it got.
// With lent they are borrowed: they are given up soon, and none of their jobs is sent.
func (x *Ledger) Adopt(ctx context.Context, ids []int64, lent bool) ([]Transfer, error) {
	done, err := x.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	got, err := x.journal.Adopt(ctx, ids)
	if err != nil || len(got) == 0 {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // an adopted transfer must not stay half known
	if err := x.learnAdopted(ctx, got); err != nil {
		adopted := make([]int64, len(got))
		for i := range got {
			adopted[i] = got[i].ID
		}
		return nil, errors.Join(err, x.journal.Release(ctx, adopted))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, g := range got {
		if t := x.transferOf(g.ID); t != nil {
			seen := g.Seen
			t.Owner, t.lent = Here, lent
			for _, b := range x.batches {
				if b.transfer == t && !b.Claimed.IsZero() {
					b.doubt = seen.Add(DoubtMargin)
				}
			}
		}
	}
	x.recount()
	return got, nil
}

// learnAdopted reads the adopted transfers: another process may have changed them since they were
// last read.
func (x *Ledger) learnAdopted(ctx context.Context, got []Transfer) error {
	c, err := x.journal.Load(ctx)
	if err != nil {
		return err
	}
	for i := range c.Transfers {
		if slices.ContainsFunc(got, func(t Transfer) bool { return t.ID == c.Transfers[i].ID }) {
			c.Transfers[i].Owner = Nobody // until merged, so that the journal's version wins
		}
	}
	x.merge(c)
	if err := x.holdMoved(ctx); err != nil {
		return err
	}
	return x.settleMoves(ctx, got)
}

// Release gives up transfers, so that others may adopt them.
func (x *Ledger) Release(ctx context.Context, ids []int64) error {
	done, err := x.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	x.mu.Lock()
	for _, id := range ids {
		if t := x.transferOf(id); t != nil {
			t.Owner, t.lent = Nobody, false
		}
	}
	x.recount()
	x.mu.Unlock()
	return x.journal.Release(ctx, ids)
}

// SetPaused pauses or resumes a transfer and returns the number of its jobs concerned.
func (x *Ledger) SetPaused(id int64, pause bool) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.transferOf(id)
	if t == nil || t.Paused == pause {
		return 0
	}
	t.Paused, t.dirty = pause, true
	x.ended = true
	x.recount()
	x.mark()
	return int(t.unfinished())
}

// Has reports whether a transfer is in the list.
func (x *Ledger) Has(id int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.transferOf(id) != nil
}

// Describe applies change to this queue's unfinished transfers to an inbox.
func (x *Ledger) Describe(inbox string, change func(*Transfer)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.transfers {
		if t.mine() && t.Inbox == inbox && (!t.Scanned || t.unfinished() > 0) {
			change(&t.Transfer)
			t.dirty = true
			x.mark()
		}
	}
}

// Concerned returns the ids of the batches with jobs that a command may concern.
func (x *Ledger) Concerned(c Command) (ids []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.Jobs != nil {
		for _, job := range c.Jobs {
			ids = append(ids, job/BatchSize)
		}
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	return x.batchesWith(c.Transfer, transitions[c.Verb].from)
}

// batchesWith returns the ids of a transfer's batches with jobs in these states.
func (x *Ledger) batchesWith(transfer int64, states []JobState) (ids []int64) {
	for _, b := range x.batches {
		if b.Transfer == transfer && b.shown(states) > 0 {
			ids = append(ids, b.ID)
		}
	}
	return ids
}

// CarryOut puts the jobs of a batch that a command concerns into their new state, except for loaded
// ones, which it returns. n is the number of jobs concerned that the list shows. loaded must not
// block or call back.
func (x *Ledger) CarryOut(b *Page, c Command, loaded func(id int64) bool) (n int, left []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.Verb == Rename && b.transfer.HasOneName() {
		return 0, nil
	}
	for i := range b.jobs {
		j := b.jobs[i]
		if !c.means(j.ID) || !c.Verb.concerns(&j) {
			continue
		}
		if !j.State.Hidden() {
			n++
		}
		if loaded(j.ID) {
			left = append(left, j.ID)
			continue
		}
		j.obey(c.Verb)
		x.set(b, i, j)
		if j.State == Removed {
			x.blocks = append(x.blocks, BlockChange{Job: j.ID, Forget: true})
		}
	}
	return n, left
}

// TakeOut removes from the list a job that ended just when a person wanted it removed, and with the
// last job the transfer.
func (x *Ledger) TakeOut(id int64) {
	x.mu.Lock()
	b, i := x.batchOf(id)
	if b == nil || b.jobs == nil { // nil: its batch is gone already
		x.mu.Unlock()
		return
	}
	j := b.jobs[i]
	j.State, j.Problem = Remove.Of(j.State), nil // a delivery stays known
	x.set(b, i, j)
	x.mu.Unlock()
	x.Prune(b.Transfer, false)
}

// Prune removes a transfer's batches that have no job left to show or to remember, and with the
// last one the transfer; with all it also removes a transfer without batches. They stay while the
// transfer's folders may be rescanned: a scan would find and send again what a person removed.
func (x *Ledger) Prune(id int64, all bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.mayBeReadAgain(id) {
		return
	}
	left := false
	removed := false
	x.batches = slices.DeleteFunc(x.batches, func(b *Page) bool {
		if b.Transfer != id {
			return false
		}
		if b.shown(nil) > 0 || b.countDelivered() > 0 || b.claimed != [BatchSize / 64]uint64{} {
			left = true
			return false
		}
		x.dropped = append(x.dropped, b.ID)
		b.transfer.add(&b.Tally, -1)
		if b.dirty {
			b.dirty = false
			b.holds--
		}
		removed = true
		return true
	})
	if !removed && (!all || left) {
		return
	}
	x.place()
	if t := x.transferOf(id); t != nil && !left {
		x.forgotten = append(x.forgotten, id)
		x.transfers = slices.DeleteFunc(x.transfers, func(o *Entry) bool { return o == t })
	}
	x.ended = true
	x.mark()
}

// mayBeReadAgain reports whether a transfer, or one that took over from it, is unfinished.
func (x *Ledger) mayBeReadAgain(id int64) bool {
	return slices.ContainsFunc(x.transfers, func(t *Entry) bool {
		if t.Follows == id && t.ID > id && x.mayBeReadAgain(t.ID) {
			return true
		}
		return t.ID == id && (!t.Scanned || t.scanning || t.unfinished()+t.Files[Paused] > 0)
	})
}
