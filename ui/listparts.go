package ui

import (
	"context"
	"slices"
	"time"

	"inboxuploader/uploader/ledger"
)

const (
	// topAfter is how long a file has been sent before it moves to the top: small ones come and go
	// so fast that nobody could read the rows below them.
	topAfter = 1500 * time.Millisecond
	// topMost is how many files are at the top at most.
	topMost = 64
)

// listPart is a part of the list: its rows are a few known jobs, or all jobs of a filter. It holds
// no jobs of a filter, however many there are.
type listPart struct {
	heading bool // a row above them names their inbox
	inbox   string
	files   int64 // of the inbox, for the heading
	known   []ledger.Job
	filter  ledger.Filter
	n       int // rows without the heading
}

// divide divides a filter's jobs into parts: first the active ones, and then, if there are several
// inboxes, the jobs of each inbox below its name.
func (sm *sampler) divide(ctx context.Context, s *sample) (all []listPart) {
	f := s.view.filter
	top := sm.top(ctx, s)
	f.Without = nil
	inTop := map[int64]int64{} // by transfer
	for i := range top {
		f.Without = append(f.Without, top[i].ID)
		inTop[top[i].Transfer]++
	}
	files := map[string]int64{}
	var inboxes []string
	for i := range s.status.Transfers {
		t := &s.status.Transfers[i]
		n := countedIn(&t.Files, f) - inTop[t.ID]
		if n <= 0 {
			continue
		}
		if files[t.Inbox] == 0 {
			inboxes = append(inboxes, t.Inbox)
		}
		files[t.Inbox] += n
	}
	several := len(inboxes) > 1
	if len(top) > 0 {
		all = append(all, listPart{
			heading: several, files: int64(len(top)), known: top, n: len(top),
		})
	}
	if !several {
		return append(all, listPart{filter: f, n: counted(&s.status, f) - len(top)})
	}
	for _, key := range inboxes {
		first := true
		for i := range s.status.Transfers {
			t := &s.status.Transfers[i]
			n := countedIn(&t.Files, f) - inTop[t.ID]
			if t.Inbox != key || n <= 0 {
				continue
			}
			x := listPart{heading: first, inbox: key, files: files[key], filter: f, n: int(n)}
			x.filter.Transfer, first = t.ID, false
			all = append(all, x)
		}
	}
	return all
}

// top returns the files that have been active for a while, if the list shows all files.
func (sm *sampler) top(ctx context.Context, s *sample) (top []ledger.Job) {
	before := sm.since
	sm.since = map[int64]time.Time{}
	if s.view.filter.States != nil || s.status.Files[ledger.Active] == 0 {
		return nil
	}
	active, err := sm.config.Queue.Rows(ctx,
		ledger.Filter{States: []ledger.JobState{ledger.Active}, Shown: true}, 0, topMost)
	if err != nil {
		return nil // reading the rows reports the error
	}
	for _, j := range active {
		if j.State != ledger.Active || s.held[j.Inbox] {
			continue
		}
		since, known := before[j.ID]
		if !known {
			since = s.now
		}
		sm.since[j.ID] = since
		if s.now.Sub(since) >= topAfter {
			top = append(top, j)
		}
	}
	return top
}

// rows is how many rows a part has with its heading.
func (x *listPart) rows() int {
	if x.heading {
		return x.n + 1
	}
	return x.n
}

// readParts reads n rows from the from-th on. A heading is a job without an id, whose size is the
// number of files below it.
func (sc *screen) readParts(
	ctx context.Context, all []listPart, from, n int,
) (rows []ledger.Job, err error) {
	for i := range all {
		x := &all[i]
		if from >= x.rows() {
			from -= x.rows()
			continue
		}
		want := min(n-len(rows), x.rows()-from)
		if x.heading && from == 0 && want > 0 {
			rows = append(rows, ledger.Job{Inbox: x.inbox, Size: x.files})
			want--
		} else if x.heading {
			from--
		}
		some := x.known
		if some == nil && want > 0 {
			if some, err = sc.config.Queue.Rows(ctx, x.filter, from, want); err != nil {
				return rows, err
			}
		} else {
			some = some[min(from, len(some)):min(from+want, len(some))]
		}
		// There are fewer if the queue has moved on since the count: fill up, so that the parts
		// that follow keep their place.
		for rows = append(rows, some...); len(some) < want && i < len(all)-1; want-- {
			rows = append(rows, ledger.Job{Inbox: unread})
		}
		if from = 0; len(rows) >= n {
			break
		}
	}
	return rows, nil
}

// unread is the inbox of a placeholder row.
const unread = "?"

// countedIn returns how many of the counted files have the states of a filter.
func countedIn(c *ledger.Counts, f ledger.Filter) (n int64) {
	if f.States == nil {
		return c.Total()
	}
	for _, state := range slices.Compact(slices.Sorted(slices.Values(f.States))) {
		n += c[state]
	}
	return n
}
