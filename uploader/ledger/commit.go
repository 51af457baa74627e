package ledger

import (
	"context"
	"errors"
	"time"

	"inboxuploader/uploader/problem"
)

// commits is what the journal has to be told, and when: claims and deliveries are gathered, so that
// one write serves many.
type commits struct {
	l *Ledger

	dirty       chan struct{}
	turn        chan struct{}   // holds one token: whoever has it commits
	dirtyPages  []*Page         // that have something to commit
	blocks      []BlockChange   // not committed yet
	ranks       map[int64]int64 // set since the last commit
	dropped     []int64         // batches removed since the last commit
	forgotten   []int64         // transfers likewise
	heard       []int64         // posted commands carried out since the last commit
	ended       bool            // since the last commit a job has ended, or something else changed that a person would miss
	pendingSync int             // counts what has to be committed before it is acted on: claims, plans, new names
	syncedUpTo  int             // pendingSync, as of the last commit that succeeded
	binding     bool            // since the last commit a job has got another name, or one that may get one was claimed: no loss of power undoes that
	unsynced    bool            // of what was committed something would not outlive the machine's power
	synced      time.Time
	alive       bool           // the next commit keeps the moment too
	trouble     *problem.Error // why the last commit failed; nil after one that did not
}

const (
	// commitEvery is how long a change waits for others to be committed with it. What is lost with
	// the process at most is sent once more.
	commitEvery = 50 * time.Millisecond
	// blocksEvery is the same for acknowledged blocks, which cost more to send again. On a fast
	// line one is acknowledged about that often, so hardly more than what is under way is lost.
	blocksEvery = 5 * time.Millisecond
	// syncEvery is how long an end may wait to be safe from a loss of power.
	syncEvery = 250 * time.Millisecond
	// CommitAgain is how long to wait after a commit that failed.
	CommitAgain = time.Second
)

// Run commits what changes until the context ends.
func (x *commits) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.dirty:
		}
		wait := x.patience()
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			if err := x.Commit(ctx, false); err != nil {
				wait = CommitAgain
				continue
			}
			if !x.needsSync() {
				break
			}
			wait = syncEvery
		}
	}
}

// patience is how long what has just changed may wait for more.
func (x *commits) patience() time.Duration {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	if len(x.blocks) > 0 {
		return blocksEvery
	}
	return commitEvery
}

func (x *commits) needsSync() bool {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return x.unsynced
}

// Commit writes down what has changed; with sync so that it outlives the machine's power. Others
// that commit at the same time wait. What can't be written stays to be written, and trouble says
// so.
func (x *commits) Commit(ctx context.Context, sync bool) error {
	return x.commitUnless(ctx, sync, func() bool { return false })
}

// commitUnless commits unless unneeded is true when our turn comes. unneeded is called with the
// lock held.
func (x *commits) commitUnless(ctx context.Context, sync bool, unneeded func() bool) error {
	select {
	case <-x.turn:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { x.turn <- struct{}{} }()
	x.l.mu.Lock()
	done := unneeded()
	x.l.mu.Unlock()
	if done {
		return nil
	}
	return x.commitNow(ctx, sync)
}

// commitNow is commit for whoever has the turn.
func (x *commits) commitNow(ctx context.Context, sync bool) error {
	c, done := x.take(sync)
	if done == nil {
		return nil
	}
	err := x.l.journal.Commit(ctx, c)
	x.l.mu.Lock()
	done(err)
	x.l.mu.Unlock()
	if ctx.Err() == nil {
		x.Report(err)
	}
	return err
}

// SayAlive lets the next commit keep the moment.
func (x *commits) SayAlive() {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	x.alive = true
	x.mark()
}

// Hear lets the next commit take a posted command away, together with what came of it.
func (x *commits) Hear(posted int64) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	x.heard = append(x.heard, posted)
	x.mark()
}

// Report tells the queue whether the journal can be written.
func (x *commits) Report(err error) {
	var trouble *problem.Error
	if err != nil {
		trouble = AsProblem(err)
	}
	x.l.mu.Lock()
	news := (trouble == nil) != (x.trouble == nil) || trouble != nil &&
		trouble.Reason != x.trouble.Reason
	x.trouble = trouble
	x.l.mu.Unlock()
	if news {
		x.l.changed()
	}
}

// Trouble returns why the journal can't be written, or nil.
func (x *commits) Trouble() *problem.Error {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return x.trouble
}

