package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLongWorkIsToldNowAndThen: nothing for ten seconds, then a line, and none after the end.
func TestLongWorkIsToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := &console{stderr: &out}
		stop := c.sayNowAndThen(func() string { return "so far" })
		for _, step := range []struct {
			after time.Duration
			lines int
		}{{9 * time.Second, 0}, {2 * time.Second, 1}, {15 * time.Second, 2}, {time.Hour, 121}} {
			time.Sleep(step.after)
			synctest.Wait()
			if n := strings.Count(out.String(), "so far\n"); n < step.lines || n > step.lines+1 {
				t.Errorf("%d lines, want %d", n, step.lines)
			}
		}
		stop()
		before := out.Len()
		time.Sleep(time.Hour)
		if out.Len() != before {
			t.Error("a line after the end")
		}
	})
}
