package uploader

import (
	"context"
	"errors"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// Add starts a transfer and returns its id. It reads the roots in the background and queues the
// files, in the order found, behind what is queued already. Sending starts before the reading ends.
// Add itself blocks on one write to the journal at most. The error is a [*problem.Error] about a
// pattern in the options, ReplaceForbidden, or of ErrJournal. Don't call Add after Close.
func (q *Queue) Add(
	ctx context.Context, to token.Inbox, roots []string, o ledger.AddOptions,
) (int64, error) {
	if o.Replace && q.config.NeverReplace {
		return 0, problem.New("add", "", problem.ReplaceForbidden)
	}
	o.Scan.Inbox = to
	record := o.Review
	o.Review = nil
	if err := o.Scan.Check(); err != nil {
		return 0, err
	}
	token := q.token(to.Key())
	t, err := q.ledger.AddTransfer(ctx, ledger.Transfer{
		Inbox: to.Key(), Roots: roots, Options: o, Created: time.Now(),
		Skipped:   map[scan.SkipReason]int64{},
		ValidFrom: token.ValidFrom, ValidTo: token.ValidTo,
	})
	if err != nil {
		return 0, notAdded(err)
	}
	(&scanning{q, t, record}).start()
	return t.ID, nil
}

// notAdded turns a journal error into one that says that nothing was added: unlike elsewhere, the
// queue does not retry.
func notAdded(err error) error {
	e, ok := errors.AsType[*problem.Error](err)
	reason, passes := map[problem.Reason]problem.Reason{problem.JournalFull: problem.NotAddedFull, problem.JournalBusy: problem.NotAddedBusy}[problem.ReasonOf(err)]
	if !ok || !passes {
		return err
	}
	refusal := problem.New("add", e.Path, reason)
	refusal.Cause = e.Cause
	return refusal
}

// Adopt continues unfinished transfers that no process is sending, those of the last run included.
// want selects among them; nil selects all. It returns the transfers that it took. It rescans
// folders that were not read to their end. Adopt may block on the disk.
func (q *Queue) Adopt(
	ctx context.Context, want func(ledger.TransferStatus) bool,
) ([]ledger.Transfer, error) {
	if err := q.ledger.Load(ctx); err != nil {
		return nil, err
	}
	var ids []int64
	for _, t := range q.ledger.Statuses(nil) {
		if t.Owner == ledger.Nobody && !t.Finished() && (want == nil || want(t)) {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	got, err := q.ledger.Adopt(ctx, ids, false)
	if err != nil {
		return nil, err
	}
	q.listener.adopted.Store(true)
	for _, g := range got {
		q.mu.Lock()
		q.inbox(g.Inbox)
		q.reconsider()
		q.mu.Unlock()
		if t := q.token(g.Inbox); !t.ValidTo.IsZero() {
			q.ledger.Describe(g.Inbox, func(of *ledger.Transfer) { of.KeepDates(t) })
		}
		if !g.Scanned {
			if err := q.Rescan(ctx, g.ID); err != nil {
				return got, err
			}
		}
	}
	return got, nil
}

// Resume is Adopt for a person who wants everything to go on: it also resumes paused jobs, in the
// adopted transfers and in this queue's own. If want is nil, it tells other programs to resume
// theirs, too. It returns the transfers that it adopted. It may block on the disk.
func (q *Queue) Resume(
	ctx context.Context, want func(ledger.TransferStatus) bool,
) ([]ledger.Transfer, error) {
	got, err := q.Adopt(ctx, want)
	if err != nil {
		return got, err
	}
	if want == nil {
		_, err = q.Do(ctx, ledger.Command{Verb: ledger.Resume})
		return got, err
	}
	for _, t := range q.ledger.Statuses(nil) {
		if t.Owner != ledger.Here || t.Finished() || !want(t) {
			continue
		}
		if _, err := q.Do(ctx, ledger.Command{Verb: ledger.Resume, Transfer: t.ID}); err != nil {
			return got, err
		}
	}
	return got, nil
}

// Rescan reads a transfer's roots again and queues the files that it does not have yet. It may
// block on the disk while it looks up the known files; it reads the roots in the background.
func (q *Queue) Rescan(ctx context.Context, id int64) error {
	t, err := q.ledger.PrepareRescan(ctx, id)
	if err != nil || t == nil {
		return err
	}
	(&scanning{q, t, nil}).start()
	return nil
}

// token returns the inbox's token, or the zero Token if there is none.
func (q *Queue) token(inbox string) token.Token {
	q.mu.Lock()
	defer q.mu.Unlock()
	if in := q.inboxes[inbox]; in != nil {
		return in.token
	}
	return token.Token{}
}
