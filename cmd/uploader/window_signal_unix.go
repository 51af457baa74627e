//go:build cgo && !nogui && unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"inboxuploader/internal/crash"
)

// onWhereAsked calls f for each SIGUSR2, by which end-to-end tests ask where the window's widgets
// are. The returned function ends it.
func onWhereAsked(f func()) func() {
	asked := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(asked, syscall.SIGUSR2)
	go func() {
		defer close(done)
		defer crash.Catch()
		for range asked {
			f()
		}
	}()
	return func() {
		signal.Stop(asked)
		close(asked)
		<-done
	}
}
