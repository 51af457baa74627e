package uploader

import (
	"os"
	"sync/atomic"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

// inbox is the queue's side of an Inbox: its token, its store and the jobs that are loaded. The
// queue's lock protects it.
type inbox struct {
	key        string
	token      token.Token
	store      store.Store // nil until there is a token
	generation int         // of the token: an answer to an older token says nothing about this one

	hold      *problem.Error // waits for a person, or until the token is valid; nil otherwise
	holdTimer *time.Timer    // ends the hold by itself; nil otherwise
	quiet     bool           // its jobs are moving to another inbox
	notBefore time.Time      // waits for the network or the service until then
	failures  int            // requests in a row that failed with ErrBusy
	pauses    int            // waits in a row that did not help
	asked     time.Time      // last time askAboutEnd asked the storage whether it still takes the token
	trouble   *problem.Error // of the last request that failed with ErrBusy
	retry     time.Time      // when that request is sent again
	skew      time.Duration  // the service's clock is this computer's plus skew
	skewKnown bool

	small  []*job // claimed
	rested []unit // small files that have rested, to be read again
	large  []*job // claimed, not opened
	opened []*job // large, being sent
	ready  []unit // to be sent next: retries and commits
	flying [2]int // units in flight, by class
}

// job is a Job while it is being sent.
type job struct {
	ledger.Job
	inbox *inbox

	file    *os.File       // open while blocks are being sent
	changed time.Time      // the file's last change when it was opened
	acked   []bool         // by block
	crcs    []uint64       // by block; valid where acked
	digest  *source.Digest // of a file whose hashes are kept; nil before it is planned
	next    int            // blocks before this one have been handed out
	left    int            // blocks not acknowledged
	flying  int            // units in flight
	ended   bool           // finished or given back: nobody works on it any more
	steered bool           // a person wants it in the state wish as soon as nothing is in flight
	wish    ledger.JobState
	guessed bool          // its block size was chosen before the line's speed was known
	cut     atomic.Int64  // units of plans before this one are cut off
	onWay   atomic.Int64  // bytes handed over by its requests in flight
	flow    *uplink.Flow  // of a large file; nil before it is planned
	plan    int           // counts the plans: a unit of an older plan is void
	again   bool          // to be replanned as soon as no unit is in flight
	rest    time.Duration // how long to wait before that, since its file has changed
	replans int           // how often it was replanned because its source changed or its blocks were lost

	seen     *reading  // the last reading of a small file that may be changing
	rests    time.Time // blocks of a large file read before this moment must be read again
	unsure   []int     // those blocks
	unsureAt time.Time // when the last of them was read
	suspect  bool      // an acknowledged block differs from the file, though the file's times don't show it

	doubt    doubt  // whether an existing blob may be ours
	doubtful moment // start of the request whose answer was lost, or that an earlier process may have begun
	until    moment // the latest moment at which the service can have carried that out
}

// doubt is what the queue knows of a small file's blob after a lost answer.
type doubt uint8

const (
	none    doubt = iota
	lost          // the service may have stored it
	earlier       // the service may have stored it for an earlier process
	older         // the blob is older than our request, or there is none
)

// unitKind is what a worker does with a job.
type unitKind uint8

const (
	sendWhole unitKind = iota
	prepare            // open and plan a large file, and ask whether its name is free
	sendBlock
	commit
)

// unit is the work of one connection at a time: at most one request that carries data.
type unit struct {
	job     *job
	kind    unitKind
	block   int
	plan    int           // the job's plan when the unit was made
	tries   int           // that failed
	damaged int           // of those, because other bytes arrived
	stalls  int           // of those, because the request stalled
	crowded int           // of those, because too many files were open
	awaited int           // how often it waited for the outcome of the file's twin
	rest    time.Duration // how long it waits, with errUnsteady

	// Filled when it is handed out.
	store      store.Store
	token      token.Token
	generation int
	class      ledger.Class
	spare      bool  // another connection was free
	onWay      int64 // bytes that the service confirmed and that still count as in transit
}

// valid reports whether the unit still has a purpose.
func (u *unit) valid() bool { return !u.job.ended && u.plan == u.job.plan }

// smallAhead and largeAhead are how many claimed jobs stay loaded for each inbox.
const (
	smallAhead = 512
	largeAhead = 16
)

// wakeWorkers starts workers up to the number of connections and lets one look for work, which
// wakes the next. The caller holds the lock.
func (q *Queue) wakeWorkers() {
	for q.workers < q.conns.Limit && !q.closed {
		q.startWorker()
	}
	q.work.Signal()
}

// take waits for a free connection and something to send.
func (q *Queue) take() (unit, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.closed {
			return unit{}, false
		}
		if q.busy < q.conns.Limit {
			if u, ok := q.pick(); ok {
				q.busy++
				q.pacing.flow.Begin()
				if u.spare = q.busy < q.conns.Limit; u.spare {
					q.work.Signal() // each wakes the next while there is work, so idle ones sleep
				}
				return u, true
			}
		}
		q.work.Wait()
	}
}

