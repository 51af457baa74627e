package uploader

import (
	"time"
)

// AddOptions says how a transfer's files are found and sent.
type AddOptions struct {
	Scan    ScanOptions // its Inbox is set by Add
	Replace bool        // replace blobs of the same name; otherwise they are left alone
}

// Add starts a transfer: it reads the roots in the background and queues what it finds, in that order, behind what is
// queued already. Sending starts before the reading ends. Add returns at once; the error is an [*Error] about a pattern
// in the options. Add must not be called after Close.
func (q *Queue) Add(to Inbox, roots []string, o AddOptions) error {
	o.Scan.Inbox = to
	if _, err := newFilter(o.Scan); err != nil {
		return err
	}
	t := Transfer{Inbox: to.Key(), Roots: roots, Created: time.Now(), Skipped: map[SkipReason]int64{}}
	q.mu.Lock()
	q.unsettle()
	q.scanning++
	in := q.inbox(t.Inbox)
	slot := len(q.scanned)
	q.scanned = append(q.scanned, t)
	q.mu.Unlock()
	q.wg.Go(func() {
		err := q.scan(&t, in, slot, roots, o)
		q.mu.Lock()
		q.scanning--
		t.Scanned = err == nil
		q.scanned[slot] = t
		if err != nil && q.scanErr == nil {
			q.scanErr = err
		}
		q.settle()
		q.mu.Unlock()
		q.notify()
	})
	return nil
}

// scan turns what is found below the roots into jobs.
func (q *Queue) scan(t *Transfer, in *inbox, slot int, roots []string, o AddOptions) error {
	id, err := q.journal.AddTransfer(q.ctx, *t)
	if err != nil {
		return err
	}
	t.ID = id
	var jobs []Job
	_, err = Scan(q.ctx, roots, o.Scan, func(found []Found) error {
		jobs = jobs[:0]
		q.mu.Lock()
		rights := in.token.Rights
		q.mu.Unlock()
		for i := range found {
			if f := &found[i]; f.Skip != "" {
				t.skip(f)
			} else {
				jobs = append(jobs, q.newJob(t, f, rights, o))
			}
		}
		if err := q.journal.AddJobs(q.ctx, jobs); err != nil {
			return err
		}
		q.mu.Lock()
		for i := range jobs {
			j := &jobs[i]
			q.totals.add(j)
			if j.State == Waiting {
				in.unfinished++
				in.unclaimed[j.Class]++
			}
		}
		q.scanned[slot] = t.copy()
		q.mu.Unlock()
		q.wakeFeeder()
		q.notify()
		return nil
	})
	if err != nil {
		return err
	}
	done := t.copy()
	done.Scanned = true
	return q.journal.UpdateTransfer(q.ctx, done)
}

// newJob plans one found file. What can't be sent becomes a job that waits for a person, so that it is shown.
func (q *Queue) newJob(t *Transfer, f *Found, rights Rights, o AddOptions) Job {
	j := Job{
		Transfer: t.ID, Inbox: t.Inbox, Source: f.Source, Blob: f.Blob.Blob, Size: f.Size, ModTime: f.ModTime,
		FileID: f.ID, Class: classOf(f.Size, q.config.BlockSize, rights), Replace: o.Replace, Problem: f.Err,
	}
	if j.Problem == nil {
		j.Problem = tooLarge(f.Source, f.Size, rights)
	}
	if j.Problem != nil {
		j.State = Attention
	}
	return j
}

func (t *Transfer) skip(f *Found) {
	t.Skipped[f.Skip]++
	if f.Skip != SkipJunk && len(t.SkippedPaths) < MaxSkippedPaths {
		t.SkippedPaths = append(t.SkippedPaths, SkippedPath{f.Source, f.Skip})
	}
}

// copy returns a Transfer that does not change any more. SkippedPaths only grows, so its prefix can be shared.
func (t *Transfer) copy() Transfer {
	c := *t
	c.Skipped = make(map[SkipReason]int64, len(t.Skipped))
	for r, n := range t.Skipped {
		c.Skipped[r] = n
	}
	c.SkippedPaths = t.SkippedPaths[:len(t.SkippedPaths):len(t.SkippedPaths)]
	return c
}
