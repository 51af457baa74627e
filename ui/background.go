package ui

import (
	"sync"

	"inboxuploader/internal/crash"
)

// background runs goroutines of single actions. Unlike with a sync.WaitGroup, further ones may
// begin while somebody waits. The zero background is ready.
type background struct {
	mu      sync.Mutex
	running int
	idle    chan struct{} // closed when none is running; nil where nobody waits
}

// start runs f on a goroutine of its own.
func (b *background) start(f func()) {
	b.mu.Lock()
	b.running++
	b.mu.Unlock()
	go func() {
		defer b.done()
		defer crash.Catch()
		f()
	}()
}

func (b *background) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running--; b.running == 0 && b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
}

// wait returns at a moment at which none is running.
func (b *background) wait() {
	b.mu.Lock()
	if b.running == 0 {
		b.mu.Unlock()
		return
	}
	if b.idle == nil {
		b.idle = make(chan struct{})
	}
	idle := b.idle
	b.mu.Unlock()
	<-idle
}
