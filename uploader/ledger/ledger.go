package ledger

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// Ledger is the queue's view of its journal: which batches there are, how many jobs of each state
// they hold, and the jobs of the batches in use. All other jobs stay in the journal, so memory
// grows with the number of batches and of connections, not of jobs. The ledger's own lock protects
// it; it may be taken while the queue's is held. No method holds it while it reads or writes the
// journal. Each embedded part has the methods for one subject and shares that lock. Methods may be
// called from any goroutine.
type Ledger struct {
	commits
	order
	twins
	claims
	scans
	redirects
	view

	journal Journal
	changed func()        // is called after the state has changed
	owners  chan struct{} // holds one token, whose holder may load the journal or change which transfers are this queue's

	mu        sync.Mutex
	transfers []*Entry
	batches   []*Page   // in the order of their ids
	loaded    time.Time // when the journal was last loaded
	recent    []*Page   // whose jobs stay in memory though nobody uses them; the latest last
}

// Entry is a Transfer with the counts of its jobs.
type Entry struct {
	Transfer
	Tally
	dirty     bool
	rescanned bool                           // its roots were read again in this run: a file may have got a name that another had before
	scanning  bool                           // its roots are being read
	givenUp   Verb                           // with which a person meanwhile cancelled or removed all of it, files still to be found included; else empty
	givenUpAt int64                          // the last batch found before that
	lent      bool                           // borrowed for one command and given up again: none of its jobs is claimed
	away      map[source.Disk]*problem.Error // missing disks with files of it; none of these is claimed
	known     *KnownFiles                    // during a rescan: the files that it has
}

// mine reports whether the transfer is this queue's, which alone changes it.
func (t *Entry) mine() bool { return t.Owner == Here }

// IsCleared reports whether the transfer is in no list any more, though its deliveries are known.
func (t *Entry) IsCleared() bool {
	return t.Scanned && !t.scanning && t.Files[Cleared] > 0 && t.shown(nil) == 0
}

// sends reports whether this queue may send the transfer's jobs.
func (t *Entry) sends() bool { return t.mine() && !t.lent && t.givenUp == "" }

// Page is a Batch whose jobs may be in memory.
type Page struct {
	BatchHead
	Tally
	transfer *Entry

	jobs    []Job  // nil: in the journal only
	fileNew []bool // the job's file is no longer the one found
	claimed [BatchSize / 64]uint64
	claims  int          // number of claimed jobs
	holds   int          // reasons to keep the jobs in memory: claims and other uses
	moved   int          // number of reordered jobs
	free    [2]int       // by class: waiting and not claimed
	doubt   time.Time    // not zero: an earlier process may have sent waiting jobs between Claimed and this moment
	away    *source.Disk // not nil: a job lies on this disk, which is missing; no job is claimed
	dirty   bool
	// delivered is when this process last delivered one of the jobs.
	delivered time.Time
}

func (b *Page) isClaimed(i int) bool { return b.claimed[i/64]&(1<<(i%64)) != 0 }
func (b *Page) job(i int) int64      { return b.ID*BatchSize + int64(i) }

// inboxCount is what this queue may send to an inbox.
type inboxCount struct {
	free       [2]int // by class: waiting and not claimed
	unfinished int
	begun      int // batches with claimed jobs
}

// mostBegun bounds an inbox's batches with claimed jobs: a claimed job keeps its whole batch in
// memory, and may wait for an hour if the service asks for it.
const mostBegun = 128

// recentBatches is how many unused batches stay in memory for whoever looks at the list.
const recentBatches = 16

// New returns an empty ledger; see [Ledger.Load]. changed must not block.
func New(j Journal, changed func()) *Ledger {
	x := &Ledger{journal: j, changed: changed, owners: make(chan struct{}, 1)}
	x.commits = commits{l: x, dirty: make(chan struct{}, 1), turn: make(chan struct{}, 1), ranks: map[int64]int64{}}
	x.order = order{l: x, rank: map[int64]int64{}}
	x.claims = claims{l: x, inboxes: map[string]*inboxCount{}}
	x.twins, x.scans, x.redirects, x.view = twins{l: x}, scans{x}, redirects{x}, view{l: x}
	x.turn <- struct{}{}
	x.owners <- struct{}{}
	return x
}

