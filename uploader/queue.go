package uploader

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"inboxuploader/internal/buffers"
	"inboxuploader/internal/crash"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

const mib = 1 << 20

// DefaultMemory is the default of Config.Memory in bytes: ten blocks of the default size.
const DefaultMemory = 80 * mib

// Config configures a Queue. Open is required; the zero value of every other field is a good
// default.
type Config struct {
	// Open returns the store that a token leads to. It must not block on the network.
	Open func(token.Token) (store.Store, error)
	// Journal stores the queue. Default: one in memory. The queue does not close it.
	Journal ledger.Journal
	// Memory limits the bytes of file content held at once. Default DefaultMemory; at least 1 MiB.
	Memory int64
	// Connections is the number of requests in flight at once, 1 to 512; 0 lets the queue choose.
	// [Queue.Connect] changes it.
	Connections int
	// BlockSize is the preferred size of a block in bytes, MinBlockSize to 4000 MiB; 0 lets the
	// queue choose one for each file when it is planned, 256 KiB to 8 MiB by the speed of the line.
	// Files of more than 50,000 such blocks get larger ones.
	BlockSize int64
	// Rate limits the speed in bytes per second; 0 is no limit. [Queue.Limit] changes it.
	Rate int64
	// MaxRate bounds Rate and [Queue.Limit], in bytes per second; 0 is no bound.
	MaxRate int64
	// NeverReplace forbids to replace files in an inbox: Add and Do return ReplaceForbidden for it,
	// and files that an older command meant to replace are left alone.
	NeverReplace bool
	// NoProgress is how long a request may stall before the queue gives it up and sends it again.
	// Default 60 s. It does not limit a request's whole duration, so a slow line is not cut off.
	NoProgress time.Duration
	// Steady is how long the queue leaves a recently changed file alone between the two readings
	// that must agree before it sends the file. It sends others meanwhile. Default 2.5 s.
	Steady time.Duration
	// Receipt is the file that a receipt will be written to. Scans of this queue leave it out.
	// Empty: there is none.
	Receipt string
	// Sums keeps and compares hashes of files. Default: files to be compared are not sent.
	Sums ledger.Sums
	// Log receives what support needs. It never sees a token's query. Default: nothing is logged.
	Log *slog.Logger
}

// Queue owns order, concurrency and retry. It sends what [Queue.Add] adds into the inboxes whose
// tokens it has from [Queue.Use]. All methods may be called from any goroutine. Those that may
// block on the disk say so; Wait, Close and Redirect also wait for the network.
type Queue struct {
	config  Config
	journal ledger.Journal
	ledger  *ledger.Ledger
	log     *slog.Logger
	buffers *buffers.Pool
	changed chan struct{}
	disks   source.Disks

	metTaken atomic.Bool // met is not empty

	ctx    context.Context // the queue's root: all its goroutines end with it
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	work     *sync.Cond // there may be something to send, or a connection for it
	landed   *sync.Cond // a request was answered or a scan ended, which await waits for
	inboxes  map[string]*inbox
	order    []*inbox // in the order of first use; rotates so that each gets its turn
	workers  int
	busy     int // units in flight
	conns    uplink.Concurrency
	loaded   map[int64]*job // claimed, by id
	doubts   doubts
	young    []sentYoung // in the order of delivery
	delays   delays
	met      map[int64]*met // by transfer
	orders   int            // counts how often jobs were reordered
	hurry    chan struct{}  // closed and renewed when everything that waits is to be retried at once
	scans    int            // running scans
	scanErr  error          // of the first scan that failed
	halt     *problem.Error // the journal can't be written, so nothing is sent; nil otherwise
	settled  chan struct{}  // closed while nothing can go on by itself
	closed   bool
	totals   totals
	pacing   pacing
	feeder   feeder
	listener listener
	commands commands
	outcomes outcomes
}

var errClosed = errors.New("queue closed")

