//go:build unix && !race

package sim

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
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

	held     sync.Map     // inboxes whose address was taken back → since when
	halted   atomic.Int64 // since when it is told that the list can't be written; 0: it is not
	fullNext atomic.Bool  // the list's disk is full as soon as something was added
	rivalry  atomic.Bool  // another process takes what this one is about to
	taken    int64        // bytes of bodies, by the world's lock
	born     time.Time

	mu     sync.Mutex
	strike [5]int // by place: of which request or commit on the process is killed; 0: of none
	acts   sync.WaitGroup
}

var errKilled = errors.New("killed")

// start begins a process, which goes on with what nobody is sending.
func (w *world) start(n int) *process {
	p := w.begin(n)
	p.adopt()
	return p
}

// begin begins a process, which does nothing yet.
func (w *world) begin(n int) *process {
	p := &process{w: w, n: n, ended: make(chan struct{}), born: time.Now()}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.openList()
	w.starts++
	c := uploader.Config{
		Open:    func(t token.Token) (store.Store, error) { return w.storage.open(p, t) },
		Journal: p.list, Memory: w.plan.config.memory, Connections: w.plan.config.connections,
		BlockSize: w.plan.config.blockSize, Receipt: w.disk.at("run/receipt.csv"),
		Rate: w.plan.config.rate,
		Log:  slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if w.plan.config.strict {
		c.NeverReplace, c.MaxRate = true, strictRate
	}
	var err error
	p.queue, err = uploader.NewQueue(p.ctx, c)
	w.must(err)
	w.say("process %d begins", n)
	w.alive[n] = p
	for _, t := range w.hands {
		w.must(p.queue.Use(t.token))
	}
	return p
}

// gone reports whether the list was removed that a process has open.
func (p *process) gone() bool {
	return !p.w.gone.IsZero() && !p.born.After(p.w.gone)
}

// listWorks reports whether the list takes what a process writes.
func (p *process) listWorks() bool { return p.w.listWorks() && !p.gone() }

// strictRate is how many bytes a second an administrator allows.
const strictRate = 150_000

// openList opens the list. What is said of a damaged one must be true.
func (p *process) openList() {
	w := p.w
	if w.plan.config.inMemory {
		if w.memory == nil {
			w.memory = ledger.NewMemoryJournal()
		}
		p.list = &list{Journal: w.memory, p: p, before: w.starts < w.plan.config.before}
		return
	}
	if w.alive[1-p.n] == nil {
		w.ownDisk = w.plan.config.network && w.starts%2 == 1
	}
	if w.ownDisk {
		ownDisks.Store(w.dir, true) // the list's disk is this computer's own, for once
		defer ownDisks.Delete(w.dir)
	}
	j, opened, err := journal.Open(p.ctx, filepath.Join(w.dir, "state"), journal.Options{})
	w.must(err)
	p.list = &list{Journal: j, disk: j, p: p, before: w.starts < w.plan.config.before}
	said := opened.Explain()
	if opened.SetAside == "" {
		if (said.What != "") != opened.Network {
			w.breaks(6, "the list is on a network disk: %v, and a person is told: %s", opened.Network, said)
		}
		return
	}
	w.say("process %d: %s", p.n, said)
	if _, err := os.Stat(opened.SetAside); err != nil || said.What == "" || said.Safe == "" {
		w.breaks(6, "%q, and the damaged list is not there: %v", said, err)
	}
	if len(opened.Again) == 0 && opened.Lost > 0 && said.Do == "" {
		w.breaks(6, "something of the list was lost, and nobody is told what to do")
	}
}

// adopt has the process go on with what nobody is sending.
func (p *process) adopt() {
	p.goOn(func() ([]ledger.Transfer, error) { return p.queue.Adopt(p.ctx, nil) })
}

// goOn has the process take over what waits.
func (p *process) goOn(take func() ([]ledger.Transfer, error)) {
	got, err := take()
	if err != nil && !p.dead.Load() {
		p.w.say("process %d could not take over what waits: %v", p.n, err)
		p.w.unowned = true
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
	p.w.allowKilled(p, true)
	p.cancel(errKilled)
	p.w.funerals.Go(func() {
		p.acts.Wait()
		_ = p.queue.Close() // nothing of it is kept
		p.list.abandon()
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
	p.w.allowKilled(p, false) // requests under way are cut off
	p.mu.Lock()
	p.strike = [5]int{}
	p.cutCopy.Store(false)
	p.mu.Unlock()
	err := p.queue.Close()
	if !p.listWorks() {
		clear(p.w.delivered) // which could not be written down
	}
	if err != nil && !p.dead.Load() && p.listWorks() {
		p.w.breaks(8, "process %d could not end in order: %v", p.n, err)
	}
	if p.dead.CompareAndSwap(false, true) {
		p.w.disown(p)
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
