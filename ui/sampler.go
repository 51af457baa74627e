package ui

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

const (
	// sampleEvery is the shortest time between two samples: nobody can read figures that change
	// faster.
	sampleEvery = 100 * time.Millisecond
	// sampleHidden is the same while the window is hidden; the tray needs no more.
	sampleHidden = time.Second
	// overscan is how many extra rows are read above and below the visible ones, so that they are
	// ready when the person scrolls.
	overscan = 20
)

// view is the part of the list in sight. Fyne's thread writes it, the sampler reads it.
type view struct {
	filter ledger.Filter
	from   int // the first row in sight
	n      int // number of rows in sight
}

// everything is the view of the whole list.
func everything() view { return view{filter: ledger.Filter{Shown: true}} }

// sample is the state of the queue at one moment, as the window shows it.
type sample struct {
	now    time.Time
	status uploader.Status
	view   view
	from   int // position of rows[0]
	rows   []ledger.Job
	parts  []listPart // the list's parts; none during a search
	total  int        // rows that match the filter; at most mostHits if it has a text
	// searchIn is when to repeat the search, whose rows are older than the rest; 0: never.
	searchIn time.Duration
	// resting are the transfers whose jobs wait for a person to resume them.
	resting map[int64]bool
	// interrupted are the resting transfers that an earlier run left unfinished and nobody paused.
	interrupted map[int64]bool
	// oneName are the transfers whose tokens are for one file, so that they lead to one name.
	oneName map[int64]bool
	// missing are the names of files that were gone when their turn came, once all else is done;
	// none if many files need attention.
	missing []string
	// held are the keys of inboxes that wait for another token.
	held map[string]bool
	// unsent is how many files a person has removed from the list before they were sent.
	unsent int64
	// inboxes are the inboxes of all transfers in the list, by key.
	inboxes map[string]token.Inbox
}

// sampler samples the queue and reads the rows in sight. watch runs on its own goroutine; other
// goroutines use the sampler's methods to say what is in sight.
type sampler struct {
	*screen
	// puts a sample on the screen, on Fyne's goroutine; see Window.show
	show func(*sample) time.Duration

	hurry       chan struct{} // ends the rest between two samples
	searchAgain atomic.Bool   // the last search is out of date
	mu          sync.Mutex
	view        view
	clearing    atomic.Bool         // delivered files are being cleared
	hits        hits                // belongs to watch
	since       map[int64]time.Time // when sending began; belongs to watch
}

func newSampler(sc *screen, show func(*sample) time.Duration) *sampler {
	return &sampler{screen: sc, show: show, hurry: make(chan struct{}, 1), view: everything()}
}

// inSight sets the rows in sight, and wakes the sampler if they have not been read.
func (sm *sampler) inSight(from, n int, shown *sample) {
	sm.mu.Lock()
	same := sm.view.from == from && sm.view.n == n
	sm.view.from, sm.view.n = from, n
	sm.mu.Unlock()
	if !same && (from < shown.from || min(from+n, shown.total) > shown.from+len(shown.rows)) {
		sm.wake()
	}
}

// choose changes the list's filter and goes back to the first row.
func (sm *sampler) choose(change func(*ledger.Filter)) {
	sm.mu.Lock()
	change(&sm.view.filter)
	sm.view.from = 0
	sm.mu.Unlock()
	sm.wake()
}

// chosen returns the list's filter.
func (sm *sampler) chosen() ledger.Filter {
	sm.mu.Lock()
	defer sm.mu.Unlock()
	return sm.view.filter
}

// reset returns to all jobs, as a new list shows them.
func (sm *sampler) reset() {
	sm.mu.Lock()
	sm.view = everything()
	sm.mu.Unlock()
}

// hasten makes the sampler take a sample at once.
func (sm *sampler) hasten() {
	select {
	case sm.hurry <- struct{}{}:
	default:
	}
	sm.wake()
}

