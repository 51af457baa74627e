package ui

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/test"

	"inboxuploader/uploader/token"
)

// watched runs a window's sampler over a queue in a bubble of its own time, and calls do there.
func watched(t *testing.T, c *crowd, do func(w *Window)) {
	t.Helper()
	app := test.NewTempApp(t)
	w := New(app, Config{Queue: c, Settings: DefaultSettings(), Do: func(f func()) { f() }})
	synctest.Test(t, func(t *testing.T) {
		// What the sampler waits for has to belong to the bubble.
		c.changed = make(chan struct{}, 1)
		w.look, w.sampler.hurry = make(chan struct{}, 1), make(chan struct{}, 1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.sampler.watch(ctx)
		}()
		synctest.Wait()
		do(w)
		cancel()
		<-ended
	})
	w.end()
}

// looksIn returns how often the queue was looked at in that time, while change is called each
// millisecond.
func (c *crowd) looksIn(d time.Duration, change func()) int {
	before := c.looks.Load()
	for begun := time.Now(); time.Since(begun) < d; {
		change()
		time.Sleep(time.Millisecond)
		synctest.Wait()
	}
	return int(c.looks.Load() - before)
}

func (c *crowd) change() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func TestTheQueueIsLookedAtOnlyWhenThereIsSomethingToSee(t *testing.T) {
	nothing := func() {}
	for name, c := range map[string]struct {
		hidden bool
		change func(w *Window, c *crowd)
		want   [2]int // looks in ten seconds, least and most
	}{
		"nothing changes": {false, func(*Window, *crowd) {}, [2]int{0, 0}},
		"the queue changes all the time": {
			false, func(_ *Window, c *crowd) { c.change() },
			[2]int{98, 101},
		},
		"a person scrolls all the time": {
			false, func(w *Window, _ *crowd) { w.wake() },
			[2]int{98, 101},
		},
		"both": {
			false,
			func(w *Window, c *crowd) { w.wake(); c.change() },
			[2]int{98, 101},
		},
		"hidden, and nothing changes": {true, func(*Window, *crowd) {}, [2]int{0, 0}},
		"hidden, and the queue changes": {
			true, func(_ *Window, c *crowd) { c.change() },
			[2]int{9, 11},
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := newCrowd(1000)
			watched(t, q, func(w *Window) {
				w.hidden.Store(c.hidden)
				q.looksIn(2*time.Second, nothing) // what the start brought with it
				if n := q.looksIn(10*time.Second, func() { c.change(w, q) }); n < c.want[0] ||
					n > c.want[1] {
					t.Errorf("%d looks in ten seconds, want %d to %d", n, c.want[0], c.want[1])
				}
			})
		})
	}
}

// TestOneChangeIsSeenSoon: a queue that rested is looked at as soon as it changes, and a window
// that is shown again at once.
func TestOneChangeIsSeenSoon(t *testing.T) {
	q := newCrowd(10)
	watched(t, q, func(w *Window) {
		time.Sleep(time.Minute)
		synctest.Wait()
		before := q.looks.Load()
		q.change()
		synctest.Wait()
		if q.looks.Load() != before+1 {
			t.Errorf("%d looks after a change", q.looks.Load()-before)
		}
		w.hidden.Store(true)
		w.wake()
		time.Sleep(150 * time.Millisecond)
		synctest.Wait()
		before = q.looks.Load()
		w.tray.reveal()
		synctest.Wait()
		if q.looks.Load() != before+1 {
			t.Errorf("%d looks when the window was shown again", q.looks.Load()-before)
		}
	})
}

// TestACountdownGoesOnByItself: nothing but the clock makes it, once a second near the end and
// seldom before.
func TestACountdownGoesOnByItself(t *testing.T) {
	for name, c := range map[string]struct {
		left time.Duration
		want [2]int // looks in ten minutes, least and most
	}{
		"days before the end":    {72*time.Hour + 30*time.Minute, [2]int{0, 1}},
		"hours before the end":   {5 * time.Hour, [2]int{9, 11}},
		"minutes before the end": {30 * time.Minute, [2]int{595, 602}},
		"after the end":          {-time.Minute, [2]int{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			q := newCrowd(0)
			watched(t, q, func(w *Window) {
				w.inboxes.token = token.Token{
					Inbox: token.Inbox{
						Scheme: "https",
						Host:   "a.blob.core.windows.net", Container: "c",
					},
					ValidTo: time.Now().Add(c.left),
				}
				w.wake()
				time.Sleep(2 * time.Second)
				synctest.Wait()
				before := q.looks.Load()
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if n := int(q.looks.Load() - before); n < c.want[0] || n > c.want[1] {
					t.Errorf("%d looks in ten minutes, want %d to %d", n, c.want[0], c.want[1])
				}
			})
		})
	}
}
