package ui

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestTheProgramEndsThoughFyneDoesNot: a process that hangs would take every later start for
// itself.
func TestTheProgramEndsThoughFyneDoesNot(t *testing.T) {
	for name, end := range map[string]func(*Window, context.CancelFunc){
		"quit":                 func(w *Window, _ context.CancelFunc) { w.quit() },
		"ended by the desktop": func(_ *Window, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{})
			d := openDesk(t, Config{Stuck: func() { close(ended) }})
			synctest.Test(t, func(t *testing.T) {
				d.quitting = make(chan struct{})
				ended = make(chan struct{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				begun := time.Now()
				end(d.Window, cancel)
				d.endAfter(ctx, func() { <-ended })
				if got := time.Since(begun); got != endTime {
					t.Errorf("it took %v", got)
				}
			})
			if !d.ended.Load() {
				t.Error("the window has not ended what it began")
			}
		})
	}
}

func TestAProgramThatEndsIsNotStuck(t *testing.T) {
	d := openDesk(t, Config{Stuck: func() { t.Error("it is taken for stuck") }})
	d.quit()
	d.endAfter(t.Context(), func() {})
}