// watch samples the queue whenever it or the view has changed, and when a countdown needs updating,
// until ctx ends.
func (sm *sampler) watch(ctx context.Context) {
	clock := time.NewTimer(0) // for the countdown
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sm.config.Queue.Changed():
		case <-sm.look:
		case <-clock.C:
		}
		next := sm.tick(ctx)
		clock.Stop()
		if next > 0 {
			clock.Reset(next)
		}
		rest := sampleEvery
		if sm.hidden.Load() {
			rest = sampleHidden
		}
		select {
		case <-ctx.Done():
			return
		case <-sm.hurry: // the window is shown again
		case <-time.After(rest):
		}
	}
}

// tick takes one sample: it reads on the caller's goroutine and blocks until Fyne's thread shows
// the sample. It returns how soon the next sample is due even if nothing changes; 0 for never.
func (sm *sampler) tick(ctx context.Context) time.Duration {
	sm.mu.Lock()
	v := sm.view
	sm.mu.Unlock()
	s := sample{now: sm.config.Now(), status: sm.config.Queue.Status(), view: v}
	if clearing := sm.clearing.Load(); clearing || hides(&s.status) {
		s.leaveHiddenOut(clearing)
	}
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
	if !sm.hidden.Load() {
		sm.readRows(ctx, &s)
		sm.readMissing(ctx, &s)
	}
	var next time.Duration
	shown := make(chan struct{})
	sm.do(func() {
		defer close(shown)
		if next = sm.show(&s); s.searchIn > 0 && (next == 0 || s.searchIn < next) {
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
func (sm *sampler) readRows(ctx context.Context, s *sample) {
	v := &s.view
	n := v.n + 2*overscan
	switch {
	case v.filter.Text != "":
		// Only reading all of them tells how many match, so read as many as anybody looks through
		// at once, and not often.
		age := s.now.Sub(sm.hits.at)
		if sm.hits.filter.equal(v.filter) && age < searchEvery && !sm.searchAgain.Swap(false) {
			s.rows = sm.hits.rows
			s.total, s.searchIn = len(s.rows), searchEvery-age
			return
		}
		n = mostHits
	default:
		if counted(&s.status, v.filter) == 0 {
			return
		}
		s.parts = sm.divide(ctx, s)
		for i := range s.parts {
			s.total += s.parts[i].rows()
		}
		s.from = max(min(v.from, s.total-v.n)-overscan, 0)
	}
	read := func() ([]ledger.Job, error) {
		if s.parts != nil {
			return sm.readParts(ctx, s.parts, s.from, n)
		}
		return sm.config.Queue.Rows(ctx, v.filter, s.from, n)
	}
	rows, err := read()
	if err != nil && ctx.Err() == nil {
		sm.config.Log.Error("rows", "error", err)
	}
	s.rows = rows
	if v.filter.Text != "" {
		sm.hits = hits{filterKey(v.filter), s.now, rows}
		s.total = len(s.rows)
	}
}

// readMissing reads which files were gone, unless it would have to read many.
func (sm *sampler) readMissing(ctx context.Context, s *sample) {
	n := needsPerson(&s.status)
	if n == 0 || n > mostNamed || unfinished(&s.status) > 0 {
		return
	}
	rows, err := sm.config.Queue.Rows(ctx, ledger.Filter{States: []ledger.JobState{
		ledger.Attention,
		ledger.Failed,
	}, Shown: true}, 0, int(n))
	if err != nil && ctx.Err() == nil {
		sm.config.Log.Error("rows", "error", err)
	}
	for i := range rows {
		if p := rows[i].Problem; p != nil && (p.Reason == problem.SourceGone ||
			p.Reason == problem.SourceMissing) {
			s.missing = append(s.missing, show.Text(nameOf(&rows[i])))
		}
	}
}

const (
	// mostHits is how many found rows are shown.
	mostHits = 1000
	// searchEvery is how often a search is repeated while the queue changes.
	searchEvery = 2 * time.Second
)

// hits are the results of the last search. They belong to the sampler.
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

// inbox returns the queue's status of an inbox; nil if the queue does not know it.
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