// Load reads the journal. A later Load learns what other processes have done, and leaves this
// process's transfers as they are, since the ledger knows those better. It blocks on the disk.
func (x *Ledger) Load(ctx context.Context) error { return x.LoadSince(ctx, time.Now()) }

// LoadSince is Load unless the journal was loaded after moment.
func (x *Ledger) LoadSince(ctx context.Context, moment time.Time) error {
	done, err := x.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	begun := time.Now()
	x.mu.Lock()
	fresh := x.loaded.After(moment)
	x.mu.Unlock()
	if fresh {
		return nil
	}
	c, err := x.journal.Load(ctx)
	if err != nil {
		return err
	}
	x.merge(c)
	x.mu.Lock()
	x.loaded = begun
	x.mu.Unlock()
	return x.holdMoved(ctx)
}

// alone waits until no other goroutine loads the journal or changes which transfers are this
// queue's. Else a transfer that the journal gives to this queue, but the ledger does not know yet,
// would be taken for one whose jobs are known. Call done to end it.
func (x *Ledger) alone(ctx context.Context) (done func(), err error) {
	select {
	case <-x.owners:
		return func() { x.owners <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (x *Ledger) merge(c Contents) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.batches = slices.DeleteFunc(x.batches, func(b *Page) bool { return !b.transfer.mine() })
	x.transfers = slices.DeleteFunc(x.transfers, func(t *Entry) bool { return !t.mine() })
	for _, t := range c.Transfers {
		if x.transferOf(t.ID) == nil {
			x.insertTransfer(&Entry{Transfer: t})
		}
	}
	for _, h := range c.Batches {
		t := x.transferOf(h.Transfer)
		if t == nil || t.mine() {
			continue // the ledger knows better
		}
		b := &Page{BatchHead: h, transfer: t}
		if !b.decode(h.Totals) {
			continue // damaged: its jobs can't be shown
		}
		x.insertBatch(b)
	}
	for job, rank := range c.Ranks {
		if b, _ := x.batchOf(job); b != nil && !b.transfer.mine() {
			x.rank[job] = rank
		}
	}
	x.place()
}

// holdMoved reads the batches with reordered jobs into memory, where they stay.
func (x *Ledger) holdMoved(ctx context.Context) error {
	var ids []int64
	x.mu.Lock()
	for _, b := range x.batches {
		if b.moved > 0 && b.jobs == nil {
			ids = append(ids, b.ID)
		}
	}
	x.mu.Unlock()
	return x.Each(ctx, ids, func(*Page) error { return nil })
}

// Each calls do for one batch after the other, with the batch's jobs in memory during the call. It
// skips batches that are gone, and ends at the first error. It blocks on the journal.
func (x *Ledger) Each(ctx context.Context, ids []int64, do func(*Page) error) error {
	for _, id := range ids {
		b, err := x.fetch(ctx, id)
		if err != nil {
			return err
		}
		if b == nil {
			continue
		}
		err = do(b)
		x.let(b)
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *Ledger) insertTransfer(t *Entry) {
	i, _ := slices.BinarySearchFunc(x.transfers, t.ID,
		func(t *Entry, id int64) int { return cmp.Compare(t.ID, id) })
	x.transfers = slices.Insert(x.transfers, i, t)
}

// transferOf returns the transfer with an id, or nil. The caller holds the lock, as with all
// methods of this kind.
func (x *Ledger) transferOf(id int64) *Entry {
	i, ok := slices.BinarySearchFunc(x.transfers, id,
		func(t *Entry, id int64) int { return cmp.Compare(t.ID, id) })
	if !ok {
		return nil
	}
	return x.transfers[i]
}

func (x *Ledger) insertBatch(b *Page) {
	b.transfer.add(&b.Tally, 1)
	b.free[Large] = int(b.large) // none is claimed yet
	b.free[Small] = int(b.Files[Waiting] - b.large)
	x.countBatch(b)
	if n := len(x.batches); n == 0 || x.batches[n-1].ID < b.ID {
		x.batches = append(x.batches, b)
		return
	}
	i, _ := x.findBatch(b.ID)
	x.batches = slices.Insert(x.batches, i, b)
}

func (x *Ledger) findBatch(id int64) (int, bool) {
	return slices.BinarySearchFunc(x.batches, id,
		func(b *Page, id int64) int { return cmp.Compare(b.ID, id) })
}

// batchOf returns a job's batch and the job's index in it, or nil if there is no such batch.
func (x *Ledger) batchOf(job int64) (*Page, int) {
	i, ok := x.findBatch(job / BatchSize)
	if !ok {
		return nil, 0
	}
	return x.batches[i], int(job % BatchSize)
}

// fetch reads a batch's jobs into memory and keeps them there until let. The result is nil, without
// an error, if the batch is gone. fetch blocks on the journal unless the jobs are in memory.
func (x *Ledger) fetch(ctx context.Context, id int64) (*Page, error) {
	x.mu.Lock()
	i, ok := x.findBatch(id)
	if !ok {
		x.mu.Unlock()
		return nil, nil
	}
	b := x.batches[i]
	b.holds++
	have := b.jobs != nil
	x.mu.Unlock()
	if have {
		return b, nil
	}
	stored, err := x.journal.Batch(ctx, id)
	if err != nil {
		x.let(b)
		return nil, err
	}
	jobs, fileNew, ok := decodeBatch(stored)
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case b.jobs != nil: // somebody else was faster
		return b, nil
	case len(stored.Facts) == 0: // another process removed it
		b.holds--
		return nil, nil
	case !ok:
		b.holds--
		return nil, problem.New("read batch", "", problem.Unexpected)
	}
	for i := range jobs {
		jobs[i].ID, jobs[i].Transfer, jobs[i].Inbox = b.job(i), b.Transfer, b.transfer.Inbox
	}
	b.jobs, b.fileNew = jobs, fileNew
	b.follow(b.transfer.Moved)
	return b, nil
}

func decodeBatch(s Batch) ([]Job, []bool, bool) {
	jobs, ok := DecodeFacts(s.Facts)
	if !ok {
		return nil, nil, false
	}
	fileNew, ok := decodeStates(s.States, jobs)
	return jobs, fileNew, ok
}

// let ends what fetch began.
func (x *Ledger) let(b *Page) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.unhold(b)
}

// unhold drops one reason to keep a batch's jobs in memory. The latest batches stay for a while.
func (x *Ledger) unhold(b *Page) {
	if b.holds--; b.holds > 0 || b.jobs == nil {
		return
	}
	x.recent = slices.DeleteFunc(x.recent, func(o *Page) bool { return o == b })
	x.recent = append(x.recent, b)
	for i := 0; len(x.recent) > recentBatches && i < len(x.recent); {
		switch o := x.recent[i]; {
		case o.holds > 0: // will be back
			x.recent = slices.Delete(x.recent, i, i+1)
		case o.dirty || o.moved > 0:
			i++
		default:
			o.jobs, o.fileNew = nil, nil
			x.recent = slices.Delete(x.recent, i, i+1)
		}
	}
}

// enter counts the job at index i n times, 1 or -1, wherever it counts.
func (x *Ledger) enter(b *Page, i, n int) {
	j := &b.jobs[i]
	b.count(j, int64(n))
	b.transfer.count(j, int64(n))
	x.hidden.count(b, j, int64(n))
	free := j.State == Waiting && !b.isClaimed(i)
	if free {
		b.free[j.Class] += n
	}
	if t := b.transfer; t.sends() && !t.Paused {
		c := x.inbox(t.Inbox)
		if free && b.away == nil {
			c.free[j.Class] += n
		}
		if j.State == Waiting || j.State == Active {
			c.unfinished += n
		}
	}
}

// set gives a job new contents. Its batch's jobs must be in memory.
func (x *Ledger) set(b *Page, i int, j Job) {
	old := &b.jobs[i]
	if old.Source != j.Source { // its folder moved after the job was claimed
		j.Source, j.At = old.Source, old.At
	}
	if old.Size != j.Size || !old.ModTime.Equal(j.ModTime) || old.FileID != j.FileID {
		b.fileNew[i] = true
	}
	if old.Blob != j.Blob {
		x.pendingSync++
		x.binding = true
	}
	x.enter(b, i, -1)
	*old = j
	x.enter(b, i, 1)
	if j.State != Active { // the journal does not record that a job is being sent
		x.markDirty(b)
	}
	if j.State.Ended() {
		x.ended = true
	}
	if j.State == Delivered {
		b.delivered = time.Now()
	}
}

// markDirty says that a batch has something to commit.
func (x *Ledger) markDirty(b *Page) {
	if !b.dirty {
		b.dirty = true
		b.holds++ // until it is committed
		x.dirtyPages = append(x.dirtyPages, b)
	}
	x.mark()
}
