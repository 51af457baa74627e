package uploader

import (
	"sync/atomic"
	"time"
)

// flow measures how fast bytes leave. It counts the time of sending alone: pauses, and waits that ended in a failure, are left out,
// so that what is known stays as it was meanwhile. The zero value is ready. The queue's lock protects it, but for leave.
type flow struct {
	left   atomic.Int64 // bytes that left since the last fold
	busy   int          // units of work under way
	since  time.Time    // up to then all is in the window; what is later counts once something moves
	window window
}

// leave counts bytes that left. It takes no lock.
func (f *flow) leave(n int64) { f.left.Add(n) }

// begin says that one more unit of work is under way. Like end, it may be called on nil.
func (f *flow) begin() {
	if f == nil {
		return
	}
	if f.busy == 0 {
		f.since = time.Now()
	}
	f.busy++
}

// end says that one is not any more.
func (f *flow) end() {
	if f != nil {
		f.busy--
	}
}

// fold brings the window up to now if anything has moved: bytes have left, or, as the caller says, the service has answered.
func (f *flow) fold(now time.Time, answered bool) {
	n := f.left.Swap(0)
	if n == 0 && !answered {
		return
	}
	f.window.advance(now.Sub(f.since))
	f.window.add(tick{bytes: n})
	f.since = now
}

// lose takes back bytes that were lost with their connection, and the time that was waited for them in vain.
func (f *flow) lose(now time.Time, n int64) {
	f.fold(now, false)
	f.window.remove(n)
	f.since = now
}

// at returns what the window would be if what is under way moved now: a line that stands still gets slower.
func (f *flow) at(now time.Time) window {
	f.fold(now, false)
	w := f.window
	if f.busy > 0 {
		w.advance(now.Sub(f.since))
	}
	return w
}

const (
	// windowSeconds is how far back a speed looks, in seconds of sending.
	windowSeconds = 30
	// tellingSeconds are how many say something to a person.
	tellingSeconds = 10
	// planningSeconds are how many are enough to choose a block size by.
	planningSeconds = 2
)

// window is what left in the last seconds of sending.
type window struct {
	clock   time.Duration // of sending, since the beginning
	seconds [windowSeconds]tick
}

// tick is what left in a second.
type tick struct {
	bytes int64
	files int64 // that were delivered
}

// advance lets time pass.
func (w *window) advance(d time.Duration) {
	from := w.second()
	w.clock += max(d, 0)
	for s := max(from, w.second()-windowSeconds) + 1; s <= w.second(); s++ {
		w.seconds[s%windowSeconds] = tick{}
	}
}

func (w *window) second() int64 { return int64(w.clock / time.Second) }

// add counts in the present second.
func (w *window) add(t tick) {
	now := &w.seconds[w.second()%windowSeconds]
	now.bytes += t.bytes
	now.files += t.files
}

// remove takes bytes back, the latest first.
func (w *window) remove(n int64) {
	last := w.second()
	for s := last; s >= 0 && s > last-windowSeconds && n > 0; s-- {
		t := &w.seconds[s%windowSeconds]
		part := min(n, t.bytes)
		t.bytes -= part
		n -= part
	}
}

// pace is how fast sending goes; the zero value is: not known.
type pace struct{ bytes, files float64 } // per second

// ofFiles reports whether the files are so small that their number takes the time, not their bytes.
func (p pace) ofFiles() bool { return p.bytes < p.files*requestWork }

// pace returns the mean over the window, not known before so many seconds of sending.
func (w *window) pace(least int) pace {
	over := w.clock
	if over >= windowSeconds*time.Second { // the first second of the window has gone, the last is not complete
		over = (windowSeconds-1)*time.Second + over%time.Second
	}
	if over < time.Duration(least)*time.Second {
		return pace{}
	}
	var sum tick
	for _, t := range w.seconds {
		sum.bytes += t.bytes
		sum.files += t.files
	}
	return pace{float64(sum.bytes) / over.Seconds(), float64(sum.files) / over.Seconds()}
}