// take collects what has to be committed. done, which is nil if there is nothing, must be called
// with the outcome while the lock is held.
func (x *commits) take(sync bool) (c Changes, done func(error)) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	now := time.Now()
	ended := x.ended
	c = Changes{
		Blocks: x.blocks, Removed: x.dropped, Forgotten: x.forgotten, Ranks: x.ranks,
		Heard: x.heard, Alive: x.alive,
		Sync: sync || x.binding || (ended || x.unsynced) && now.Sub(x.synced) >= syncEvery,
	}
	var batches []*Page
	for _, b := range x.dirtyPages {
		if b.dirty {
			batches = append(batches, b)
			c.Batches = append(c.Batches, b.stored())
			b.dirty = false
		}
	}
	var transfers []*Entry
	for _, t := range x.l.transfers {
		if t.dirty {
			transfers = append(transfers, t)
			c.Transfers = append(c.Transfers, t.Copy())
			t.dirty = false
		}
	}
	pendingSync, binding := x.pendingSync, x.binding
	nothing := len(c.Blocks)+len(c.Removed)+len(c.Forgotten)+len(c.Ranks)+len(c.Heard)+len(c.Batches)+len(c.Transfers) == 0
	if nothing && !c.Alive && (!c.Sync || !x.unsynced) {
		return c, nil
	}
	x.dirtyPages = nil
	x.blocks, x.dropped, x.forgotten, x.heard, x.ranks, x.alive, x.ended, x.binding = nil, nil, nil,
		nil, map[int64]int64{}, false, false, false
	return c, func(err error) {
		if err == nil {
			for _, b := range batches {
				x.l.unhold(b)
			}
			x.syncedUpTo = pendingSync
			switch {
			case c.Sync:
				x.synced, x.unsynced = now, false
			case ended:
				x.unsynced = true
			}
			return
		}
		for _, b := range batches {
			if b.dirty {
				x.l.unhold(b) // dirtyPages again meanwhile, which holds it
			} else {
				b.dirty = true
				x.dirtyPages = append(x.dirtyPages, b)
			}
		}
		for _, t := range transfers {
			t.dirty = true
		}
		x.blocks = append(c.Blocks, x.blocks...)
		x.dropped = append(c.Removed, x.dropped...)
		x.forgotten = append(c.Forgotten, x.forgotten...)
		x.heard = append(c.Heard, x.heard...)
		for job, rank := range c.Ranks {
			if _, newer := x.ranks[job]; !newer {
				x.ranks[job] = rank
			}
		}
		x.ended, x.binding, x.alive = x.ended || ended, x.binding || binding, x.alive || c.Alive
		x.mark()
	}
}

// stored returns the batch as the journal keeps it after it was added.
func (b *Page) stored() Batch {
	s := Batch{BatchHead: b.BatchHead, States: encodeStates(b.jobs, b.fileNew)}
	s.Totals = storedTally(b.jobs).encode()
	return s
}

// storedTally counts jobs as whoever reads the journal sees them: what is being sent waits.
func storedTally(jobs []Job) *Tally {
	var t Tally
	for i := range jobs {
		j := jobs[i]
		if j.State == Active {
			j.State = Waiting
		}
		t.count(&j, 1)
	}
	return &t
}

// AsProblem returns err as a [*problem.Error].
func AsProblem(err error) *problem.Error {
	if e, ok := errors.AsType[*problem.Error](err); ok {
		return e
	}
	return problem.New("commit", "", problem.Unexpected)
}

// AddTransfer keeps a new transfer of this queue.
func (x *Ledger) AddTransfer(ctx context.Context, t Transfer) (*Entry, error) {
	t.Checks = ChecksAll // nothing was confirmed yet
	done, err := x.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	id, err := x.journal.AddTransfer(ctx, t)
	if err != nil {
		return nil, err
	}
	t.ID, t.Owner = id, Here
	e := &Entry{Transfer: t}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.insertTransfer(e)
	return e, nil
}

// AddJobs keeps new jobs behind all others and sets their ids, transfers and inboxes.
func (x *Ledger) AddJobs(ctx context.Context, t *Entry, jobs []Job) error {
	if len(jobs) == 0 {
		return nil
	}
	var stored []Batch
	for rest := jobs; len(rest) > 0; {
		part := rest[:min(BatchSize, len(rest))]
		rest = rest[len(part):]
		stored = append(stored, Batch{
			BatchHead: BatchHead{Transfer: t.ID, Totals: storedTally(part).encode()},
			Facts:     encodeFacts(part), States: encodeStates(part, make([]bool, len(part))),
		})
	}
	if err := x.journal.AddBatches(ctx, stored); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range stored {
		b := &Page{BatchHead: s.BatchHead, transfer: t}
		n := min(BatchSize, len(jobs))
		for i := range jobs[:n] {
			jobs[i].ID, jobs[i].Transfer, jobs[i].Inbox = b.job(i), t.ID, t.Inbox
			b.count(&jobs[i], 1)
		}
		x.insertBatch(b)
		if len(x.recent) < recentBatches { // what is sent soon need not be read again
			b.jobs, b.fileNew = append([]Job(nil), jobs[:n]...), make([]bool, n)
			b.holds++
			x.unhold(b)
		}
		jobs = jobs[n:]
	}
	return nil
}

// CommitPending commits, if that was not done yet, that jobs were claimed, planned or got another
// name. Whoever calls it at the same time shares one commit.
func (x *commits) CommitPending(ctx context.Context) error {
	x.l.mu.Lock()
	pendingSync := x.pendingSync
	syncedUpTo := x.syncedUpTo >= pendingSync
	x.l.mu.Unlock()
	if syncedUpTo {
		return nil
	}
	return x.commitUnless(ctx, false, func() bool { return x.syncedUpTo >= pendingSync })
}

// mark wakes the committer.
func (x *commits) mark() {
	select {
	case x.dirty <- struct{}{}:
	default:
	}
}
