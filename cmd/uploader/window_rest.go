//go:build cgo && !nogui

package main

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

const (
	// restFor is how long Fyne's thread waits for the screen at most. What Fyne itself begins meanwhile waits as long.
	restFor = 400 * time.Millisecond
	// restAfterWork leaves Fyne two of its ticks, which draw what a function has changed.
	restAfterWork = 2 * time.Second / 60
	// restAfterInput leaves it as long as its animations take after a key or a click.
	restAfterInput = time.Second
)

// rest lets Fyne's thread sleep while there is nothing to do. Fyne 2.8.1 asks the screen for events 60 times a second whether or not
// anything happens, which alone takes 2 % of a core. So while nothing moves, a function that it runs waits for the screen instead, with
// what Fyne asks by: GLFW, whose events reach Fyne from there just the same.
//
// The screen's events and functions handed to Do end the wait; what Fyne hands itself from its other goroutines, such as a click on the
// tray's menu, comes up to restFor later.
type rest struct {
	mu      sync.Mutex
	pending int  // functions handed to Do that have not begun
	waiting bool // Fyne's thread waits for the screen
}

// Do runs f on Fyne's thread and does not wait for it.
func (r *rest) Do(f func()) {
	r.mu.Lock()
	r.pending++
	r.mu.Unlock()
	fyne.Do(func() {
		r.mu.Lock()
		r.pending--
		r.mu.Unlock()
		f()
	})
	r.mu.Lock()
	defer r.mu.Unlock() // GLFW may not end in between
	if r.waiting {
		glfw.PostEmptyEvent()
	}
}

// run lets Fyne's thread rest whenever it may, until ctx ends. It blocks, and belongs on a goroutine of its own.
func (r *rest) run(ctx context.Context) {
	pause := restAfterInput
	rested := make(chan time.Duration, 1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		var handing sync.Mutex
		handing.Lock()
		fyne.Do(func() {
			// Once Fyne has ended, and GLFW with it, fyne.Do runs the function here and now.
			if !handing.TryLock() {
				rested <- restAfterWork
				return
			}
			rested <- r.wait()
		})
		handing.Unlock()
		select {
		case <-ctx.Done():
			return
		case pause = <-rested:
		}
	}
}

// wait waits for the screen, on Fyne's thread, and returns how long Fyne needs its ticks now.
func (r *rest) wait() time.Duration {
	if typing() {
		return restAfterInput
	}
	r.mu.Lock()
	if r.pending > 0 {
		r.mu.Unlock()
		return restAfterWork
	}
	r.waiting = true
	r.mu.Unlock()
	begun := time.Now()
	glfw.WaitEventsTimeout(restFor.Seconds())
	took := time.Since(begun)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = false
	switch {
	case r.pending > 0:
		return restAfterWork
	case took < restFor:
		return restAfterInput
	default:
		return 0
	}
}

// typing reports whether an entry has the focus, whose cursor blinks.
func typing() bool {
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		if _, entry := w.Canvas().Focused().(interface{ SelectedText() string }); entry {
			return true
		}
	}
	return false
}
