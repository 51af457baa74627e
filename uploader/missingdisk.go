package uploader

import (
	"errors"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/store"
)

const (
	// awayEvery is how often a disk is looked for that is not there.
	awayEvery = 2 * time.Second
	// askEvery is how often the storage is asked, meanwhile, whether it still takes the token: it
	// may have been revoked, or have an end that it does not state. One that should have ended by
	// now is asked about each askAtEnd.
	askEvery = time.Minute
	askAtEnd = 10 * time.Second
)

// orAway tells a disk that was unplugged, or a share that was disconnected, from a file that was
// deleted or can't be read: the former comes back. It blocks on the disk, until the queue ends.
func (w *worker) orAway(j *job, err error) error {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || e.Reason != problem.SourceGone && e.Reason != problem.SourceUnreadable {
		return err
	}
	missing := ""
	at := j.at()
	if !w.q.disks.Do(w.q.ctx, at.Root, func() {
		if missing = w.q.disks.Missing(at.String(), j.FileID); missing != "" &&
			w.q.disks.IsThere(at.Root) {
			missing = ""
		}
	}) || missing == "" {
		return err
	}
	away := problem.New(e.Op, j.Source, problem.SourceAway)
	away.Value = missing
	return away
}

// sourceAway makes a transfer's files wait that lie on the same disk as a job's, until it is back.
// What was claimed of them is given back. The caller holds the lock.
func (q *Queue) sourceAway(j *job, e *problem.Error) {
	missing := source.DiskOf(j.Source, j.FileID)
	if q.ledger.SetAway(j.Transfer, missing, e) {
		q.log.Warn("source away", "transfer", j.Transfer, "path", e.Value)
		d := diskWait{q, j.Transfer, j.inbox, j.at(), missing, j.FileID, e.Value}
		q.wg.Go(func() { defer crash.Catch(); d.awaitDisk() })
	}
	for _, l := range q.loaded {
		if l.Transfer == j.Transfer && source.DiskOf(l.Source, l.FileID) == missing {
			q.steer(l, ledger.Waiting)
		}
	}
}

// diskWait waits for the disk of a transfer's files.
type diskWait struct {
	q        *Queue
	transfer int64
	in       *inbox
	at       source.Path // of one of the files
	disk     source.Disk
	file     scan.FileID
	missing  string // the topmost part of its path that is not there
}

// awaitDisk blocks until the disk is back, or the queue ends, and then lets the transfer's files on
// it go on.
func (d *diskWait) awaitDisk() {
	for {
		d.q.mu.Lock()
		hurry := d.q.hurry
		d.q.mu.Unlock()
		select {
		case <-d.q.ctx.Done():
			return
		case <-time.After(awayEvery):
		case <-hurry:
		}
		if !d.q.ledger.Has(d.transfer) {
			return // it was taken from the list
		}
		d.askAboutEnd()
		back := false
		if !d.q.disks.Do(d.q.ctx, d.at.Root, func() {
			back = d.q.disks.Exists(d.missing) || d.q.disks.Missing(d.at.String(), d.file) == ""
		}) || !back {
			continue
		}
		d.q.mu.Lock()
		d.q.ledger.SetAway(d.transfer, d.disk, nil)
		d.q.reconsider()
		d.q.mu.Unlock()
		return
	}
}

// askAboutEnd holds the inbox whose token has ended while its files are waited for: nothing else
// would find out before their disk is back. It blocks on the network.
func (d *diskWait) askAboutEnd() {
	in := d.in
	d.q.mu.Lock()
	now := time.Now()
	st, token, generation := in.store, in.token, in.generation
	every := askEvery
	if !token.ValidTo.IsZero() && !now.Add(in.skew).Before(token.ValidTo) {
		every = askAtEnd
	}
	ask := st != nil && in.hold == nil && now.Sub(in.asked) >= every
	if ask {
		in.asked = now
	}
	d.q.mu.Unlock()
	if !ask {
		return
	}
	_, err := store.CheckToken(d.q.ctx, st, token)
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return
	}
	d.q.mu.Lock()
	defer d.q.mu.Unlock()
	if e = d.q.unlessReached(in, e); problem.ConcernsToken(e) && generation == in.generation {
		d.q.holdInbox(in, e)
		d.q.reconsider()
	}
}
