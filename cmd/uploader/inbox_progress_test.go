package main

import (
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestLongWorkIsToldNowAndThen: nothing for ten seconds, then a line, and none after the end.
func TestLongWorkIsToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines atomic.Int64
		c := &console{stderr: io.Discard}
		stop := c.sayNowAndThen(func() string { lines.Add(1); return "so far" })
		for _, step := range []struct {
			after time.Duration
			lines int64
		}{{9 * time.Second, 0}, {2 * time.Second, 1}, {15 * time.Second, 2}, {time.Hour, 121}} {
			time.Sleep(step.after)
			synctest.Wait()
			if n := lines.Load(); n < step.lines || n > step.lines+1 {
				t.Errorf("%d lines, want %d", n, step.lines)
			}
		}
		stop()
		before := lines.Load()
		time.Sleep(time.Hour)
		if lines.Load() != before {
			t.Error("a line after the end")
		}
	})
}
