package ledger

import (
	"context"
	"errors"
	"time"

	"inboxuploader/uploader/problem"
)

// commits gathers changes for the journal, so that one write serves many.
type commits struct {
	l *Ledger

	dirty       chan struct{}
	turn        chan struct{}   // holds one token, whose holder may commit
	dirtyPages  []*Page         // that have something to commit
	blocks      []BlockChange   // not committed yet
	ranks       map[int64]int64 // set since the last commit
	dropped     []int64         // batches removed since the last commit
	forgotten   []int64         // transfers removed since the last commit
	heard       []int64         // posted commands carried out since the last commit
	ended       bool            // since the last commit a job has ended, or something else changed that a person would miss
	pendingSync int             // counts changes that must be committed before the queue acts on them: claims, plans, new names
	syncedUpTo  int             // pendingSync, as of the last successful commit
	binding     bool            // since the last commit a job got another name, or one that may get one was claimed: must survive a power failure
	unsynced    bool            // a committed change would not survive a power failure
	synced      time.Time
	alive       bool           // the next commit records the time too
	trouble     *problem.Error // why the last commit failed; nil if it succeeded
}

const (
	// commitEvery is how long a change waits for others to be committed with it. If the process
	// dies meanwhile, at worst something is sent again.
	commitEvery = 50 * time.Millisecond
	// blocksEvery is the same for acknowledged blocks, which cost more to send again. On a fast
	// line a block is acknowledged about that often, so hardly more is lost than what is in flight.
	blocksEvery = 5 * time.Millisecond
	// syncEvery is how long an ended job may wait to be safe from a power failure.
	syncEvery = 250 * time.Millisecond
	// CommitAgain is how long to wait after a failed commit.
	CommitAgain = time.Second
)

// Run commits changes until the context ends. It blocks, so call it on a goroutine of its own.
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

// patience returns how long a new change may wait for others.
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

// Commit writes all changes to the journal, with sync so that they survive a power failure. It
// blocks on the disk, and while another goroutine commits. If it fails, the changes wait for the
// next commit, and [Ledger.Trouble] says why.
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

// commitNow commits. The caller has the turn.
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

// SayAlive makes the next commit record the time.
func (x *commits) SayAlive() {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	x.alive = true
	x.mark()
}

// Hear makes the next commit remove a posted command, together with its outcome.
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

// take collects the changes to commit. done is nil if there are none; else call it with the outcome
// while holding the lock.
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

// stored returns the batch as the journal keeps it, without its facts.
func (b *Page) stored() Batch {
	s := Batch{BatchHead: b.BatchHead, States: encodeStates(b.jobs, b.fileNew)}
	s.Totals = storedTally(b.jobs).encode()
	return s
}

// storedTally counts jobs as a reader of the journal sees them: active jobs are waiting.
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

// AddTransfer adds a new transfer of this queue. It blocks on the journal.
func (x *Ledger) AddTransfer(ctx context.Context, t Transfer) (*Entry, error) {
	t.Checks = ChecksAll // nothing is confirmed yet
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

// AddJobs adds new jobs behind all others and sets their ids, transfers and inboxes. It blocks on
// the journal.
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
		if len(x.recent) < recentBatches { // jobs that are sent soon need not be read again
			b.jobs, b.fileNew = append([]Job(nil), jobs[:n]...), make([]bool, n)
			b.holds++
			x.unhold(b)
		}
		jobs = jobs[n:]
	}
	return nil
}

// CommitPending commits the claims, plans and new names that are not committed yet. Callers at the
// same time share one commit. It blocks on the disk.
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