// pick chooses the next unit. The caller holds the lock.
func (q *Queue) pick() (unit, bool) {
	if q.halt != nil {
		return unit{}, false
	}
	now := time.Now()
	for i, in := range q.order {
		if in.store == nil || in.hold != nil || in.quiet || now.Before(in.notBefore) {
			continue
		}
		// After failures in a row one request finds out whether the others may go on.
		if in.failures > failuresInARow && in.flying[ledger.Small]+in.flying[ledger.Large] > 0 {
			continue
		}
		u, ok := in.pick(q.conns.Limit)
		if short := len(in.small) < smallAhead/2 || len(in.large) < largeAhead/2; short &&
			q.ledger.Free(in.key) != [2]int{} {
			q.feeder.wake()
		}
		if !ok {
			continue
		}
		u.store, u.token, u.generation, u.class = in.store, in.token, in.generation, u.job.Class
		in.flying[u.class]++
		u.job.flying++
		u.job.flow.Begin()
		if u.job.State == ledger.Waiting {
			u.job.State = ledger.Active
			q.ledger.Begin(u.job.ID)
			q.notify() // its request may stall for long
		}
		if len(q.order) > 1 {
			q.order = append(append(append([]*inbox{}, q.order[:i]...), q.order[i+1:]...), in)
		}
		return u, true
	}
	return unit{}, false
}

// pick chooses the inbox's next unit: retries and commits first. While there are both small and
// large files, each kind gets half of the connections, so that neither waits behind the other.
func (in *inbox) pick(limit int) (unit, bool) {
	if u, ok := next(&in.ready, (*unit).valid); ok {
		return u, true
	}
	if in.flying[ledger.Small] <= in.flying[ledger.Large] {
		if u, ok := in.pickSmall(); ok {
			return u, true
		}
		return in.pickLarge(limit)
	}
	if u, ok := in.pickLarge(limit); ok {
		return u, true
	}
	return in.pickSmall()
}

func (in *inbox) pickSmall() (unit, bool) {
	if u, ok := next(&in.rested, (*unit).valid); ok {
		return u, true
	}
	if j, ok := next(&in.small, unended); ok {
		return unit{job: j, kind: sendWhole, plan: j.plan}, true
	}
	return unit{}, false
}

// next takes the first item from a list that still has a purpose.
func next[T any](list *[]T, has func(*T) bool) (x T, ok bool) {
	for len(*list) > 0 && !ok {
		x, ok = (*list)[0], has(&(*list)[0])
		clear((*list)[:1])
		*list = (*list)[1:]
	}
	return x, ok
}

func unended(j **job) bool { return !(*j).ended }

// pickLarge returns the next block of the first file that has one, and opens further files before
// the blocks run out.
func (in *inbox) pickLarge(limit int) (unit, bool) {
	ahead := 0
	for _, j := range in.opened {
		if j.acked == nil { // being prepared
			ahead += ledger.BlockCount(j.Size, plan.DefaultBlockSize)
		} else {
			ahead += len(j.acked) - j.next
		}
	}
	if ahead < limit {
		if j, ok := next(&in.large, unended); ok {
			in.opened = append(in.opened, j)
			return unit{job: j, kind: prepare, plan: j.plan}, true
		}
	}
	for _, j := range in.opened {
		if n, ok := j.nextBlock(); ok {
			return unit{job: j, kind: sendBlock, block: n, plan: j.plan}, true
		}
	}
	return unit{}, false
}

// nextBlock hands out the next block that is not acknowledged.
func (j *job) nextBlock() (int, bool) {
	for j.next < len(j.acked) {
		n := j.next
		j.next++
		if !j.acked[n] {
			return n, true
		}
	}
	return 0, false
}

func (j *job) closeFile() {
	if j.file != nil {
		_ = j.file.Close() // it was only read
		j.file = nil
	}
}

