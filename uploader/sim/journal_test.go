//go:build unix && !race

package sim

import (
	"context"
	"time"

	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

// list is the journal as a process has it: the real one, which is killed with its process and is
// full or busy when the world says so.
type list struct {
	ledger.Journal
	disk   *journal.Journal // nil where it is no file
	p      *process
	before bool // it is written as a version before did
}

var _ ledger.Journal = (*list)(nil)

// gate returns why a call does nothing.
func (l *list) gate(op string, writes bool) error {
	w := l.p.w
	switch {
	case l.p.dead.Load():
		return problem.New(op, "", problem.JournalUnwritable)
	case writes && time.Now().Before(w.fullUntil):
		return l.p.hears(op, problem.New(op, "", problem.JournalFull))
	case writes && time.Now().Before(w.busyUntil):
		return l.p.hears(op, problem.New(op, "", problem.JournalBusy))
	}
	if writes {
		w.writes.Add(1)
		l.p.strikes(3)
		if l.p.dead.Load() {
			return problem.New(op, "", problem.JournalUnwritable)
		}
	}
	return nil
}

// abandon leaves the list as a process does that is killed.
func (l *list) abandon() {
	l.p.w.disown(l.p)
	if l.disk != nil {
		l.disk.Abandon()
		return
	}
	_ = l.Close() // what is in memory has no owner then
}

// wrote is called after a write: a process may end before it hears of it.
func (l *list) wrote(op string, err error) error {
	_ = l.p.hears(op, err)
	l.p.strikes(4)
	if l.p.dead.Load() {
		return problem.New(op, "", problem.JournalUnwritable)
	}
	return err
}

func (l *list) Load(ctx context.Context) (ledger.Contents, error) {
	if err := l.gate("load", false); err != nil {
		return ledger.Contents{}, err
	}
	return l.Journal.Load(ctx)
}

func (l *list) Batch(ctx context.Context, id int64) (ledger.Batch, error) {
	if err := l.gate("batch", false); err != nil {
		return ledger.Batch{}, err
	}
	return l.Journal.Batch(ctx, id)
}

func (l *list) Blocks(ctx context.Context, job int64) ([]ledger.AckedBlock, error) {
	if err := l.gate("blocks", false); err != nil {
		return nil, err
	}
	return l.Journal.Blocks(ctx, job)
}

func (l *list) AddTransfer(ctx context.Context, t ledger.Transfer) (int64, error) {
	if err := l.gate("add", true); err != nil {
		return 0, err
	}
	id, err := l.Journal.AddTransfer(ctx, t)
	l.own(err, id)
	if l.p.fullNext.Load() {
		l.p.w.fullUntil = time.Now().Add(3 * time.Second)
		l.p.w.say("disk: full for 3 s where the list is")
	}
	return id, l.wrote("add", err)
}

func (l *list) AddBatches(ctx context.Context, batches []ledger.Batch) error {
	if err := l.gate("batches", true); err != nil {
		return err
	}
	if l.before {
		for i := range batches {
			batches[i].Facts = uploadertest.FactsOfBefore(batches[i].Facts)
		}
	}
	return l.wrote("batches", l.Journal.AddBatches(ctx, batches))
}

func (l *list) Commit(ctx context.Context, c ledger.Changes) error {
	if err := l.gate("commit", true); err != nil {
		return err
	}
	err := l.wrote("commit", l.Journal.Commit(ctx, c))
	if err == nil {
		l.p.committed.Store(time.Now().UnixNano())
	}
	return err
}

func (l *list) Adopt(ctx context.Context, transfers []int64) ([]ledger.Transfer, error) {
	if err := l.gate("adopt", true); err != nil {
		return nil, err
	}
	if l.p.rivalry.CompareAndSwap(true, false) {
		if other := l.p.w.other(l.p); other != nil {
			other.adopt()
		}
	}
	got, err := l.Journal.Adopt(ctx, transfers)
	for i := range got {
		l.own(err, got[i].ID)
	}
	return got, l.wrote("adopt", err)
}

// own notes that a process owns an upload, which no other may.
func (l *list) own(err error, id int64) {
	w := l.p.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		return
	}
	if o := w.owners[id]; o != nil && o != l.p && !o.dead.Load() {
		w.breaks(3, "upload %d is sent by process %d and by process %d", id, o.n, l.p.n)
	}
	w.owners[id] = l.p
}

// disown notes that a process owns nothing any more.
func (w *world) disown(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, o := range w.owners {
		if o == p {
			delete(w.owners, id)
		}
	}
}

// other returns the process that is alive beside another, nil if none is.
func (w *world) other(p *process) *process {
	if o := w.alive[1-p.n]; o != nil && !o.dead.Load() {
		return o
	}
	return nil
}

// hears keeps since when a process is told that what it has done can't be written, until it can.
func (p *process) hears(op string, err error) error {
	if op != "commit" && op != "batches" {
		return err
	}
	switch reason := problem.ReasonOf(err); {
	case err == nil:
		p.halted.Store(0)
	case reason == problem.JournalFull, reason == problem.JournalBusy, reason == problem.JournalGone:
		p.halted.CompareAndSwap(0, time.Now().UnixNano())
	}
	return err
}

func (l *list) Release(ctx context.Context, transfers []int64) error {
	if err := l.gate("release", true); err != nil {
		return err
	}
	err := l.Journal.Release(ctx, transfers)
	if err == nil {
		l.p.w.mu.Lock()
		for _, id := range transfers {
			if l.p.w.owners[id] == l.p {
				delete(l.p.w.owners, id)
			}
		}
		l.p.w.mu.Unlock()
	}
	return l.wrote("release", err)
}

// Changed asks the real journal only where a process of this world has written since: a virtual
// hour has 14,400 such questions.
func (l *list) Changed(ctx context.Context) (bool, error) {
	if err := l.gate("changed", false); err != nil {
		return false, err
	}
	now := l.p.w.writes.Load()
	if now == l.p.seen {
		return false, nil
	}
	l.p.seen = now
	return l.Journal.Changed(ctx)
}

func (l *list) Alive(ctx context.Context) error {
	if err := l.gate("alive", true); err != nil {
		return err
	}
	return l.wrote("alive", l.Journal.Alive(ctx))
}

func (l *list) Post(ctx context.Context, c ledger.Command) error {
	if err := l.gate("post", true); err != nil {
		return err
	}
	return l.wrote("post", l.Journal.Post(ctx, c))
}

func (l *list) Posted(ctx context.Context) ([]ledger.Posted, error) {
	if err := l.gate("posted", false); err != nil {
		return nil, err
	}
	return l.Journal.Posted(ctx)
}
