package uploader

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/scan"
)

// scanning reads the roots of a transfer and queues what it finds.
type scanning struct {
	q    *Queue
	t    *ledger.Entry
	seen *ledger.Seen // what a person saw there; may be nil
}

// start begins it on a goroutine of its own, which ends with the queue.
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

// run turns what is found below the roots into jobs, and what a person saw there and is gone.
func (s *scanning) run() error {
	x := s.q.ledger
	now, known := x.ScanOf(s.t)
	sent, err := x.SentBefore(s.q.ctx, now, known)
	if err != nil {
		return err
	}
	now.Skipped, now.SkippedPaths, now.Unchanged = map[scan.SkipReason]int64{}, nil, ledger.Unchanged{}
	now.Renamed, now.Warned, now.NameNotes = 0, 0, nil
	var jobs []ledger.Job
	marks := uint64(0)
	options := now.Options.Scan
	options.Receipt = s.q.config.Receipt
	totals, err := scan.FilesWaiting(s.q.ctx, now.Roots, options, func(found []scan.Found) error {
		jobs = jobs[:0]
		rights := s.q.token(now.Inbox).Rights
		if s.seen != nil {
			marks += ledger.Marks(found)
		}
		s.q.mu.Lock()
		whole := s.q.pacing.wholeSize(now.Inbox)
		s.q.mu.Unlock()
		for i := range found {
			f := &found[i]
			now.Note(f)
			if f.Skip != "" {
				continue
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
	if err == nil {
		err = s.addMissing(marks, now.Options)
	}
	if err != nil && !errors.Is(err, errGivenUp) {
		return err
	}
	now.Scanned, now.Outside, now.Unmatched = true, totals.Outside, totals.Unmatched
	now.Unchanged.Jobs = sent.Jobs()
	x.SetFound(s.t, now.Copy(), true)
	return nil
}

// addMissing queues what a person saw of a transfer's files and a reading that ended with these
// marks no longer found, because it is not there: it is then named, waits for its disk, and can be
// tried again.
func (s *scanning) addMissing(marks uint64, o ledger.AddOptions) error {
	if s.seen == nil || s.seen.Agrees(marks) {
		return nil
	}
	missing := map[string]ledger.Job{}
	var order []string
	for j := range s.seen.All() {
		if _, err := os.Lstat(j.Source); errors.Is(err, fs.ErrNotExist) {
			missing[j.Source] = j
			order = append(order, j.Source)
		}
	}
	if err := s.q.ledger.WithoutKnown(s.q.ctx, s.t.ID, missing); err != nil {
		return err
	}
	rights := s.q.token(s.t.Inbox).Rights
	var jobs []ledger.Job
	for _, source := range order {
		if j, ok := missing[source]; ok {
			f := scan.Found{
				Source: j.Source, Size: j.Size, ModTime: j.ModTime, ID: j.FileID, Blob: scan.Name{Blob: j.Blob},
			}
			jobs = append(jobs, plan.Job(&f, plan.DefaultBlockSize, rights, o))
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	defer s.q.feeder.wake()
	return s.insist(func() error { return s.q.ledger.AddJobs(s.q.ctx, s.t, jobs) })
}

// insist repeats a write to the journal for as long as the journal says that it may succeed later,
// as on a full disk.
func (s *scanning) insist(write func() error) error {
	for {
		err := write()
		s.q.ledger.Report(err)
		if err == nil || !passing(err) {
			return err
		}
		select {
		case <-s.q.ctx.Done():
			return context.Cause(s.q.ctx)
		case <-time.After(ledger.CommitAgain):
		}
	}
}

// errGivenUp ends a scan of which nobody wants anything any more.
var errGivenUp = errors.New("given up")

// giveUpFound does with what was found since what a person wanted of all of it. What was found
// before is as the person wanted it, then or later.
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
	s.q.reconsider() // some of it may have been wanted after all
	s.q.mu.Unlock()
	return nil
}
