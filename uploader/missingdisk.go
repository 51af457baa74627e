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
	// awayEvery is how often the queue looks for a missing disk.
	awayEvery = 2 * time.Second
	// askEvery is how often the queue meanwhile asks the storage whether it still takes the token:
	// the token may be revoked, or expire at a time that it does not state. Once it should have
	// expired, the queue asks every askAtEnd.
	askEvery = time.Minute
	askAtEnd = 10 * time.Second
)

// orAway tells an unplugged disk or a disconnected share, which comes back, from a file that is
// deleted or unreadable. It blocks on the disk, at most until the queue ends.
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

// sourceAway makes the transfer's files on a job's disk wait until the disk is back, and gives back
// those that are claimed. The caller holds the lock.
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
	missing  string // the topmost missing part of its path
}

// awaitDisk blocks until the disk is back or the queue ends. Then it lets the transfer's files on
// the disk go on.
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

// askAboutEnd holds the inbox if its token has expired while its files' disk is away: nothing else
// would notice before the disk is back. It blocks on the network.
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