// NewQueue returns a running queue. It shows everything in the journal, but sends none of it before
// [Queue.Adopt]. It ends with ctx or at [Queue.Close]; the caller must call Close either way. An
// error is about the configuration, or of ErrJournal.
func NewQueue(ctx context.Context, c Config) (*Queue, error) {
	switch {
	case c.Open == nil:
		return nil, errors.New("uploader: Config.Open is missing")
	case c.BlockSize != 0 && (c.BlockSize < plan.MinBlockSize || c.BlockSize > ledger.MaxBlockSize):
		return nil, errors.New("uploader: the block size must be between 64 KiB and 4000 MiB")
	case c.Memory != 0 && c.Memory < mib:
		return nil, errors.New("uploader: the memory limit must be at least 1 MiB")
	case c.Connections < 0 || c.Connections > uplink.MostConnections:
		return nil, errors.New("uploader: the number of connections must be between 1 and 512")
	case c.Rate < 0 || c.MaxRate < 0:
		return nil, errors.New("uploader: the speed limit must be above 0")
	}
	if c.Memory == 0 {
		c.Memory = DefaultMemory
	}
	if c.NoProgress == 0 {
		c.NoProgress = 60 * time.Second
	}
	if c.Steady == 0 {
		c.Steady = defaultSteady
	}
	if c.Journal == nil {
		c.Journal = ledger.NewMemoryJournal()
	}
	if c.Sums == nil {
		c.Sums = ledger.NoSums{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	q := &Queue{
		config: c, journal: c.Journal, log: c.Log, buffers: buffers.New(c.Memory),
		changed: make(chan struct{}, 1), settled: make(chan struct{}),
		inboxes: map[string]*inbox{}, loaded: map[int64]*job{}, doubts: doubts{},
		met: map[int64]*met{}, hurry: make(chan struct{}),
		conns: uplink.NewConcurrency(c.Connections),
	}
	q.ledger = ledger.New(c.Journal, q.journalChanged)
	q.feeder, q.commands = feeder{q: q, hungry: make(chan struct{}, 1)}, commands{q: q}
	q.listener.q, q.outcomes.q = q, q
	q.pacing.wanted, q.pacing.ledger = c.BlockSize, q.ledger
	if err := q.ledger.Load(ctx); err != nil {
		return nil, err
	}
	q.Limit(c.Rate)
	q.work, q.landed = sync.NewCond(&q.mu), sync.NewCond(&q.mu)
	q.delays = delays{mu: &q.mu, wake: q.work.Signal, later: map[*delayed]struct{}{}}
	q.ctx, q.cancel = context.WithCancelCause(ctx)
	close(q.settled)
	q.wg.Go(func() { defer crash.Catch(); q.feeder.run() })
	q.wg.Go(func() { defer crash.Catch(); q.ledger.Run(q.ctx) })
	q.wg.Go(func() { defer crash.Catch(); q.listener.run() })
	q.wg.Go(func() {
		defer crash.Catch()
		<-q.ctx.Done()
		q.mu.Lock()
		q.closed = true
		q.settle()
		q.mu.Unlock()
		q.work.Broadcast()
		q.landed.Broadcast()
	})
	return q, nil
}

// journalChanged stops sending while the journal can't be written, and resumes when it can. Calls
// may overtake each other: each reads the present state.
func (q *Queue) journalChanged() {
	q.mu.Lock()
	trouble := q.ledger.Trouble()
	q.halt = trouble
	q.reconsider()
	q.mu.Unlock()
	if trouble != nil {
		q.log.Warn("journal", "error", trouble)
	}
}

// Use sends the jobs of the token's inbox with this token from now on. Jobs that waited for a token
// go on and keep their acknowledged blocks. The error is Config.Open's.
func (q *Queue) Use(t token.Token) error {
	store, err := q.config.Open(t)
	if err != nil {
		return err
	}
	q.mu.Lock()
	in := q.inbox(t.Inbox.Key())
	old := in.store
	in.token, in.store, in.hold = t, store, nil
	in.stopHoldTimer()
	in.generation++
	in.failures, in.notBefore, in.asked = 0, time.Time{}, time.Time{}
	q.reconsider()
	q.mu.Unlock()
	q.ledger.Describe(t.Inbox.Key(), func(of *ledger.Transfer) { of.KeepDates(t) })
	if old != nil {
		return old.Close()
	}
	return nil
}

// Hold makes an inbox's jobs wait, for the reason why, until Use is called for the inbox. Requests
// in flight are finished.
func (q *Queue) Hold(inbox string, why *problem.Error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	in := q.inbox(inbox)
	in.generation++ // what those requests say of the token changes nothing about this
	q.holdInbox(in, why)
	q.reconsider()
}

// inbox returns the inbox of the key and creates it if necessary. The caller holds the lock.
func (q *Queue) inbox(key string) *inbox {
	in := q.inboxes[key]
	if in == nil {
		in = &inbox{key: key}
		q.inboxes[key] = in
		q.order = append(q.order, in)
	}
	return in
}

// Limit sets the highest speed, in bytes per second; 0 or less removes the limit. Requests in
// flight keep to it from their next few KiB on. Config.MaxRate bounds it.
func (q *Queue) Limit(perSecond int64) { q.pacing.limit.Set(q.config.within(perSecond)) }

// within is a speed limit that keeps to MaxRate.
func (c *Config) within(perSecond int64) int64 {
	if c.MaxRate > 0 && (perSecond <= 0 || perSecond > c.MaxRate) {
		return c.MaxRate
	}
	return perSecond
}

// Connect sets the number of requests in flight at once, 1 to 512; 0 lets the queue choose. If that
// is fewer than before, requests in flight are finished first.
func (q *Queue) Connect(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.conns.Choose(max(n, 0))
	q.wakeWorkers()
	q.notify()
}

// Changed returns a channel that receives after a change that Status or Rows shows. It has room for
// one: changes coalesce.
func (q *Queue) Changed() <-chan struct{} { return q.changed }

func (q *Queue) notify() {
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// Wait blocks until nothing can go on by itself: every job has ended, or waits for a token. It
// returns nil, or the [*problem.Error] of the first inbox whose jobs wait for a person, or the
// context's cause. The journal then has everything.
func (q *Queue) Wait(ctx context.Context) error {
	for {
		q.mu.Lock()
		settled := q.settled
		q.mu.Unlock()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-settled:
		}
		if err := q.ledger.Commit(ctx, true); err != nil && !problem.Passes(err) {
			return err
		}
		q.mu.Lock()
		again := settled != q.settled
		err := q.trouble()
		if q.closed && err == nil && q.unfinished() > 0 {
			err = context.Cause(q.ctx)
		}
		q.mu.Unlock()
		if !again {
			return err
		}
	}
}

// trouble returns why an inbox with unfinished jobs can't go on, or nil. The caller holds the lock.
func (q *Queue) trouble() error {
	if q.halt != nil {
		return q.halt
	}
	for _, in := range q.order {
		if hold := q.holdOf(in); hold != nil && q.ledger.Unfinished(in.key) > 0 {
			return hold
		}
	}
	return q.scanErr
}

// holdOf returns why an inbox's jobs wait for a person to bring a token, or nil. The caller holds
// the lock.
func (q *Queue) holdOf(in *inbox) *problem.Error {
	if in.hold == nil && in.store == nil && q.ledger.Unfinished(in.key) > 0 {
		return problem.New("send", "", problem.TokenNeeded)
	}
	return in.hold
}

func (q *Queue) unfinished() (n int) {
	for _, in := range q.order {
		n += q.ledger.Unfinished(in.key)
	}
	return n
}

// settle closes settled when nothing can go on by itself. The caller holds the lock.
func (q *Queue) settle() {
	select {
	case <-q.settled:
		return
	default:
	}
	if !q.closed && (q.halt == nil || problem.Passes(q.halt)) {
		if q.scans > 0 || q.busy > 0 || q.halt != nil {
			return
		}
		for _, in := range q.order {
			if in.hold == nil && in.store != nil && q.ledger.Unfinished(in.key) > 0 {
				return
			}
		}
	}
	close(q.settled)
}

// reconsider looks again for work after a change that did not come from a request. The caller holds
// the lock.
func (q *Queue) reconsider() {
	q.unsettle()
	q.settle()
	q.wakeWorkers()
	q.feeder.wake()
	q.notify()
}

// unsettle makes Wait wait again. The caller holds the lock.
func (q *Queue) unsettle() {
	select {
	case <-q.settled:
		if !q.closed {
			q.settled = make(chan struct{})
		}
	default:
	}
}

// closePatience is how long Close waits for file reads that nothing can interrupt.
var closePatience = 5 * time.Second

// Close stops sending, waits until every goroutine has ended and closes the stores. It cuts off
// requests in flight; whoever continues with the journal sends their blocks again. It does not
// close the journal, which gives up the queue's transfers.
//
// On a dead network disk the system may never return from reading a file or a folder. After 5 s
// Close leaves such a goroutine behind, with its memory and its files. If the disk answers after
// all, the goroutine does nothing more.
func (q *Queue) Close() error {
	q.cancel(errClosed)
	ended := q.wait(closePatience)
	if ended {
		q.buffers.Close()
	} else {
		q.log.Warn("close", "left behind", "a disk does not answer")
	}
	var errs []error
	q.mu.Lock()
	order := slices.Clone(q.order) // it may change while a goroutine is left behind
	q.mu.Unlock()
	for _, in := range order {
		if ended {
			for _, j := range in.opened {
				j.closeFile()
			}
		}
		if in.store != nil {
			errs = append(errs, in.store.Close())
		}
	}
	q.listener.keepSpeed()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	errs = append(errs, q.ledger.Commit(ctx, true))
	return errors.Join(errs...)
}

// wait waits at most patience for the queue's goroutines and reports whether all have ended.
func (q *Queue) wait(patience time.Duration) bool {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer crash.Catch()
		q.wg.Wait()
	}()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-ended:
		return true
	case <-limit.C:
		return false
	}
}
