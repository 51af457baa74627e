package ledger

import "context"

// hidden holds jobs that a person has removed from the list and may still put back. A filter with
// Shown passes over them; all else goes on as before. They are only in memory, so that a crash
// loses the wish and not the jobs.
type hidden struct {
	jobs      jobSet
	batches   map[int64]*Tally // counts of the jobs by batch
	transfers map[int64]*Tally // counts of the jobs by transfer
}

// Hide hides the jobs that a command would remove from the list: [Ledger.Rows] leaves them out for
// a [Filter] with Shown, and [TransferStatus.Hidden] counts them. It returns those that would still
// be sent; the caller pauses these. A command without a verb shows all jobs again. It blocks on the
// journal's disk.
func (x *view) Hide(ctx context.Context, c Command) (going []int64, err error) {
	defer x.l.changed()
	if c.Verb == "" {
		x.l.mu.Lock()
		x.hidden = hidden{}
		x.l.mu.Unlock()
		return nil, nil
	}
	for _, part := range x.l.Split(c) {
		some, err := x.hide(ctx, part.Command)
		if going = append(going, some...); err != nil {
			return going, err
		}
	}
	return going, nil
}

// hide is Hide for the jobs of one transfer.
func (x *view) hide(ctx context.Context, c Command) (going []int64, err error) {
	err = x.l.Each(ctx, x.l.Concerned(c), func(b *Page) error {
		x.l.mu.Lock()
		defer x.l.mu.Unlock()
		for i := range b.jobs {
			j := &b.jobs[i]
			if !c.means(j.ID) || !c.Verb.concerns(j) || !x.hidden.add(b, j) {
				continue
			}
			if j.State == Waiting || j.State == Active {
				going = append(going, j.ID)
			}
		}
		return nil
	})
	return going, err
}

// add hides a job and reports whether it was shown before.
func (h *hidden) add(b *Page, j *Job) bool {
	if h.jobs == nil {
		h.jobs, h.batches, h.transfers = jobSet{}, map[int64]*Tally{}, map[int64]*Tally{}
	}
	if !h.jobs.add(j.ID) {
		return false
	}
	if h.batches[b.ID] == nil {
		h.batches[b.ID] = &Tally{}
	}
	if h.transfers[b.Transfer] == nil {
		h.transfers[b.Transfer] = &Tally{}
	}
	h.count(b, j, 1)
	return true
}

// count counts a job n times, 1 or -1, if it is hidden.
func (h *hidden) count(b *Page, j *Job, n int64) {
	if h.jobs.has(j.ID) {
		h.batches[b.ID].count(j, n)
		h.transfers[b.Transfer].count(j, n)
	}
}

// shownOf returns how many jobs of a batch match a filter, not regarding its text.
func (x *view) shownOf(b *Page, f Filter) int64 {
	n := b.shown(f.States)
	if h := x.hidden.batches[b.ID]; h != nil && f.Shown {
		n -= h.shown(f.States)
	}
	for _, id := range f.Without {
		if i := int(id % BatchSize); id/BatchSize == b.ID && b.jobs != nil && i < len(b.jobs) &&
			f.matches(&b.jobs[i]) && (!f.Shown || !x.hidden.jobs.has(id)) {
			n--
		}
	}
	return max(n, 0)
}
