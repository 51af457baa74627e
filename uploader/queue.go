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

// DefaultMemory is how many bytes of block buffers a queue uses unless told otherwise: ten blocks
// of the default size.
const DefaultMemory = 80 * mib

// Config says what a Queue works with. Open is required; the zero value of everything else is a
// good default.
type Config struct {
	// Open returns the store that a token leads to. It must not block on the network.
	Open func(token.Token) (store.Store, error)
	// Journal keeps the queue. Default: one that ends with the process. The queue does not close
	// it.
	Journal ledger.Journal
	// Memory limits the bytes of file content held at once. Default DefaultMemory; at least 1 MiB.
	Memory int64
	// Connections is the number of requests under way at once, 1 to 512; 0 lets the queue find it.
	// [Queue.Connect] changes it.
	Connections int
	// BlockSize is the preferred size of a block in bytes, MinBlockSize to 4000 MiB; 0 lets the
	// queue choose one for each file when it is planned, 256 KiB to 8 MiB by the speed of the line.
	// Files of more than 50,000 such blocks get larger ones.
	BlockSize int64
	// Rate limits the speed in bytes per second; 0 does not. [Queue.Limit] changes it.
	Rate int64
	// MaxRate is the highest speed that Rate and [Queue.Limit] come to, in bytes per second; 0 is no
	// such bound.
	MaxRate int64
	// NeverReplace has no file in an inbox replaced, whatever transfers and commands say: Add and Do
	// refuse it with the reason ReplaceForbidden, and what was to replace one before is left alone.
	NeverReplace bool
	// NoProgress is how long a request may stand still before it is given up and sent again.
	// Default 60 s. It does not limit a request's whole duration, so a slow line is not cut off.
	NoProgress time.Duration
	// Steady is how long a file that has changed lately is left alone between the two readings that
	// have to find the same before it is sent. Others are sent meanwhile. Default 2.5 s.
	Steady time.Duration
	// Receipt is the file that a receipt will be written to. No scan of this queue takes it. Empty:
	// there is none.
	Receipt string
	// Sums keeps and compares hashes of files. Default: what is to be compared is not sent.
	Sums ledger.Sums
	// Log receives what support needs. It never sees a token's query. Default: nothing is logged.
	Log *slog.Logger
}

// Queue owns order, concurrency and retry. It sends what [Queue.Add] was given into the inboxes
// whose tokens [Queue.Use] was given. All methods may be called from any goroutine. Those that may
// block on the disk say so; Wait, Close and Redirect wait for the network, too.
type Queue struct {
	config  Config
	journal ledger.Journal
	ledger  *ledger.Ledger
	log     *slog.Logger
	buffers *buffers.Pool
	changed chan struct{}
	disks   source.Disks

	metTaken atomic.Bool // met is not empty

	ctx    context.Context // the queue's root: every goroutine of it ends with this
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	work     *sync.Cond // there may be something to send, or a connection for it
	landed   *sync.Cond // a request was answered, or a scan has ended; for who waits for an inbox to be quiet
	inboxes  map[string]*inbox
	order    []*inbox // as they were first used; rotates so that each gets its turn
	workers  int
	busy     int // units under way
	conns    uplink.Concurrency
	loaded   map[int64]*job // claimed, by id
	doubts   doubts
	young    []sentYoung // in the order of their delivery
	delays   delays
	met      map[int64]*met // by transfer
	orders   int            // counts how often jobs were moved
	hurry    chan struct{}  // closed, and made anew, when what waits is to be tried at once
	scans    int            // scans under way
	scanErr  error          // the first scan that could not be finished
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

// NewQueue returns a running queue. It shows all that the journal holds, and sends nothing of it
// before [Queue.Adopt]. It ends when ctx does or by [Queue.Close]; the caller must call Close
// either way. An error is about the configuration, or of ErrJournal.
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

// journalChanged stops sending while the journal can't be written, and goes on when it can. Of two
// calls that overtake each other both find what is true by then.
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

// Use makes the token the one that its inbox's jobs are sent with. Jobs that waited for one go on,
// keeping the blocks that are already acknowledged. The error is Config.Open's.
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

// Hold makes an inbox's jobs wait for that reason until Use is called for it. Requests under way
// are brought to their end.
func (q *Queue) Hold(inbox string, why *problem.Error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	in := q.inbox(inbox)
	in.generation++ // what those requests say of the token changes nothing about this
	q.holdInbox(in, why)
	q.reconsider()
}

// inbox returns the inbox of the key, new where needed. The caller holds the lock.
func (q *Queue) inbox(key string) *inbox {
	in := q.inboxes[key]
	if in == nil {
		in = &inbox{key: key}
		q.inboxes[key] = in
		q.order = append(q.order, in)
	}
	return in
}

// Limit changes the highest speed, in bytes per second; 0 or less takes the limit away. What is
// being sent keeps to it from its next few KiB on. Config.MaxRate bounds it.
func (q *Queue) Limit(perSecond int64) { q.pacing.limit.Set(q.config.within(perSecond)) }

// within is a speed limit that keeps to MaxRate.
func (c *Config) within(perSecond int64) int64 {
	if c.MaxRate > 0 && (perSecond <= 0 || perSecond > c.MaxRate) {
		return c.MaxRate
	}
	return perSecond
}

// Connect changes the number of requests under way at once, 1 to 512; 0 lets the queue find it.
// What is under way beyond a smaller number is brought to its end.
func (q *Queue) Connect(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.conns.Choose(max(n, 0))
	q.wakeWorkers()
	q.notify()
}

// Changed receives after something changed that Status or Rows would show. It has room for one:
// changes coalesce.
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

// holdOf returns why an inbox's jobs wait for a person, who has to bring a token; nil if they
// don't. The caller holds the lock.
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

// reconsider looks again at what can be sent, after something changed that no request has brought
// about. The caller holds the lock.
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

// closePatience is how long Close waits for reads of files that nothing can end.
var closePatience = 5 * time.Second

// Close stops sending, waits until every goroutine has ended and closes the stores. Requests under
// way are cut off; their blocks are sent again by whoever goes on with the journal. It does not
// close the journal, which gives the queue's transfers up.
//
// On a dead network disk the system may never come back from reading a file or a folder. After 5 s
// Close leaves such a goroutine behind, with its memory and its files: it does nothing more, should
// the disk still answer.
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

// wait waits for the queue's goroutines, for so long, and reports whether all of them have ended.
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
