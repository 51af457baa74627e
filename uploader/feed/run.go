package feed

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/watch"
)

// tick is how often Run checks whether the folders exist, and retries what the queue could not
// take.
const tick = 2 * time.Second

// State is the state of a running Feed.
type State struct {
	Looked  bool  // everything was looked at once
	Missing bool  // a folder is missing, or its disk does not answer
	Growing int   // number of incomplete files at the last look
	Kept    error // why complete files could not be added, which is retried; nil if there are none
}

// same reports whether two states look the same.
func (s State) same(as State) bool {
	kept := problem.ReasonOf(s.Kept) == problem.ReasonOf(as.Kept)
	s.Kept, as.Kept = nil, nil
	return s == as && kept
}

// state is what is known of a Feed, from several goroutines.
type state struct {
	mu  sync.Mutex
	now State
	// changed has room for one: who hears of it looks at all.
	changed chan struct{}
}

func newState() *state { return &state{changed: make(chan struct{}, 1)} }

// set changes the state.
func (s *state) set(change func(*State)) {
	s.mu.Lock()
	change(&s.now)
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// looked hears from the watch that it has looked.
func (s *state) looked(growing int) {
	s.set(func(now *State) { now.Looked, now.Growing = true, growing })
}

func (s *state) get() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Run adds complete files to the queue until ctx ends, and then returns nil. It calls told, on its
// own goroutine, with each new state and with the ids of new transfers. The error says that the
// list can't be read. Run returns late if a disk does not answer.
func (f *Feed) Run(ctx context.Context, told func(now State, begun []int64)) error {
	looking, stop := context.WithCancel(ctx)
	found, failed := make(chan []watch.Batch), make(chan error, 1)
	go func() {
		defer close(failed)
		defer crash.Catch()
		failed <- f.Look(looking, found)
	}()
	there := newPresence(f.o.Roots)
	defer func() {
		stop()
		for range failed { // ctx's cause, or told before
		}
	}()
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	last := State{}
	take := func(batches ...watch.Batch) {
		ids, err := f.Take(ctx, batches...)
		f.state.set(func(now *State) { now.Kept = err })
		if len(ids) > 0 {
			told(f.state.get(), ids)
		}
	}
	there.look()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			if ctx.Err() != nil {
				return nil
			}
			return err
		case batches := <-found:
			take(batches...)
		case missing := <-there.answers:
			there.asked = time.Time{}
			f.state.set(func(now *State) { now.Missing = missing })
		case <-ticks.C:
			if !there.look() {
				f.state.set(func(now *State) { now.Missing = true })
			}
			if f.Later() {
				take()
			}
		case <-f.state.changed:
			if now := f.state.get(); !now.same(last) {
				last = now
				told(now, nil)
			}
		}
	}
}

// presence finds out whether folders are there. A disk that is gone may never answer.
type presence struct {
	roots   []string
	answers chan bool // whether one is missing
	asked   time.Time // zero while nothing is asked
}

// silence is after how long a disk that does not answer counts as gone.
const silence = 10 * time.Second

func newPresence(roots []string) *presence {
	return &presence{roots: roots, answers: make(chan bool, 1)}
}

// look asks unless it still waits for an answer, and returns false if it has waited for silence.
func (p *presence) look() bool {
	if !p.asked.IsZero() {
		return time.Since(p.asked) < silence
	}
	p.asked = time.Now()
	go func() {
		defer crash.Catch()
		p.answers <- slices.ContainsFunc(p.roots, func(root string) bool {
			info, err := os.Stat(root)
			return err != nil || !info.IsDir()
		})
	}()
	return true
}