// timeFor returns how long what is left takes at that pace, 0 where that can't be said: small files say nothing about large ones.
func (p pace) timeFor(bytes, files int64) time.Duration {
	seconds := 0.0
	switch {
	case bytes < files*requestWork:
		if p.files > 0 {
			seconds = float64(files) / p.files
		}
	case p.bytes >= 1 && !p.ofFiles():
		seconds = float64(bytes) / p.bytes
	}
	return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
}

// buffered is how many bytes of a body may be in the system's buffers and on the line: they count as having left when they are
// confirmed, or more follow. Without that a slow line would seem fast for as long as the buffers fill.
const buffered = 256 << 10

// leftOf returns how many of the bytes that were handed over of a body of that size have left.
func leftOf(handed, size int64) int64 { return max(min(handed, size)-buffered, 0) }

// hand counts n bytes that were handed over of a body of that size, which makes handed in all. It takes no lock.
func (q *Queue) hand(j *job, n, handed, size int64) {
	q.onWay.Add(n)
	j.onWay.Add(n)
	left := leftOf(handed, size) - leftOf(handed-n, size)
	q.flow.leave(left)
	if j.flow != nil {
		j.flow.leave(left)
	}
}

// answered counts what came of a request of whose body so much had been handed over. The caller holds the lock.
func (q *Queue) answered(u *unit, now time.Time, handed, size int64, err error) {
	left := leftOf(handed, size)
	for _, f := range []*flow{&q.flow, u.job.flow} {
		switch {
		case f == nil, err != nil && (q.ctx.Err() != nil || !u.valid()): // cut off by the queue itself, which says nothing about the line
		case err != nil:
			f.lose(now, left)
		default:
			f.leave(size - left)
			f.fold(now, true)
		}
	}
	u.onWay += handed
	if err != nil {
		q.arrived(u)
	}
}

// arrived ends that the bytes of a unit's request are on their way: they are lost, or counted as acknowledged at the same moment. The
// caller holds the lock.
func (q *Queue) arrived(u *unit) {
	q.onWay.Add(-u.onWay)
	u.job.onWay.Add(-u.onWay)
	u.onWay = 0
}

// speedTo returns how fast bytes leave for an inbox, in bytes per second: in the last seconds of sending, where those are so many, or
// when it was measured last; 0 where it never was. The caller holds the lock.
func (q *Queue) speedTo(inbox string, seconds int) float64 {
	if p := q.flow.window.pace(seconds); p.bytes >= 1 && !p.ofFiles() {
		return p.bytes
	}
	return q.ledger.LastSpeed(inbox)
}

// planningSpeed is the speed by which files for an inbox are planned, 0 if it is not known. The caller holds the lock.
func (q *Queue) planningSpeed(inbox string) float64 {
	speed := q.speedTo(inbox, planningSeconds)
	if l := q.limiter.Load(); l != nil && (speed == 0 || float64(l.Limit()) < speed) {
		return float64(l.Limit())
	}
	return speed
}

// blockSize returns the block size of a file that is planned now. The caller holds the lock, as with wholeSize.
func (q *Queue) blockSize(j *job) int64 {
	preferred := q.config.BlockSize
	if preferred == 0 {
		preferred = pacedBlockSize(j.Size, q.planningSpeed(j.inbox.key))
	}
	return blockSizeFor(j.Size, preferred)
}

// planForSlow plans files anew, in smaller blocks, that were planned before anything was known of a line that turns out to be slow: as long
// as nothing of them is acknowledged, which on that line would take long. What is under way of them is cut off.
func (q *Queue) planForSlow() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, in := range q.order {
		speed := q.planningSpeed(in.key)
		for _, j := range in.opened {
			if !j.guessed || j.acked == nil || speed == 0 {
				continue
			}
			j.guessed = false
			if fit := q.blockSize(j); j.left == len(j.acked) && fit <= j.BlockSize/4 && !j.again && !j.steered {
				j.UploadID, j.BlockSize = newUploadID(), fit
				q.lay(j, nil)
				j.cut.Store(int64(j.plan))
				q.wakeWorkers()
			}
		}
	}
}

// wholeSize returns up to which size a file for an inbox that is found now is sent in one request.
func (q *Queue) wholeSize(inbox string) int64 {
	if q.config.BlockSize != 0 {
		return q.config.BlockSize
	}
	return wholeSize(q.planningSpeed(inbox))
}
