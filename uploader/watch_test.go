package uploader

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader/problem"
)

func TestWatchGivesUpWhatStandsStillAndNothingElse(t *testing.T) {
	const limit = time.Minute
	for _, c := range []struct {
		name string
		do   func(*watch)
		left time.Duration // until the request is given up; 0: never
	}{
		{"no progress at all", func(w *watch) { w.begin(0) }, limit},
		{"progress", func(w *watch) { w.begin(0); time.Sleep(40 * time.Second); w.resume(0) }, limit},
		{"much progress", func(w *watch) {
			w.begin(0)
			for range 10 {
				time.Sleep(limit - 1)
				w.resume(0)
			}
		}, limit},
		{"the one before began long ago", func(w *watch) { w.begin(0); w.pause(); time.Sleep(limit - 1); w.begin(0) }, limit},
		{"the one before ended long ago", func(w *watch) { w.begin(0); w.pause(); time.Sleep(10 * limit); w.begin(0) }, limit},
		{"the one before was given up", func(w *watch) { <-w.begin(0).Done(); w.pause(); w.begin(0) }, limit},
		{"waits for the speed limit", func(w *watch) { w.begin(0); w.pause() }, 0},
		{"waited for the speed limit", func(w *watch) { w.begin(0); w.pause(); time.Sleep(3 * limit); w.resume(0) }, limit},
		{"given up before", func(w *watch) { w.begin(2) }, 3 * limit},
		{"given up too often", func(w *watch) { w.begin(100) }, 10 * limit},
		{"a fast line", func(w *watch) { w.begin(0); time.Sleep(time.Second); w.resume(102 * mib) }, limit + time.Second*3/100},
		{"a slow line", func(w *watch) { w.begin(0); time.Sleep(50 * time.Second); w.resume(4 * mib) }, limit + 75*time.Second},
		{"a line that hardly moves", func(w *watch) { w.begin(0); time.Sleep(50 * time.Second); w.resume(2*mib + 1) }, 10 * limit},
		{"a body within the buffers", func(w *watch) { w.begin(0); time.Sleep(50 * time.Second); w.resume(2 * mib) }, limit},
		{"none", func(*watch) {}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watch{root: t.Context(), limit: limit}
				defer w.end()
				c.do(&w)
				if c.left == 0 {
					time.Sleep(10 * limit)
					if w.ctx != nil && w.ctx.Err() != nil {
						t.Errorf("given up: %v", context.Cause(w.ctx))
					}
					return
				}
				time.Sleep(c.left - 1)
				synctest.Wait()
				if w.ctx.Err() != nil {
					t.Fatalf("given up too early: %v", context.Cause(w.ctx))
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if e, ok := errors.AsType[*problem.Error](context.Cause(w.ctx)); !ok || e.Reason != problem.NoProgress || !e.Unanswered {
					t.Errorf("after %v: %v", c.left, context.Cause(w.ctx))
				}
			})
		})
	}
}

func TestWatchEndsWithTheQueue(t *testing.T) {
	root, cancel := context.WithCancelCause(t.Context())
	w := watch{root: root, limit: time.Hour}
	defer w.end()
	ctx := w.begin(0)
	cancel(errClosed)
	if context.Cause(ctx) != errClosed { //nolint:errorlint // the very same
		t.Errorf("cause %v", context.Cause(ctx))
	}
}