// close forgets an opened large file. The caller holds the lock.
func (in *inbox) close(j *job) {
	for i, o := range in.opened {
		if o == j {
			in.opened = append(in.opened[:i], in.opened[i+1:]...)
			break
		}
	}
	j.closeFile()
}

// feeder claims jobs for the workers. It runs on its own goroutine.
type feeder struct {
	q      *Queue
	hungry chan struct{} // wakes it
	unread bool          // its last claim failed
}

// wake makes the feeder check whether jobs are short. It does not block.
func (f *feeder) wake() {
	select {
	case f.hungry <- struct{}{}:
	default:
	}
}

// run claims jobs from the journal before the workers run out of them, until the queue ends.
func (f *feeder) run() {
	for {
		select {
		case <-f.q.ctx.Done():
			return
		case <-f.hungry:
		}
		for f.claimMore() {
		}
	}
}

// claimMore fills up one inbox and class that is short of jobs, and reports whether it found jobs
// for any.
func (f *feeder) claimMore() bool {
	short, orders := f.shortOfJobs()
	for _, s := range short {
		if f.claimFor(s, orders) {
			return true
		}
	}
	return false
}

// shortage is how many jobs of a class an inbox is short of.
type shortage struct {
	in    *inbox
	class ledger.Class
	n     int
}

// claimFor claims jobs that an inbox is short of and reports whether there were any. orders is the
// Queue.orders of the moment at which the shortage was found.
func (f *feeder) claimFor(s shortage, orders int) bool {
	in := s.in
	claims, err := f.q.ledger.Claim(f.q.ctx, in.key, s.class, s.n, time.Now())
	if err != nil {
		if f.q.ctx.Err() == nil {
			f.q.ledger.Report(err)
			f.unread = true
			time.AfterFunc(ledger.CommitAgain, func() { defer crash.Catch(); f.wake() })
		}
		return false
	}
	if f.unread {
		f.unread = false
		f.q.ledger.SayAlive() // the next commit ends the halt: these claims may need none
	}
	f.q.mu.Lock()
	defer f.q.mu.Unlock()
	for i := range claims {
		now, waits := f.q.ledger.Claimed(claims[i].ID)
		if !waits || in.quiet || f.q.orders != orders { // meanwhile a person stopped it, it moves to another inbox, or the order changed
			f.q.ledger.PutBack(now.ID)
			continue
		}
		if f.q.config.NeverReplace {
			now.Replace = false // an earlier command or another program set it
		}
		j := &job{Job: now, inbox: in}
		planned := now.UploadID != [16]byte{} // an unplanned large file has not been committed
		if until := claims[i].Ended; !until.IsZero() && (s.class == ledger.Small || planned) {
			j.doubt, j.doubtful, j.until = earlier, moment{at: claims[i].Began, local: true},
				moment{at: until, local: true}
		}
		f.q.doubts.giveBack(j)
		f.q.loaded[j.ID] = j
		if s.class == ledger.Small {
			in.small = append(in.small, j)
		} else {
			in.large = append(in.large, j)
		}
	}
	if len(claims) == 0 {
		return false // and wake nobody: workers that find nothing would wake the feeder again
	}
	f.q.wakeWorkers()
	return true
}

// shortOfJobs returns the shortages, and the Queue.orders of this moment.
func (f *feeder) shortOfJobs() (short []shortage, orders int) {
	f.q.mu.Lock()
	defer f.q.mu.Unlock()
	for _, in := range f.q.order {
		if in.store == nil || in.hold != nil || in.quiet {
			continue // claimed jobs can't move to another inbox, and cost memory
		}
		free := f.q.ledger.Free(in.key)
		if free[ledger.Small] > 0 && len(in.small) < smallAhead/2 {
			short = append(short, shortage{in, ledger.Small, smallAhead - len(in.small)})
		}
		if free[ledger.Large] > 0 && len(in.large) < largeAhead/2 {
			short = append(short, shortage{in, ledger.Large, largeAhead - len(in.large)})
		}
	}
	return short, f.q.orders
}

// unload drops a claimed job from memory. keep says that the journal must learn its present state.
// The caller holds the lock.
func (q *Queue) unload(j *job, keep bool) {
	j.ended = true
	j.inbox.close(j)
	delete(q.loaded, j.ID)
	q.doubts.keep(j)
	q.ledger.Unclaim(j.Job, keep)
}
