package uplink

import (
	"sync/atomic"
	"time"
)

// Flow measures how fast bytes leave. It counts only the time of sending: pauses, and waits that
// ended in a failure, don't change the measurement. The zero value is ready to use. The queue's
// lock protects it, except for Hand.
type Flow struct {
	left   atomic.Int64 // bytes that left since the last fold
	busy   int          // units of work in flight
	since  time.Time    // the window covers the time until then; later time counts once something moves
	window window
}

// NewFlow returns a flow with busy units of work in flight.
func NewFlow(busy int) *Flow { return &Flow{busy: busy, since: time.Now()} }

// Hand counts n bytes handed over of a body of that size; handed is the body's total so far. It
// takes no lock, and may be called on nil, like Begin, End, Lost and Confirmed.
func (f *Flow) Hand(n, handed, size int64) {
	if f != nil {
		f.leave(leftOf(handed, size) - leftOf(handed-n, size))
	}
}

// Confirmed says that the service took a body of size bytes, of which handed were handed over.
func (f *Flow) Confirmed(now time.Time, handed, size int64) {
	if f != nil {
		f.leave(size - leftOf(handed, size))
		f.fold(now, true)
	}
}

// Lost takes back the handed bytes of a body of that size, lost with its connection, and the time
// spent waiting in vain.
func (f *Flow) Lost(now time.Time, handed, size int64) {
	if f != nil {
		f.lose(now, leftOf(handed, size))
	}
}

// leave counts bytes that left. It takes no lock.
func (f *Flow) leave(n int64) { f.left.Add(n) }

func (f *Flow) lose(now time.Time, n int64) {
	f.fold(now, false)
	f.window.remove(n)
	f.since = now
}

// Delivered counts a file.
func (f *Flow) Delivered() { f.window.add(tick{files: 1}) }

// Pace returns the mean of the last seconds of sending up to the last fold, or zero before least
// seconds of sending.
func (f *Flow) Pace(least int) Pace { return f.window.pace(least) }

// PaceAt is Pace as if bytes had moved just now: a stalled line gets slower.
func (f *Flow) PaceAt(now time.Time, least int) Pace {
	w := f.at(now)
	return w.pace(least)
}

// Begin says that one more unit of work is in flight.
func (f *Flow) Begin() {
	if f == nil {
		return
	}
	if f.busy == 0 {
		f.since = time.Now()
	}
	f.busy++
}

// End says that one of them has ended.
func (f *Flow) End() {
	if f != nil {
		f.busy--
	}
}

// Note updates the measurement to now if bytes have left.
func (f *Flow) Note(now time.Time) { f.fold(now, false) }

// fold updates the window to now if anything has moved: bytes have left, or the caller says that
// the service has answered.
func (f *Flow) fold(now time.Time, answered bool) {
	n := f.left.Swap(0)
	if n == 0 && !answered {
		return
	}
	f.window.advance(now.Sub(f.since))
	f.window.add(tick{bytes: n})
	f.since = now
}

// at returns the window as if bytes had moved just now: a stalled line gets slower.
func (f *Flow) at(now time.Time) window {
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
	// TellingSeconds is how many are needed for a speed that a person sees.
	TellingSeconds = 10
	// PlanningSeconds is how many are needed to choose a block size.
	PlanningSeconds = 2
)

// window counts what left in the last seconds of sending.
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

// Pace is the speed of sending; the zero value means unknown.
type Pace struct{ Bytes, files float64 } // per second

// OfFiles reports whether the files are so small that their number takes the time, not their bytes.
func (p Pace) OfFiles() bool { return p.Bytes < p.files*requestWork }

// pace returns the mean over the window, or zero before least seconds of sending.
func (w *window) pace(least int) Pace {
	over := w.clock
	if over >= windowSeconds*time.Second { // the first second of the window has gone, the last is not complete
		over = (windowSeconds-1)*time.Second + over%time.Second
	}
	if over < time.Duration(least)*time.Second {
		return Pace{}
	}
	var sum tick
	for _, t := range w.seconds {
		sum.bytes += t.bytes
		sum.files += t.files
	}
	return Pace{float64(sum.bytes) / over.Seconds(), float64(sum.files) / over.Seconds()}
}

// TimeFor returns how long the rest takes at that pace, or 0 if unknown: small files say nothing
// about large ones.
func (p Pace) TimeFor(bytes, files int64) time.Duration {
	seconds := 0.0
	switch {
	case bytes < files*requestWork:
		if p.files > 0 {
			seconds = float64(files) / p.files
		}
	case p.Bytes >= 1 && !p.OfFiles():
		seconds = float64(bytes) / p.Bytes
	}
	return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
}

// buffered is how many bytes of a body may be in the system's buffers and on the line. They count
// as having left when they are confirmed or more follow, or a slow line would seem fast while the
// buffers fill.
const buffered = 256 << 10

// leftOf returns how many of the handed bytes of a body of that size have left.
func leftOf(handed, size int64) int64 { return max(min(handed, size)-buffered, 0) }
