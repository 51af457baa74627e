//go:build unix && !race

package sim

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// process is one run of the program. Two may be alive at once, over one list.
type process struct {
	w         *world
	n         int
	ctx       context.Context
	cancel    context.CancelCauseFunc
	list      *list
	queue     *uploader.Queue
	dead      atomic.Bool // it was killed: what it does has no effect, and it hears nothing
	ended     chan struct{}
	committed atomic.Int64 // when the list last had everything, nanoseconds since 1970
	seen      int64        // of the world's writes

	cutCopy atomic.Bool // it is killed when it has sent something under a further name

	mu     sync.Mutex
	strike [5]int // by place: of which request or commit on the process is killed; 0: of none
	acts   sync.WaitGroup
}

var errKilled = errors.New("killed")

// start begins a process, which goes on with what nobody is sending.
func (w *world) start(n int) *process {
	p := &process{w: w, n: n, ended: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	j, _, err := journal.Open(p.ctx, filepath.Join(w.dir, "state"), journal.Options{})
	w.must(err)
	p.list = &list{j, p}
	p.queue, err = uploader.NewQueue(p.ctx, uploader.Config{
		Open:    func(t token.Token) (store.Store, error) { return w.storage.open(p, t) },
		Journal: p.list, Memory: w.plan.config.memory, Connections: w.plan.config.connections,
		BlockSize: w.plan.config.blockSize, Receipt: filepath.Join(w.disk.root, "run", "receipt.csv"),
		Log: slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	w.must(err)
	w.say("process %d begins", n)
	w.alive[n] = p
	for _, t := range w.hands {
		w.must(p.queue.Use(t.token))
	}
	p.adopt()
	return p
}

// adopt has the process go on with what nobody is sending.
func (p *process) adopt() {
	got, err := p.queue.Adopt(p.ctx, nil)
	if err != nil && !p.dead.Load() {
		p.w.say("process %d could not take over what waits: %v", p.n, err)
		return
	}
	for _, t := range got {
		p.w.say("process %d goes on with upload %d", p.n, t.ID)
	}
}

// strikes counts a place at which the process may be killed, and kills it if it is its turn.
func (p *process) strikes(place int) {
	p.mu.Lock()
	due := false
	if p.strike[place] > 0 {
		p.strike[place]--
		due = p.strike[place] == 0
	}
	p.mu.Unlock()
	if due {
		p.kill(
			[...]string{
				"", "as it makes a request", "as a request was carried out", "before a commit",
				"after a commit",
			}[place],
		)
	}
}

// kill ends the process as the system does, and has it started again after a while.
func (p *process) kill(where string) {
	if !p.dead.CompareAndSwap(false, true) {
		return
	}
	p.w.say("process %d is killed %s", p.n, where)
	p.w.allowKilled(p)
	p.cancel(errKilled)
	p.w.funerals.Go(func() {
		p.acts.Wait()
		_ = p.queue.Close() // nothing of it is kept
		p.list.Abandon()
		close(p.ended)
	})
}

// close ends the process in order.
func (p *process) close() {
	if p.dead.Load() {
		<-p.ended
		return
	}
	p.w.say("process %d is ended", p.n)
	p.acts.Wait()
	p.w.allowKilled(p) // requests under way are cut off
	p.mu.Lock()
	p.strike = [5]int{}
	p.cutCopy.Store(false)
	p.mu.Unlock()
	if err := p.queue.Close(); err != nil && !p.dead.Load() && p.w.listWorks() {
		p.w.breaks(8, "process %d could not end in order: %v", p.n, err)
	}
	if p.dead.CompareAndSwap(false, true) {
		_ = p.list.Close()
		p.cancel(errKilled)
		close(p.ended)
		return
	}
	<-p.ended
}

// act does something that may wait for the network, beside the world.
func (p *process) act(do func()) { p.acts.Go(do) }

// text is what logs are written to.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b.Len() < 1<<20 {
		t.b.Write(p)
	}
	return len(p), nil
}

// await blocks until what a process waits for by itself has ended, for an hour at most.
func (p *process) await() error {
	ctx, cancel := context.WithTimeoutCause(p.ctx, time.Hour, errHour)
	defer cancel()
	return p.queue.Wait(ctx)
}

var errHour = errors.New("an hour has passed")
