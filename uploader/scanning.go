package uploader

import (
	"context"
	"errors"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// scanning reads the roots of a transfer and queues what it finds.
type scanning struct {
	q      *Queue
	t      *ledger.Entry
	record *scan.Record // of a review that has read the roots or is reading them; may be nil
}

// start begins the scan on a goroutine of its own, which ends with the queue.
func (s *scanning) start() {
	s.q.mu.Lock()
	s.q.unsettle()
	s.q.scans++
	s.q.ledger.BeginScan(s.t)
	s.q.inbox(s.t.Inbox)
	s.q.mu.Unlock()
	s.q.wg.Go(func() {
		defer crash.Catch()
		err := s.run()
		if verb, since := s.q.ledger.EndScan(s.t); verb != "" && err == nil {
			err = s.giveUpFound(verb, since)
		}
		s.q.mu.Lock()
		s.q.scans--
		s.q.landed.Broadcast()
		if err != nil && s.q.scanErr == nil {
			s.q.scanErr = err
		}
		s.q.settle()
		s.q.mu.Unlock()
		s.q.notify()
	})
}

// run turns the files found below the roots into jobs.
func (s *scanning) run() error {
	x := s.q.ledger
	now, known := x.ScanOf(s.t)
	sent, err := x.SentBefore(s.q.ctx, now, known)
	if err != nil {
		return err
	}
	now.Skipped, now.SkippedPaths, now.Unchanged = map[scan.SkipReason]int64{}, nil,
		ledger.Unchanged{}
	now.Renamed, now.Warned, now.NameNotes = 0, 0, nil
	var jobs []ledger.Job
	read, replayed := s.reader(&now)
	totals, err := read(s.q.ctx, func(found []scan.Found) error {
		jobs = jobs[:0]
		rights := s.q.token(now.Inbox).Rights
		s.q.mu.Lock()
		whole := s.q.pacing.wholeSize(now.Inbox)
		s.q.mu.Unlock()
		for i := range found {
			f := &found[i]
			now.Note(f)
			if f.Skip != "" {
				continue
			}
			if replayed {
				if err := s.renew(sent, f); err != nil {
					return err
				}
			}
			yes, before, err := sent.NeedsJob(s.q.ctx, f, known, &now)
			if err != nil {
				return err
			}
			if yes {
				j := plan.Job(f, whole, rights, now.Options)
				j.Earlier = before
				jobs = append(jobs, j)
			}
		}
		if err := s.insist(func() error { return x.AddJobs(s.q.ctx, s.t, jobs) }); err != nil {
			return err
		}
		x.SetFound(s.t, now.Copy(), false)
		s.q.feeder.wake()
		s.q.notify()
		if x.IsGivenUp(s.t) {
			return errGivenUp
		}
		return nil
	}, func() {
		s.q.mu.Lock()
		s.q.conns.Busy() // each connection is an open file
		s.q.mu.Unlock()
	})
	if err != nil && !errors.Is(err, errGivenUp) {
		return err
	}
	now.Scanned, now.Outside, now.Unmatched = true, totals.Outside, totals.Unmatched
	now.Unchanged.Jobs = sent.Jobs()
	x.SetFound(s.t, now.Copy(), true)
	return nil
}

// reader returns the function that reads a transfer's roots: it replays the review's record if that
// has the same roots and options, else it scans.
func (s *scanning) reader(
	t *ledger.Transfer,
) (read func(context.Context, func([]scan.Found) error, func()) (scan.Totals, error), replays bool) {
	o := t.Options.Scan
	o.Receipt = s.q.config.Receipt
	switch {
	case s.record == nil:
	case s.record.IsOf(t.Roots, o):
		return s.record.Replay, true
	default:
		s.record.Stop()
	}
	return func(ctx context.Context, emit func([]scan.Found) error, crowded func()) (scan.Totals,
		error,
	) {
		return scan.FilesWaiting(ctx, t.Roots, o, emit, crowded)
	}, false
}

// renew looks again at a file that the review found already sent and unchanged: it may have changed
// while the person looked at the review, and then it must be sent. Other files are looked at when
// they are sent.
func (s *scanning) renew(sent *ledger.Sent, f *scan.Found) error {
	same, err := sent.Has(s.q.ctx, f)
	if err != nil || !same {
		return err
	}
	if now, err := f.At.Stat(); err == nil && now.Kind == source.File {
		f.Size, f.ModTime, f.ID, f.Changed = now.Size, now.ModTime, now.ID, now.Changed
	}
	return nil
}

// insist retries a write to the journal as long as it may succeed later, as on a full disk.
func (s *scanning) insist(write func() error) error {
	for {
		err := write()
		s.q.ledger.Report(err)
		if err == nil || !problem.Passes(err) {
			return err
		}
		select {
		case <-s.q.ctx.Done():
			return context.Cause(s.q.ctx)
		case <-time.After(ledger.CommitAgain):
		}
	}
}

// errGivenUp ends a scan whose whole transfer a person has given up.
var errGivenUp = errors.New("given up")

// giveUpFound carries out a person's command for a whole transfer on the jobs found since the
// command. Jobs found before are as the person wanted them, then or later.
func (s *scanning) giveUpFound(v ledger.Verb, since []int64) error {
	err := s.q.ledger.Each(s.q.ctx, since, func(b *ledger.Page) error {
		s.q.changeBatch(b, ledger.Command{Verb: v, Transfer: s.t.ID})
		return nil
	})
	if err != nil {
		return err
	}
	s.q.ledger.Prune(s.t.ID, v.Forgets())
	s.q.ledger.TakeUp(s.t)
	s.q.mu.Lock()
	s.q.reconsider() // a person may want some of them after all
	s.q.mu.Unlock()
	return nil
}
