package uplink

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader/problem"
)

var errEnded = errors.New("ended")

func TestWatchGivesUpWhatStandsStillAndNothingElse(t *testing.T) {
	const limit = time.Minute
	for _, c := range []struct {
		name string
		do   func(*Watch)
		left time.Duration // until the request is given up; 0: never
	}{
		{"no progress at all", func(w *Watch) { w.Begin(0) }, limit},
		{"progress", func(w *Watch) { w.Begin(0); time.Sleep(40 * time.Second); w.Resume(0) }, limit},
		{"much progress", func(w *Watch) {
			w.Begin(0)
			for range 10 {
				time.Sleep(limit - 1)
				w.Resume(0)
			}
		}, limit},
		{"the one before began long ago", func(w *Watch) { w.Begin(0); w.Pause(); time.Sleep(limit - 1); w.Begin(0) }, limit},
		{"the one before ended long ago", func(w *Watch) { w.Begin(0); w.Pause(); time.Sleep(10 * limit); w.Begin(0) }, limit},
		{"the one before was given up", func(w *Watch) { <-w.Begin(0).Done(); w.Pause(); w.Begin(0) }, limit},
		{"waits for the speed limit", func(w *Watch) { w.Begin(0); w.Pause() }, 0},
		{"waited for the speed limit", func(w *Watch) { w.Begin(0); w.Pause(); time.Sleep(3 * limit); w.Resume(0) }, limit},
		{"given up before", func(w *Watch) { w.Begin(2) }, 3 * limit},
		{"given up too often", func(w *Watch) { w.Begin(100) }, 10 * limit},
		{"a fast line", func(w *Watch) { w.Begin(0); time.Sleep(time.Second); w.Resume(102 << 20) }, limit + time.Second*3/100},
		{"a slow line", func(w *Watch) { w.Begin(0); time.Sleep(50 * time.Second); w.Resume(4 << 20) }, limit + 75*time.Second},
		{"a line that hardly moves", func(w *Watch) { w.Begin(0); time.Sleep(50 * time.Second); w.Resume(2<<20 + 1) }, 10 * limit},
		{"a body within the buffers", func(w *Watch) { w.Begin(0); time.Sleep(50 * time.Second); w.Resume(2 << 20) }, limit},
		{"the answer before took long", func(w *Watch) {
			w.Begin(0)
			time.Sleep(limit - 1)
			w.Answered()
			w.Pause()
			w.Begin(0)
		}, 2*limit - 1},
		{"an answer before that took long, and many since did not", func(w *Watch) {
			w.Begin(0)
			time.Sleep(limit - 1)
			for range 200 {
				w.Answered()
				w.Pause()
				w.Begin(0)
			}
		}, limit + 7},
		{"none", func(*Watch) {}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := Watch{root: t.Context(), limit: limit}
				defer w.End()
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
				if e, ok := errors.AsType[*problem.Error](context.Cause(w.ctx)); !ok ||
					e.Reason != problem.NoProgress || !e.Unanswered {
					t.Errorf("after %v: %v", c.left, context.Cause(w.ctx))
				}
			})
		})
	}
}

func TestWatchEndsWithTheQueue(t *testing.T) {
	root, cancel := context.WithCancelCause(t.Context())
	w := Watch{root: root, limit: time.Hour}
	defer w.End()
	ctx := w.Begin(0)
	cancel(errEnded)
	if context.Cause(ctx) != errEnded { //nolint:errorlint // the very same
		t.Errorf("cause %v", context.Cause(ctx))
	}
}
