//go:build unix && !race

package sim

import (
	"context"
	"time"

	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// list is the journal as a process has it: the real one, which is killed with its process and is
// full or busy when the world says so.
type list struct {
	*journal.Journal
	p *process
}

var _ ledger.Journal = (*list)(nil)

// gate returns why a call does nothing.
func (l *list) gate(op string, writes bool) error {
	w := l.p.w
	switch {
	case l.p.dead.Load():
		return problem.New(op, "", problem.JournalUnwritable)
	case writes && time.Now().Before(w.fullUntil):
		return problem.New(op, "", problem.JournalFull)
	case writes && time.Now().Before(w.busyUntil):
		return problem.New(op, "", problem.JournalBusy)
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

// wrote is called after a write: a process may end before it hears of it.
func (l *list) wrote(op string, err error) error {
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
	return id, l.wrote("add", err)
}

func (l *list) AddBatches(ctx context.Context, batches []ledger.Batch) error {
	if err := l.gate("add", true); err != nil {
		return err
	}
	return l.wrote("add", l.Journal.AddBatches(ctx, batches))
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
	got, err := l.Journal.Adopt(ctx, transfers)
	return got, l.wrote("adopt", err)
}

func (l *list) Release(ctx context.Context, transfers []int64) error {
	if err := l.gate("release", true); err != nil {
		return err
	}
	return l.wrote("release", l.Journal.Release(ctx, transfers))
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
