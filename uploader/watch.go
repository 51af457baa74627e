package uploader

import (
	"context"
	"sync"
	"time"
)

// watch gives up requests that stand still. It belongs to one worker, whose requests follow each other, and so costs
// nothing for each of them: its context is used again until it has been cancelled, and its timer, once set, looks by
// itself when next to look.
type watch struct {
	root  context.Context // the queue's
	limit time.Duration   // without progress

	mu     sync.Mutex
	ctx    context.Context // of the request under way, or the next
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil: not set
	moved  time.Time   // the last progress
	on     bool        // there is a request that may not stand still
}

// begin watches a request from now on and returns its context. It is cancelled with NoProgress as the cause.
func (w *watch) begin() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil || w.ctx.Err() != nil {
		w.release()
		w.ctx, w.cancel = context.WithCancelCause(w.root)
	}
	w.progress()
	return w.ctx
}

// resume notes progress.
func (w *watch) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.progress()
}

// progress notes progress. The caller holds the lock.
func (w *watch) progress() {
	w.moved, w.on = time.Now(), true
	if w.timer == nil {
		w.timer = time.AfterFunc(w.limit, w.look)
	}
}

// pause lets the request stand still, until resume.
func (w *watch) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = false
}

// look gives up the request under way if it has stood still for long enough.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = nil
	if !w.on {
		return
	}
	if left := w.limit - time.Since(w.moved); left > 0 {
		w.timer = time.AfterFunc(left, w.look)
		return
	}
	stalled := NewError("wait", "", NoProgress)
	stalled.Unanswered = true
	w.cancel(stalled)
}

// end gives the worker's context back. There is no request any more.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = false
	if w.timer != nil {
		w.timer.Stop()
	}
	w.release()
}

func (w *watch) release() {
	if w.cancel != nil {
		w.cancel(nil)
	}
}
