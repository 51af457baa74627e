package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
)

// TestGivingUpIsCountedFromTheLastConfirmation looks at the moment at which an upload ends.
func TestGivingUpIsCountedFromTheLastConfirmation(t *testing.T) {
	for name, c := range map[string]struct {
		confirmed []time.Duration // after the start
		want      time.Duration
	}{
		"nothing at all":  {nil, 2 * time.Hour},
		"at once":         {[]time.Duration{0}, 2 * time.Hour},
		"now and then":    {[]time.Duration{time.Minute, 90 * time.Minute, 3 * time.Hour}, 5 * time.Hour},
		"a last one late": {[]time.Duration{2*time.Hour - 1}, 4*time.Hour - 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				busy := problem.New("put blob", "a", problem.ServiceFault)
				status := func() uploader.Status {
					s := uploader.Status{Inboxes: []uploader.InboxStatus{{Trouble: busy}}}
					for _, at := range c.confirmed {
						if at <= time.Since(begun) {
							s.Confirmed = begun.Add(at)
						}
					}
					return s
				}
				ctx, end := patience(2*time.Hour).limit(t.Context(), status)
				defer end()
				<-ctx.Done()
				if took := time.Since(begun); took != c.want {
					t.Errorf("given up after %v, want %v", took, c.want)
				}
				err := context.Cause(ctx)
				if !errors.Is(err, problem.ErrGaveUp) ||
					!strings.Contains(explain(err).What, "The storage reports an internal error.") {
					t.Errorf("%v: %q", err, explain(err).What)
				}
			})
		})
	}
}

func TestWhoHasPatienceIsNotStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := patience(
			0).limit(t.Context(), func() uploader.Status { return uploader.Status{} })
		time.Sleep(10_000 * time.Hour)
		if ctx.Err() != nil {
			t.Error("given up")
		}
		end()
		ctx, end = patience(
			time.Hour).limit(t.Context(), func() uploader.Status { return uploader.Status{} })
		end()
		if err := context.Cause(ctx); errors.Is(err, problem.ErrGaveUp) {
			t.Errorf("ended by %v", err)
		}
	})
}
