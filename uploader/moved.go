package uploader

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"inboxuploader/uploader/ledger"
)

// Moved tells the queue that a folder it sends from is now elsewhere, as when a disk gets another
// letter, and returns the number of listed files concerned. From then on the queue looks for files
// at the new place, knows there what it delivered, and retries what it could not read at the old
// one. It compares half-sent files with the acknowledged blocks, so that nothing is sent twice.
// Transfers of another process don't change. Moved may block on the disk; errors are of ErrJournal.
func (q *Queue) Moved(ctx context.Context, from, to string) (int, error) {
	from, to = filepath.Clean(from), filepath.Clean(to)
	if err := q.ledger.Load(ctx); err != nil {
		return 0, err
	}
	n := 0
	var errs []error
	for _, t := range q.ledger.Statuses(nil) {
		if t.Owner == ledger.Elsewhere || !slices.ContainsFunc(t.Roots,
			func(root string) bool { _, in := ledger.CutFolder(root, from); return in }) {
			continue
		}
		if t.Owner == ledger.Nobody {
			if got, err := q.ledger.Adopt(ctx, []int64{t.ID}, true); err != nil || len(got) == 0 {
				errs = append(errs, err)
				continue
			}
		}
		k, err := q.moveTransfer(ctx, t.ID, ledger.Move{From: from, To: to})
		n += k
		if t.Owner == ledger.Nobody {
			err = errors.Join(err, q.commands.handBack(ctx, t.ID))
		} else if err == nil {
			err = q.ledger.Commit(ctx, true)
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

// moveTransfer carries out a move for a transfer of this queue.
func (q *Queue) moveTransfer(ctx context.Context, id int64, m ledger.Move) (n int, err error) {
	is := func(t *ledger.Transfer) bool { return t.ID == id }
	q.mu.Lock()
	if !q.await(ctx, func() bool { return q.ledger.Scanning(is) }) { // a scan knows files by their old paths
		q.mu.Unlock()
		return 0, context.Cause(ctx)
	}
	m.Roots = q.ledger.Places(id, m)
	q.giveBack(func(j *job) bool { return j.Transfer == id })
	batches, n := q.ledger.Move(id, m)
	q.mu.Unlock()
	err = q.ledger.Each(ctx, batches, func(b *ledger.Page) error {
		q.changeBatch(b, ledger.Command{Verb: ledger.FoundAgain, Transfer: id})
		return nil
	})
	q.mu.Lock()
	q.reconsider()
	q.mu.Unlock()
	return n, err
}
