package uplink

import (
	"context"
	"sync"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
)

// Watch gives up stalled requests. It belongs to one worker, whose requests follow each other, and
// so costs nothing for each: it reuses its context until that is cancelled, and its timer, once
// set, schedules its next check by itself.
type Watch struct {
	root  context.Context // the queue's
	limit time.Duration   // without progress

	mu     sync.Mutex
	ctx    context.Context // of this request, or the next
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil: not set
	begun  time.Time   // when the request began
	moved  time.Time   // the last progress
	handed int64       // bytes of the request's body that were taken
	stalls int         // how often the same request was given up before
	on     bool        // there is a request that must not stall

	stood time.Duration // recent wait for an answer after the whole body was taken
}

// NewWatch returns the watch of a worker whose requests end with root at the latest, and may stall
// for limit. The worker must call End when it ends.
func NewWatch(root context.Context, limit time.Duration) *Watch {
	return &Watch{root: root, limit: limit}
}

// unseen is how many bytes of a request may be in transit without visible progress: in the store's
// buffer and the system's (package azure bounds both), on the line, and in the other side's buffer.
const unseen = 3 << 20

// mostPatience is how many additional limits a request may stall at most.
const mostPatience = 9

// Begin watches a request from now on and returns its context. If the request stalls, the
// context is cancelled with NoProgress. stalls is how often the same request was given up before.
func (w *Watch) Begin(stalls int) context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun, w.handed, w.stalls = time.Now(), 0, stalls
	if w.ctx == nil || w.ctx.Err() != nil {
		w.release()
		w.ctx, w.cancel = context.WithCancelCause(w.root)
	}
	w.progress()
	return w.ctx
}

// Resume notes that n more bytes of the body were taken, and returns the total.
func (w *Watch) Resume(n int) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handed += int64(n)
	w.progress()
	return w.handed
}

// Taken returns how many bytes of the body were taken.
func (w *Watch) Taken() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.handed
}

// Answered says that the request was carried out. A proxy that scans for viruses may take a body at
// once and pass it on slowly: after that, the watch waits longer for the next answer.
func (w *Watch) Answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stood = max(time.Since(w.moved), w.stood-w.stood/8)
}

// patience returns how long the request may stall: the limit, plus the longest of three. A slow
// line gets the time that the unseen bytes take at the visible speed, which is nothing on a fast
// line. An answer may take as long as recent ones. And a request that was given up gets one more
// limit each time, so that a body that fits into the buffers as a whole gets through at last.
func (w *Watch) patience() time.Duration {
	more := max(w.limit*time.Duration(w.stalls), w.stood)
	if seen := w.handed - unseen*2/3; seen > 0 {
		more = max(more, time.Duration(float64(w.moved.Sub(w.begun))*unseen/float64(seen)))
	}
	return w.limit + min(more, mostPatience*w.limit)
}

// progress notes progress. The caller holds the lock.
func (w *Watch) progress() {
	w.moved, w.on = time.Now(), true
	if w.timer == nil {
		w.timer = time.AfterFunc(w.limit, func() { defer crash.Catch(); w.look() })
	}
}

// Pause lets the request stall until Resume.
func (w *Watch) Pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = false
}

// look gives up the request if it has stalled for long enough.
func (w *Watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = nil
	if !w.on {
		return
	}
	if left := w.patience() - time.Since(w.moved); left > 0 {
		w.timer = time.AfterFunc(left, func() { defer crash.Catch(); w.look() })
		return
	}
	stalled := problem.New("wait", "", problem.NoProgress)
	stalled.Unanswered = true
	w.cancel(stalled)
}

// End gives the worker's context back. There is no request any more.
func (w *Watch) End() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = false
	if w.timer != nil {
		w.timer.Stop()
	}
	w.release()
}

func (w *Watch) release() {
	if w.cancel != nil {
		w.cancel(nil)
	}
}
