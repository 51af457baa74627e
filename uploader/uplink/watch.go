package uplink

import (
	"context"
	"sync"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
)

// Watch gives up requests that stand still. It belongs to one worker, whose requests follow each
// other, and so costs nothing for each of them: its context is used again until it has been
// cancelled, and its timer, once set, looks by itself when next to look.
type Watch struct {
	root  context.Context // the queue's
	limit time.Duration   // without progress

	mu     sync.Mutex
	ctx    context.Context // of the request under way, or the next
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil: not set
	begun  time.Time   // the request
	moved  time.Time   // the last progress
	handed int64       // bytes of the request's body that were taken
	stalls int         // how often the same has been given up before
	on     bool        // there is a request that may not stand still

	stood time.Duration // how long answers were waited for of late once all had been taken
}

// NewWatch returns the watch of a worker whose requests end with root at the latest, and may stand
// still for limit. The worker must call end when it ends.
func NewWatch(root context.Context, limit time.Duration) *Watch {
	return &Watch{root: root, limit: limit}
}

// unseen is how many bytes of a request may be on their way without being seen to move: in the
// store's buffer and the system's (package azure bounds both), on the line, and in the buffer of
// the other side.
const unseen = 3 << 20

// mostPatience is how many more times the limit a request may at most stand still.
const mostPatience = 9

// Begin watches a request from now on and returns its context. It is cancelled with NoProgress as
// the cause. stalls is how often the same request has been given up before.
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

// Resume notes that n bytes more of the body were taken, and returns how many those are in all.
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

// Answered says that the request was carried out. What stands between may take a body at once and
// pass it on slowly, as a proxy does that looks for viruses in it: the next one is waited for
// longer.
func (w *Watch) Answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stood = max(time.Since(w.moved), w.stood-w.stood/8)
}

// patience returns how long the request may stand still. A slow line takes its time for what it
// does not show: as long as that needs at the speed that was seen, it is waited for besides; on a
// fast line that is nothing. Nor is an answer expected sooner than others came. And what was given
// up gets the limit once more each time, so that a body that fits into the buffers as a whole gets
// through at last.
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

// Pause lets the request stand still, until resume.
func (w *Watch) Pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = false
}

// look gives up the request under way if it has stood still for long enough.
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
