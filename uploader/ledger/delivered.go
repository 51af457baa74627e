package ledger

import (
	"context"
	"slices"
)

// deliveredJobs visits the jobs that delivered a transfer's files.
type deliveredJobs struct {
	ledger *Ledger
	visit  func(j Job) error
	seen   jobSet // visited
	others jobSet // still to be visited: jobs of other transfers that delivered files found unchanged by this one
}

// own visits the transfer's own jobs.
func (d *deliveredJobs) own(ctx context.Context, id int64) error {
	d.others = jobSet{}
	batches, _ := d.ledger.deliveredBatches(func(t *Entry) bool { return t.ID == id })
	return d.each(ctx, batches, func(Job) bool { return true })
}

// next visits the others.
func (d *deliveredJobs) next(ctx context.Context) error {
	now := d.others
	d.others = jobSet{}
	return d.each(ctx, now.batches(), func(j Job) bool { return now.has(j.ID) })
}

func (d *deliveredJobs) each(ctx context.Context, batches []int64, wanted func(Job) bool) error {
	return d.ledger.Each(ctx, batches, func(b *Page) error {
		for _, j := range d.ledger.jobsOf(b) {
			switch {
			case !j.State.IsDelivered() || !wanted(j):
			case j.State == Confirmed:
				d.others.add(j.Earlier)
			case d.seen.add(j.ID):
				j.State = Delivered
				if err := d.visit(j); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// jobsOf returns a copy of a batch's jobs, which are in memory.
func (x *Ledger) jobsOf(b *Page) []Job {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(b.jobs)
}

// copiesOf returns copies of these transfers, or of all if ids is empty.
func (x *Ledger) copiesOf(ids []int64) (all []Transfer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.transfers {
		if len(ids) == 0 || slices.Contains(ids, t.ID) {
			all = append(all, t.Copy())
		}
	}
	return all
}

// Delivered calls visit for each file that these transfers delivered or found unchanged since an
// earlier delivery, whether the list still shows it or not. If transfers is empty, it visits each
// file that any transfer delivered. Each file comes once, with the transfer and as a job in the
// state Delivered. It blocks on the journal's disk. An error of visit ends it and is returned.
func (x *Ledger) Delivered(
	ctx context.Context, transfers []int64, visit func(t Transfer, j Job) error,
) error {
	d := &deliveredJobs{ledger: x, seen: jobSet{}}
	for _, t := range x.copiesOf(transfers) {
		d.visit = func(j Job) error { return visit(t, j) }
		if err := d.own(ctx, t.ID); err != nil {
			return err
		}
		if len(transfers) == 0 {
			continue // their own transfers visit them
		}
		d.others.join(decodeJobSet(t.Unchanged.Jobs))
		for len(d.others) > 0 {
			if err := d.next(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
