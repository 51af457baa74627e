package uploader

import (
	"cmp"
	"context"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/token"
)

// Redirect moves the unfinished jobs of the inbox whose key is from to another inbox, as when a new
// token of the same workspace leads to another container, and returns their number. They become
// jobs of new transfers and start from their first byte, since staged blocks stay in the old inbox.
// Delivered files stay delivered and are not sent again. Redirect moves only transfers of this
// queue. It waits for requests in flight to the old inbox, and may block on the disk. Call Use with
// the new inbox's token before.
func (q *Queue) Redirect(ctx context.Context, from string, to token.Inbox) (int, error) {
	if from == to.Key() {
		return 0, nil
	}
	if err := q.quiet(ctx, from, true); err != nil {
		return 0, err
	}
	defer func() { _ = q.quiet(ctx, from, false) }()
	move := redirection{q, to, q.token(to.Key()).Rights}
	n := 0
	for _, t := range q.ledger.OpenTo(from) {
		k, err := move.transfer(ctx, t)
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, q.ledger.Commit(ctx, true)
}

// quiet stops an inbox's jobs and waits until nothing of it is in flight, another move included, or
// lets them go on.
func (q *Queue) quiet(ctx context.Context, inbox string, quiet bool) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	in := q.inbox(inbox)
	if quiet && !q.await(ctx, func() bool { return in.quiet }) {
		return cmp.Or(context.Cause(ctx), context.Canceled)
	}
	if in.quiet = quiet; !quiet {
		q.landed.Broadcast()
		q.reconsider()
		return nil
	}
	to := func(t *ledger.Transfer) bool { return t.Inbox == inbox }
	if !q.await(ctx, func() bool {
		return in.flying[ledger.Small]+in.flying[ledger.Large] > 0 || q.ledger.Scanning(to)
	}) {
		in.quiet = false
		q.landed.Broadcast()
		q.reconsider()
		return cmp.Or(context.Cause(ctx), context.Canceled)
	}
	q.giveBack(func(j *job) bool { return j.inbox == in })
	return nil
}

// await waits until busy returns false, and reports whether it did before ctx or the queue ended.
// The caller holds the lock.
func (q *Queue) await(ctx context.Context, busy func() bool) bool {
	stop := context.AfterFunc(ctx, func() { defer crash.Catch(); q.landed.Broadcast() })
	defer stop()
	for busy() {
		if q.closed || ctx.Err() != nil {
			return false
		}
		q.landed.Wait()
	}
	return true
}

// redirection moves jobs to another inbox.
type redirection struct {
	q      *Queue
	to     token.Inbox
	rights token.Rights // of the new inbox's token
}

// transfer moves one transfer's jobs, and returns how many.
func (r *redirection) transfer(ctx context.Context, t ledger.Transfer) (int, error) {
	to, rights := r.to, r.rights
	x := r.q.ledger
	next := t.Copy()
	next.Inbox, next.Follows, next.Moved, next.Unchanged = to.Key(), t.ID, nil, ledger.Unchanged{} // nothing is known to be there
	next.NameNotes = plan.RenameNotes(t.NameNotes, t.Options.Scan.Inbox, to)
	next.Options.Scan.Inbox = to
	heir, has, err := x.Heir(ctx, next)
	if err != nil {
		return 0, err
	}
	n, several := 0, false
	r.q.mu.Lock()
	whole := r.q.pacing.wholeSize(to.Key())
	r.q.mu.Unlock()
	if err := x.Each(ctx, x.Redirectable(t.ID), func(b *ledger.Page) error {
		jobs := x.RedirectedOf(b)
		moving := make([]ledger.Job, 0, len(jobs))
		for i := range jobs {
			j := &jobs[i]
			if has.Take(j.Source) {
				continue // a process that ended while it did this had come so far
			}
			plan.Rename(j, t.Options.Scan.Inbox, to, &several)
			j.UploadID, j.BlockSize, j.Done, j.Earlier = [16]byte{}, 0, 0, 0
			j.Class = plan.Class(j.Size, whole, rights)
			moving = append(moving, *j)
		}
		if len(moving) > 0 {
			if err := x.AddJobs(ctx, heir, moving); err != nil {
				return err
			}
		}
		n += x.TakeAway(b, jobs)
		return nil
	}); err != nil {
		return n, err
	}
	x.EndRoots(t.ID)
	if !next.Scanned {
		return n, r.q.Rescan(ctx, heir.ID)
	}
	return n, nil
}
