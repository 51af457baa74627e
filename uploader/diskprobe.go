package uploader

import (
	"context"
	"sync"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/source"
)

// stat is [source.Path.Stat] of a real path, but for tests.
var stat = func(path string) (source.Info, error) { return source.Path{Root: path}.Stat() }

// looks are looks at disks that may not be there. On a dead network disk such a look blocks for as long as the system likes, where
// nothing can end it; so nobody who wants to end waits for one, and there is at most one under way for the same root.
type looks struct {
	mu   sync.Mutex
	turn map[string]chan struct{} // by root: holds a value while a look is under way
}

// do calls look on a goroutine of its own, when no other look at the root is under way, and reports whether it has ended. If ctx ends
// first, look goes on alone, and nothing that it sets may be read.
func (l *looks) do(ctx context.Context, root string, look func()) bool {
	l.mu.Lock()
	if l.turn == nil {
		l.turn = map[string]chan struct{}{}
	}
	turn := l.turn[root]
	if turn == nil {
		turn = make(chan struct{}, 1)
		l.turn[root] = turn
	}
	l.mu.Unlock()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	done := make(chan struct{})
	go func() {
		defer func() { <-turn }()
		defer close(done)
		defer crash.Catch()
		look()
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
