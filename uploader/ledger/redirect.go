package ledger

import (
	"context"
	"slices"

	"inboxuploader/uploader/scan"
)

// redirected are the states of jobs that go along to another inbox: what was not delivered and not given up.
var redirected = []JobState{Waiting, Active, Paused, Attention, Failed}

// OpenTo returns this queue's transfers to an inbox that have something left to send.
func (x *Ledger) OpenTo(inbox string) (open []Transfer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.transfers {
		if t.mine() && t.Inbox == inbox && (!t.Scanned || t.shown(redirected) > 0) {
			open = append(open, t.Copy())
		}
	}
	return open
}

// Heir returns the transfer that takes over from another one, new where there is none yet, and what it has already.
func (x *Ledger) Heir(ctx context.Context, next Transfer) (*Entry, *KnownFiles, error) {
	x.mu.Lock()
	for _, t := range x.transfers {
		if t.mine() && t.Follows == next.Follows && t.Inbox == next.Inbox {
			x.mu.Unlock()
			has, err := x.sources(ctx, []int64{t.ID}, false)
			return t, has, err
		}
	}
	x.mu.Unlock()
	next.Owner = Here
	t, err := x.AddTransfer(ctx, next)
	return t, nil, err
}

// Redirectable returns the batches of a transfer with jobs that go along to another inbox.
func (x *Ledger) Redirectable(transfer int64) []int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.batchesWith(transfer, redirected)
}

// RedirectedOf returns the jobs of a batch that go to another inbox.
func (x *Ledger) RedirectedOf(b *Page) (jobs []Job) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range b.jobs {
		if slices.Contains(redirected, b.jobs[i].State) {
			jobs = append(jobs, b.jobs[i])
		}
	}
	return jobs
}

// TakeAway removes jobs that were given to another transfer.
func (x *Ledger) TakeAway(b *Page, jobs []Job) int {
	x.mu.Lock()
	defer x.mu.Unlock()
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
			x.blocks = append(x.blocks, BlockChange{Job: j.ID, Forget: true})
		}
		j.State, j.Problem = Removed, nil
		x.set(b, i, j)
	}
	x.ended = true
	return len(ids)
}

// EndRoots says that nothing more comes of a transfer's roots: another one goes on with them, and has what was left out of them.
func (x *Ledger) EndRoots(id int64) {
	x.mu.Lock()
	if t := x.transferOf(id); t != nil {
		t.Skipped, t.SkippedPaths, t.Outside = map[scan.SkipReason]int64{}, nil, 0
		t.Renamed, t.Warned, t.NameNotes, t.Unmatched = 0, 0, nil, scan.Unmatched{}
		t.Scanned, t.dirty, x.ended = true, true, true
		x.mark()
	}
	x.mu.Unlock()
}
