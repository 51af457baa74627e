package main

import (
	"time"

	"inboxuploader/internal/crash"
)

// sayNowAndThen says words after ten seconds, and then less and less often. The returned function
// stops it, and returns when nothing more will be said.
func (c *console) sayNowAndThen(words func() string) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer crash.Catch()
		wait := firstPlain
		next := time.NewTimer(wait)
		defer next.Stop()
		for {
			select {
			case <-end:
				return
			case <-next.C:
				c.say(words())
				wait = min(wait*3/2, mostPlain)
				next.Reset(wait)
			}
		}
	}()
	return func() { close(end); <-ended }
}
