package uploader

import (
	"context"
	"errors"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// Add starts a transfer and returns its id: it reads the roots in the background and queues what it finds, in that order,
// behind what is queued already. Sending starts before the reading ends. Add itself waits for no more than one write to
// the journal. The error is a [*problem.Error] about a pattern in the options, or of ErrJournal. Add must not be called after
// Close.
func (q *Queue) Add(ctx context.Context, to token.Inbox, roots []string, o ledger.AddOptions) (int64, error) {
	o.Scan.Inbox = to
	seen := o.Seen
	o.Seen = nil
	if err := o.Scan.Check(); err != nil {
		return 0, err
	}
	token := q.token(to.Key())
	t, err := q.ledger.AddTransfer(ctx, ledger.Transfer{
		Inbox: to.Key(), Roots: roots, Options: o, Created: time.Now(), Skipped: map[scan.SkipReason]int64{},
		ValidFrom: token.ValidFrom, ValidTo: token.ValidTo,
	})
	if err != nil {
		return 0, notAdded(err)
	}
	q.startScan(t, seen)
	return t.ID, nil
}

// notAdded says of a journal's trouble that nothing was added: what passes by itself elsewhere is not tried again here.
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

// Adopt makes the queue go on with transfers of other processes, and of its own last run, that nobody is sending; want
// selects among those that are not finished, nil is all. It returns what it got. Folders that had not been read to their
// end are read once more. Adopt may block on the disk.
func (q *Queue) Adopt(ctx context.Context, want func(ledger.TransferStatus) bool) ([]ledger.Transfer, error) {
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
	q.adopted.Store(true)
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

// Rescan reads a transfer's roots once more and queues what it has not yet. It may block on the disk while it looks up what
// is known; the reading itself is in the background.
func (q *Queue) Rescan(ctx context.Context, id int64) error {
	t, err := q.ledger.PrepareRescan(ctx, id)
	if err != nil || t == nil {
		return err
	}
	q.startScan(t, nil)
	return nil
}

func (q *Queue) startScan(t *ledger.Entry, seen *ledger.Seen) {
	q.mu.Lock()
	q.unsettle()
	q.scanning++
	q.ledger.BeginScan(t)
	q.inbox(t.Inbox)
	q.mu.Unlock()
	q.wg.Go(func() {
		defer crash.Catch()
		err := q.scan(t, seen)
		if verb, since := q.ledger.EndScan(t); verb != "" && err == nil {
			err = q.giveUpFound(t, verb, since)
		}
		q.mu.Lock()
		q.scanning--
		q.landed.Broadcast()
		if err != nil && q.scanErr == nil {
			q.scanErr = err
		}
		q.settle()
		q.mu.Unlock()
		q.notify()
	})
}

// scan turns what is found below the roots into jobs, and what a person saw there and is gone.
func (q *Queue) scan(t *ledger.Entry, seen *ledger.Seen) error {
	x := q.ledger
	now, known := x.ScanOf(t)
	sent, err := x.SentBefore(q.ctx, now, known)
	if err != nil {
		return err
	}
	now.Skipped, now.SkippedPaths, now.Unchanged = map[scan.SkipReason]int64{}, nil, ledger.Unchanged{}
	now.Renamed, now.Warned, now.NameNotes = 0, 0, nil
	var jobs []ledger.Job
	marks := uint64(0)
	options := now.Options.Scan
	options.Receipt = q.config.Receipt
	totals, err := scan.FilesWaiting(q.ctx, now.Roots, options, func(found []scan.Found) error {
		jobs = jobs[:0]
		rights := q.token(now.Inbox).Rights
		if seen != nil {
			marks += ledger.Marks(found)
		}
		q.mu.Lock()
		whole := q.wholeSize(now.Inbox)
		q.mu.Unlock()
		for i := range found {
			f := &found[i]
			now.Note(f)
			if f.Skip != "" {
				continue
			}
			yes, before, err := sent.NeedsJob(q.ctx, f, known, &now)
			if err != nil {
				return err
			}
			if yes {
				j := newJob(f, whole, rights, now.Options)
				j.Earlier = before
				jobs = append(jobs, j)
			}
		}
		if err := q.insist(func() error { return x.AddJobs(q.ctx, t, jobs) }); err != nil {
			return err
		}
		x.SetFound(t, now.Copy(), false)
		q.wakeFeeder()
		q.notify()
		if x.IsGivenUp(t) {
			return errGivenUp
		}
		return nil
	}, func() {
		q.mu.Lock()
		q.conns.Busy() // each connection is an open file
		q.mu.Unlock()
	})
	if err == nil {
		rights := q.token(now.Inbox).Rights
		err = q.addMissing(q.ctx, t, seen, marks, func(f *scan.Found) ledger.Job { return newJob(f, defaultBlockSize, rights, now.Options) })
	}
	if err != nil && !errors.Is(err, errGivenUp) {
		return err
	}
	now.Scanned, now.Outside, now.Unmatched = true, totals.Outside, totals.Unmatched
	now.Unchanged.Jobs = sent.Jobs()
	x.SetFound(t, now.Copy(), true)
	return nil
}

// insist repeats a write to the journal for as long as the journal says that it may succeed later, as on a full disk.
func (q *Queue) insist(write func() error) error {
	for {
		err := write()
		q.ledger.Report(err)
		if err == nil || !passing(err) {
			return err
		}
		select {
		case <-q.ctx.Done():
			return context.Cause(q.ctx)
		case <-time.After(ledger.CommitAgain):
		}
	}
}

// passing reports whether an error of the journal may be over soon.
func passing(err error) bool {
	e, ok := errors.AsType[*problem.Error](err)
	return ok && (e.Reason == problem.JournalFull || e.Reason == problem.JournalBusy)
}

// token returns the inbox's token, the zero Token while there is none.
func (q *Queue) token(inbox string) token.Token {
	q.mu.Lock()
	defer q.mu.Unlock()
	if in := q.inboxes[inbox]; in != nil {
		return in.token
	}
	return token.Token{}
}

// newJob plans one found file, which is sent in one request up to the size whole. What can't be sent becomes a job that waits for a
// person, so that it is shown.
func newJob(f *scan.Found, whole int64, rights token.Rights, o ledger.AddOptions) ledger.Job {
	j := ledger.Job{
		Source: f.Source, Blob: f.Blob.Blob, Size: f.Size, ModTime: f.ModTime, FileID: f.ID, At: f.At,
		Class: classOf(f.Size, whole, rights), Replace: o.Replace, KeepBoth: o.KeepBoth, Problem: f.Err,
	}
	if j.Problem == nil {
		j.Problem = TooLarge(f.Source, f.Size, rights)
	}
	if j.Problem != nil {
		j.State = ledger.Attention
	}
	return j
}

// errGivenUp ends a scan of which nobody wants anything any more.
var errGivenUp = errors.New("given up")

// giveUpFound does with what was found since what a person wanted of all of it. What was found before is as the person wanted it,
// then or later.
func (q *Queue) giveUpFound(t *ledger.Entry, v ledger.Verb, since []int64) error {
	err := q.ledger.Each(q.ctx, since, func(b *ledger.Page) error {
		q.changeBatch(b, ledger.Command{Verb: v, Transfer: t.ID})
		return nil
	})
	if err != nil {
		return err
	}
	q.ledger.Prune(t.ID, v.Forgets())
	q.ledger.TakeUp(t)
	q.mu.Lock()
	q.reconsider() // some of it may have been wanted after all
	q.mu.Unlock()
	return nil
}
