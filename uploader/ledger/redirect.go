package ledger

import (
	"context"
	"slices"

	"inboxuploader/uploader/scan"
)

// redirects moves the jobs of one transfer to another.
type redirects struct {
	l *Ledger
}

// redirected lists the states of jobs that move to another inbox: not delivered and not given up.
var redirected = []JobState{Waiting, Active, Paused, Attention, Failed}

// OpenTo returns this queue's transfers to an inbox that have something left to send.
func (x *redirects) OpenTo(inbox string) (open []Transfer) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	for _, t := range x.l.transfers {
		if t.mine() && t.Inbox == inbox && (!t.Scanned || t.shown(redirected) > 0) {
			open = append(open, t.Copy())
		}
	}
	return open
}

// Heir returns the transfer that takes over from another one, and the files that it has already. It
// adds the transfer if there is none yet. It blocks on the journal.
func (x *redirects) Heir(ctx context.Context, next Transfer) (*Entry, *KnownFiles, error) {
	x.l.mu.Lock()
	for _, t := range x.l.transfers {
		if t.mine() && t.Follows == next.Follows && t.Inbox == next.Inbox {
			t.Moving, t.dirty = true, true
			x.l.mu.Unlock()
			has, err := x.l.sources(ctx, []int64{t.ID}, false)
			return t, has, err
		}
	}
	x.l.mu.Unlock()
	next.Owner, next.Moving = Here, true
	t, err := x.l.AddTransfer(ctx, next)
	return t, nil, err
}

// Redirectable returns the ids of a transfer's batches with jobs that move to another inbox.
func (x *redirects) Redirectable(transfer int64) []int64 {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return x.l.batchesWith(transfer, redirected)
}

// RedirectedOf returns the jobs of a batch that move to another inbox.
func (x *redirects) RedirectedOf(b *Page) (jobs []Job) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	for i := range b.jobs {
		if slices.Contains(redirected, b.jobs[i].State) {
			jobs = append(jobs, b.jobs[i])
		}
	}
	return jobs
}

// TakeAway removes jobs that moved to another transfer and returns their number.
func (x *redirects) TakeAway(b *Page, jobs []Job) int {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	ids := map[int64]bool{}
	for i := range jobs {
		ids[jobs[i].ID] = true
	}
	for i := range b.jobs {
		j := b.jobs[i]
		if !ids[j.ID] {
			continue
		}
		if j.Class == Large {
			x.l.blocks = append(x.l.blocks, BlockChange{Job: j.ID, Forget: true})
		}
		j.State, j.Problem = Removed, nil
		x.l.set(b, i, j)
	}
	x.l.ended = true
	return len(ids)
}

// settleMoves completes the moves of a process that ended midway: it removes from transfers the
// jobs that their heirs already have, or a file would go to both inboxes. It is for transfers that
// are being adopted.
func (x *redirects) settleMoves(ctx context.Context, adopted []Transfer) error {
	isNew := func(id int64) bool {
		return slices.ContainsFunc(adopted, func(t Transfer) bool { return t.ID == id })
	}
	x.l.mu.Lock()
	var heirs []*Entry
	for _, t := range x.l.transfers {
		from := x.l.transferOf(t.Follows)
		if t.Moving && from != nil && (isNew(from.ID) || from.mine() && isNew(t.ID)) {
			heirs = append(heirs, t)
		}
	}
	x.l.mu.Unlock()
	for _, heir := range heirs {
		has, err := x.l.sources(ctx, []int64{heir.ID}, false)
		if err != nil {
			return err
		}
		if err := x.l.Each(ctx, x.Redirectable(heir.Follows), func(b *Page) error {
			jobs := slices.DeleteFunc(x.RedirectedOf(b), func(j Job) bool { return !has.Take(j.Source) })
			if len(jobs) > 0 {
				x.TakeAway(b, jobs)
			}
			return nil
		}); err != nil {
			return err
		}
		x.l.mu.Lock()
		if heir.mine() || isNew(heir.ID) {
			x.endMove(heir)
		}
		x.l.mu.Unlock()
	}
	return nil
}

// endMove notes that no job is in two transfers any more. The caller holds the lock.
func (x *redirects) endMove(heir *Entry) {
	if heir.Moving {
		heir.Moving, heir.dirty = false, true
		x.l.mark()
	}
}

// EndRoots says that a transfer's roots yield no more files: its heir continues with them, and now
// has the counts of what was left out.
func (x *redirects) EndRoots(id int64) {
	x.l.mu.Lock()
	for _, t := range x.l.transfers {
		if t.Follows == id && t.mine() {
			x.endMove(t)
		}
	}
	if t := x.l.transferOf(id); t != nil {
		t.Skipped, t.SkippedPaths, t.Outside = map[scan.SkipReason]int64{}, nil, 0
		t.Renamed, t.Warned, t.NameNotes, t.Unmatched = 0, 0, nil, scan.Unmatched{}
		t.Scanned, t.dirty, x.l.ended = true, true, true
		x.l.mark()
	}
	x.l.mu.Unlock()
}
