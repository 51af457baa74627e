package ui

import (
	"context"
	"slices"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

const (
	// sampleEvery is the shortest time between two looks at the queue: nobody reads figures that change faster.
	sampleEvery = 100 * time.Millisecond
	// sampleHidden is the same while the window can't be seen; the tray needs no more.
	sampleHidden = time.Second
	// overscan is how many rows above and below those in sight are read along, so that scrolling finds them.
	overscan = 20
)

// view is which rows the person looks at. Fyne's thread writes it, the sampler reads it.
type view struct {
	filter ledger.Filter
	from   int // the first row in sight
	n      int // how many are
}

// sample is what one look at the queue found.
type sample struct {
	now    time.Time
	status uploader.Status
	view   view
	from   int // position of rows[0]
	rows   []ledger.Job
	total  int // rows that match the filter; no more than mostHits where it has a text
	// searchIn is after how long the search is to be repeated, which is older than the rest; 0: it is not.
	searchIn time.Duration
	// resting are the transfers whose jobs wait for a person to resume them.
	resting map[int64]bool
	// interrupted are those of them that an earlier run left, and nobody paused.
	interrupted map[int64]bool
	// oneName are the transfers whose tokens are for one file, so that they lead to one name.
	oneName map[int64]bool
	// missing are the names of files that were gone when they were to be sent, once nothing goes on; none where many files need a person.
	missing []string
	// held are the keys of inboxes that wait for another token.
	held map[string]bool
	// inboxes are those of the transfers that have something in the list, by their keys.
	inboxes map[string]token.Inbox
}

// watch looks at the queue whenever it or the view has changed, and when a countdown has to move on, until ctx ends.
func (w *Window) watch(ctx context.Context) {
	clock := time.NewTimer(0) // for the countdown
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.config.Queue.Changed():
		case <-w.look:
		case <-clock.C:
		}
		next := w.tick(ctx)
		clock.Stop()
		if next > 0 {
			clock.Reset(next)
		}
		rest := sampleEvery
		if w.hidden.Load() {
			rest = sampleHidden
		}
		select {
		case <-ctx.Done():
			return
		case <-w.hurry: // the window is shown again
		case <-time.After(rest):
		}
	}
}

// tick is one look: it reads on the caller's goroutine and returns when Fyne's thread has shown what was read. It returns after
// how long the window has to look again even if nothing changed; 0 for never.
func (w *Window) tick(ctx context.Context) time.Duration {
	w.viewMu.Lock()
	v := w.view
	w.viewMu.Unlock()
	s := sample{now: w.config.Now(), status: w.config.Queue.Status(), view: v}
	s.resting, s.interrupted, s.oneName = map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	s.inboxes = map[string]token.Inbox{}
	for i := range s.status.Transfers {
		t := &s.status.Transfers[i]
		if t.Paused || t.Owner == ledger.Nobody {
			s.resting[t.ID], s.interrupted[t.ID] = true, !t.Paused
		}
		if t.Options.Scan.Inbox.OneName() {
			s.oneName[t.ID] = true
		}
		if !t.Scanned || t.Files.Total()+t.UnchangedFiles() > 0 {
			s.inboxes[t.Inbox] = t.Options.Scan.Inbox
		}
	}
	s.held = map[string]bool{}
	for i := range s.status.Inboxes {
		if in := &s.status.Inboxes[i]; in.Hold != nil {
			s.held[in.Inbox] = true
		}
	}
	if !w.hidden.Load() {
		w.readRows(ctx, &s)
		w.readMissing(ctx, &s)
	}
	var next time.Duration
	shown := make(chan struct{})
	w.do(func() {
		defer close(shown)
		if next = w.show(&s); s.searchIn > 0 && (next == 0 || s.searchIn < next) {
			next = s.searchIn
		}
	})
	select {
	case <-shown:
		return next
	case <-ctx.Done():
		return 0
	}
}

// readRows reads the rows in sight, and those around them.
func (w *Window) readRows(ctx context.Context, s *sample) {
	v := &s.view
	n := v.n + 2*overscan
	switch {
	case v.filter.Text != "":
		// How many there are is known only by reading all, so as many as anybody looks through are read at once, and not often.
		age := s.now.Sub(w.hits.at)
		if w.hits.filter.equal(v.filter) && age < searchEvery && !w.searchAgain.Swap(false) {
			s.rows = w.withoutGone(w.hits.rows)
			s.total, s.searchIn = len(s.rows), searchEvery-age
			return
		}
		n = mostHits
	default:
		if s.total = counted(&s.status, v.filter); s.total == 0 {
			return
		}
		s.from = max(min(v.from, s.total-v.n)-overscan, 0)
	}
	rows, err := w.config.Queue.Rows(ctx, v.filter, s.from, n)
	if err != nil && ctx.Err() == nil {
		w.config.Log.Error("rows", "error", err)
	}
	s.rows = rows
	if v.filter.Text != "" {
		w.hits = hits{filterKey(v.filter), s.now, rows}
		s.rows = w.withoutGone(rows)
		s.total = len(s.rows)
	}
}

// readMissing reads which files were gone, where that can be said without reading many.
func (w *Window) readMissing(ctx context.Context, s *sample) {
	n := needsPerson(&s.status)
	if n == 0 || n > mostNamed || unfinished(&s.status) > 0 {
		return
	}
	rows, err := w.config.Queue.Rows(ctx, ledger.Filter{States: []ledger.JobState{ledger.Attention, ledger.Failed}}, 0, int(n))
	if err != nil && ctx.Err() == nil {
		w.config.Log.Error("rows", "error", err)
	}
	for i := range rows {
		if p := rows[i].Problem; p != nil && (p.Reason == problem.SourceGone || p.Reason == problem.SourceMissing) {
			s.missing = append(s.missing, safeName(nameOf(&rows[i])))
		}
	}
}

const (
	// mostHits is how many found rows are shown.
	mostHits = 1000
	// searchEvery is how often a search is repeated while the queue changes.
	searchEvery = 2 * time.Second
)

// hits is what the last search found. The sampler's own.
type hits struct {
	filter filterKey
	at     time.Time
	rows   []ledger.Job
}

// filterKey compares filters.
type filterKey ledger.Filter

func (k filterKey) equal(f ledger.Filter) bool {
	return k.Text == f.Text && k.Transfer == f.Transfer && slices.Equal(k.States, f.States)
}

// inbox returns what the queue knows of an inbox, nil where it knows nothing of it.
func (s *sample) inbox(key string) *uploader.InboxStatus {
	for i := range s.status.Inboxes {
		if in := &s.status.Inboxes[i]; in.Inbox == key {
			return in
		}
	}
	return nil
}

// activeHeld reports whether all jobs that the queue has begun to send wait for another token.
func (s *sample) activeHeld() bool {
	held := int64(0)
	for i := range s.status.Transfers {
		if t := &s.status.Transfers[i]; s.held[t.Inbox] {
			held += t.Files[ledger.Active]
		}
	}
	return held > 0 && held == s.status.Files[ledger.Active]
}
