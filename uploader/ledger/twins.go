package ledger

import (
	"context"
)

// twins finds the same file in other transfers by its source.
type twins struct {
	l *Ledger

	bySource map[[16]byte][]int64 // jobs by their source's mark, of the batches in sourced; nil until the first search
	sourced  map[int64]bool
}

// Twins returns a job's twins as the journal has them. Each may have an older or newer version of
// the file than the job. It blocks on the journal.
func (x *twins) Twins(ctx context.Context, j *Job) (twins []Job, err error) {
	if err := x.findSources(ctx); err != nil {
		return nil, err
	}
	x.l.mu.Lock()
	ids := x.bySource[pathMark(j.Source)]
	x.l.mu.Unlock()
	for _, id := range ids {
		other, err := x.jobNow(ctx, id)
		if err != nil {
			return nil, err
		}
		if other.Transfer != j.Transfer && other.Inbox == j.Inbox && other.Source == j.Source &&
			OriginalName(other.Blob, other.Copy) == OriginalName(j.Blob, j.Copy) {
			twins = append(twins, other)
		}
	}
	return twins, nil
}

// findSources adds the jobs that came into the list since the last call to bySource.
func (x *twins) findSources(ctx context.Context) error {
	x.l.mu.Lock()
	var ids []int64
	for _, b := range x.l.batches {
		if !x.sourced[b.ID] {
			ids = append(ids, b.ID)
		}
	}
	x.l.mu.Unlock()
	return x.l.Each(ctx, ids, func(b *Page) error {
		x.l.mu.Lock()
		defer x.l.mu.Unlock()
		if x.bySource == nil {
			x.bySource, x.sourced = map[[16]byte][]int64{}, map[int64]bool{}
		}
		if x.sourced[b.ID] {
			return nil // somebody else was faster
		}
		for i := range b.jobs {
			mark := pathMark(b.jobs[i].Source)
			x.bySource[mark] = append(x.bySource[mark], b.job(i))
		}
		x.sourced[b.ID] = true
		return nil
	})
}

// jobNow returns a job as it is now, or as the journal has it if it is another process's; the zero
// Job if it is gone.
func (x *twins) jobNow(ctx context.Context, id int64) (j Job, err error) {
	x.l.mu.Lock()
	b, i := x.l.batchOf(id)
	if b != nil && b.transfer.mine() && b.jobs != nil {
		j = b.jobs[i]
		x.l.mu.Unlock()
		return j, nil
	}
	x.l.mu.Unlock()
	if b == nil {
		return Job{}, nil
	}
	stored, err := x.l.journal.Batch(ctx, b.ID)
	if err != nil {
		return Job{}, err
	}
	jobs, _, ok := decodeBatch(stored)
	if !ok || i >= len(jobs) {
		return Job{}, nil
	}
	now := Page{BatchHead: b.BatchHead, transfer: b.transfer, jobs: jobs}
	x.l.mu.Lock()
	now.follow(b.transfer.Moved)
	x.l.mu.Unlock()
	j = jobs[i]
	j.ID, j.Transfer, j.Inbox = id, b.Transfer, b.transfer.Inbox
	return j, nil
}
