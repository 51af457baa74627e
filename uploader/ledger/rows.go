package ledger

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// view is the list as it is shown.
type view struct {
	l      *Ledger
	hidden hidden
}

// Rows returns up to n jobs that match the filter, starting at index from, in the queue's order. It
// blocks on the journal's disk: it reads the few batches that hold the jobs, or all batches if the
// filter has a text.
func (x *view) Rows(ctx context.Context, f Filter, from, n int) ([]Job, error) {
	if n <= 0 {
		return nil, nil
	}
	f.Text = strings.ToLower(f.Text)
	if f.States != nil {
		f.States = slices.Compact(slices.Sorted(slices.Values(f.States))) // counted once each
	}
	parts, skip := x.find(f, from, n)
	rows := make([]Job, 0, min(n, 1024))
	for _, s := range parts {
		b, err := x.l.fetch(ctx, s.batch)
		if err != nil {
			return rows, err
		}
		if b == nil {
			continue
		}
		rows, skip = x.collect(b, s, f, skip, n, rows)
		x.l.let(b)
		if len(rows) == n {
			break
		}
	}
	return rows, nil
}

// find returns the parts of the queue that hold the rows, and how many of their matching jobs to
// skip first.
func (x *view) find(f Filter, from, n int) (parts []stretch, skip int) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	skip = from
	found := 0 // in parts, as far as it can be known without reading
	for s := range x.l.stretches() {
		b := x.l.batches[s.at]
		if f.Transfer != 0 && f.Transfer != b.Transfer {
			continue
		}
		count := x.shownOf(b, f)
		if count == 0 {
			continue
		}
		if b.moved > 0 {
			count = x.countStretch(b, s, f)
		}
		if f.Text == "" && len(parts) == 0 && skip >= int(count) {
			skip -= int(count)
			continue
		}
		parts = append(parts, s)
		if found += int(count); f.Text == "" && found >= skip+n {
			break
		}
	}
	return parts, skip
}

// countStretch counts the matching jobs of a stretch in a batch with moved jobs, which is in
// memory.
func (x *view) countStretch(b *Page, s stretch, f Filter) (n int64) {
	for i := s.lo; i < min(s.hi, len(b.jobs)); i++ {
		if x.wants(f, &b.jobs[i]) && (s.single || !x.l.isMoved(b.job(i))) {
			n++
		}
	}
	return n
}

func (x *view) collect(b *Page, s stretch, f Filter, skip, n int, rows []Job) ([]Job, int) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	for i := s.lo; i < min(s.hi, len(b.jobs)) && len(rows) < n; i++ {
		j := &b.jobs[i]
		if !x.wants(f, j) || !f.contains(j) || !s.single && b.moved > 0 && x.l.isMoved(j.ID) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		rows = append(rows, *j)
	}
	return rows, skip
}

// wants reports whether a job matches the filter, not regarding its text.
func (x *view) wants(f Filter, j *Job) bool {
	return f.matches(j) && (!f.Shown || !x.hidden.jobs.has(j.ID)) &&
		!slices.Contains(f.Without, j.ID)
}

// matches reports whether the job's state is wanted.
func (f Filter) matches(j *Job) bool {
	if f.States == nil {
		return !j.State.Hidden()
	}
	return slices.Contains(f.States, j.State)
}

// contains reports whether the job has the wanted text, which is in lower case.
func (f Filter) contains(j *Job) bool {
	return f.Text == "" || strings.Contains(strings.ToLower(j.Source), f.Text) ||
		strings.Contains(strings.ToLower(j.Blob), f.Text)
}

// Totals returns the counts of these transfers, or of all if ids is empty.
func (x *view) Totals(ids []int64) (sum Tally) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	for _, t := range x.l.transfers {
		if len(ids) == 0 || slices.Contains(ids, t.ID) {
			sum.add(&t.Tally, 1)
		}
	}
	return sum
}

// Statuses returns these transfers with their counts, or all in the list if ids is empty.
func (x *view) Statuses(ids []int64) (all []TransferStatus) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	for _, t := range x.l.transfers {
		if len(ids) == 0 && !t.IsCleared() || slices.Contains(ids, t.ID) {
			all = append(all,
				TransferStatus{
					Transfer: t.Transfer, Files: t.Files, Bytes: t.Bytes,
					Done: t.Done + t.Bytes[Delivered], Away: t.anyAway(),
					Hidden: x.hidden.transfers[t.ID].copy(),
				})
		}
	}
	return all
}

// HasReached reports whether an inbox, or another on its host, is known to have answered: it
// acknowledged bytes of a listed file, or already had the file.
func (x *view) HasReached(inbox string) bool {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return slices.ContainsFunc(x.l.transfers, func(t *Entry) bool {
		return t.Files[Delivered]+t.Files[Cleared]+t.Files[LeftAlone]+t.Done > 0 &&
			hostOf(t.Inbox) == hostOf(inbox)
	})
}

// LastSpeed returns the last measured speed to an inbox, or another on its host, in bytes per
// second; 0 if there is none.
func (x *view) LastSpeed(inbox string) float64 {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	for _, t := range slices.Backward(x.l.transfers) {
		if t.Speed > 0 && hostOf(t.Inbox) == hostOf(inbox) {
			return t.Speed
		}
	}
	return 0
}

// hostOf returns the host in an inbox's key.
func hostOf(key string) string {
	_, rest, _ := strings.Cut(key, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// siblingMargin allows for the service's whole seconds: a blob delivered up to this long before a
// request began may seem to have been written after that.
const siblingMargin = 5 * time.Second

// HasDeliveredSibling reports whether another job of the same name in the same inbox was delivered,
// possibly after since; a zero since means ever. It blocks on the journal: it reads the inbox's
// batches with delivered jobs, except those of the job's own transfer if that uses each name once.
func (x *view) HasDeliveredSibling(ctx context.Context, j *Job, since time.Time) (bool, error) {
	delivered := []JobState{Delivered, Cleared}
	x.l.mu.Lock()
	var ids []int64
	for _, t := range x.l.transfers {
		once := t.ID == j.Transfer && !j.KeepBoth && !t.rescanned
		if t.Inbox != j.Inbox || once {
			continue
		}
		for _, id := range x.l.batchesWith(t.ID, delivered) {
			if b, _ := x.l.batchOf(id * BatchSize); !t.mine() || since.IsZero() ||
				b.delivered.Add(siblingMargin).After(since) {
				ids = append(ids, id)
			}
		}
	}
	x.l.mu.Unlock()
	err := x.l.Each(ctx, ids, func(b *Page) error {
		x.l.mu.Lock()
		defer x.l.mu.Unlock()
		if slices.ContainsFunc(b.jobs,
			func(o Job) bool { return slices.Contains(delivered, o.State) && o.IsSibling(j) }) {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

var errFound = errors.New("found")

// DoubtMargin is how long after a process's last sign of life, or after a lost answer, the service
// may still have carried out a request: signs of life come every aliveEvery, and a request takes
// time.
const DoubtMargin = 2 * time.Minute

// IsSibling reports whether another job has the same name in the same inbox.
func (j *Job) IsSibling(o *Job) bool { return o.ID != j.ID && o.Inbox == j.Inbox && o.Blob == j.Blob }
