package uplink

import (
	"context"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// Limit is a speed limit that may change at any time. The zero Limit does not limit. Its methods
// may be called from any goroutine.
type Limit struct{ limiter atomic.Pointer[rate.Limiter] }

// Set changes the limit, in bytes per second; 0 or less removes it.
func (l *Limit) Set(perSecond int64) {
	if perSecond <= 0 {
		l.limiter.Store(nil)
		return
	}
	// An eighth of a second's worth may go at once: short transfers keep to the limit too.
	l.limiter.Store(rate.NewLimiter(rate.Limit(perSecond), int(min(max(perSecond/8, 1), 1<<20))))
}

// PerSecond returns the limit in bytes per second, or 0 if there is none.
func (l *Limit) PerSecond() float64 {
	if limiter := l.limiter.Load(); limiter != nil {
		return float64(limiter.Limit())
	}
	return 0
}

// Wait blocks until n more bytes of a request's body may leave, and pauses its watch meanwhile. The
// error is the context's cause.
func (l *Limit) Wait(ctx context.Context, w *Watch, n int) error {
	for n > 0 {
		limiter := l.limiter.Load() // a new limit holds for the rest too
		if limiter == nil {
			return nil
		}
		w.Pause()
		part := min(n, limiter.Burst())
		if err := limiter.WaitN(ctx, part); err != nil {
			return context.Cause(ctx)
		}
		n -= part
	}
	return nil
}
