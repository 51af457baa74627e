package uploader

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"inboxuploader/internal/crash"
)

const (
	// awayEvery is how often a disk is looked for that is not there.
	awayEvery = 2 * time.Second
	// askEvery is how often the storage is asked, meanwhile, whether it still takes the token: it may have been revoked, or have an end
	// that it does not state. One that should have ended by now is asked about each askAtEnd.
	askEvery = time.Minute
	askAtEnd = 10 * time.Second
)

// orAway tells a disk that was unplugged, or a share that was disconnected, from a file that was deleted or can't be read: the
// former comes back. It blocks on the disk, until the queue ends.
func (q *Queue) orAway(j *job, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Reason != SourceGone && e.Reason != SourceUnreadable {
		return err
	}
	missing := ""
	roots := q.index.rootsAbove(j.Transfer, j.Source)
	if !q.looks.do(q.ctx, roots, func() {
		if missing = missingDisk(j.Source, j.FileID); missing != "" && anyIsThere(roots) {
			missing = ""
		}
	}) || missing == "" {
		return err
	}
	away := NewError(e.Op, j.Source, SourceAway)
	away.Value = missing
	return away
}

// missingDisk returns the topmost folder or file on the way to a path that is not there because its disk is not; empty where the
// path is there, or is missing from a disk that is there. A disk is known by the device that the file was on; where files have no
// such identity, a disk is missing when nothing of the path is there.
func missingDisk(path string, id FileID) string {
	if _, err := stat(path); err == nil {
		return ""
	}
	missing := path
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		fi, err := stat(folder)
		switch {
		case err == nil && (id == FileID{} || fileIDOf(fi).Device == id.Device):
			return ""
		case err == nil && missing == path && !isEmpty(folder):
			// The file alone is missing among others. Some file systems in layers say another device for a file than for its folder.
			return ""
		case err == nil:
			return missing
		case folder == filepath.Dir(folder):
			return folder // not even the drive or the share
		}
		missing = folder
	}
}

// rootsAbove returns the roots of a transfer below which a file was found.
func (x *index) rootsAbove(transfer int64, source string) (roots []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if t := x.transferOf(transfer); t != nil {
		for _, root := range t.Roots {
			if isBelow(source, root) {
				roots = append(roots, root)
			}
		}
	}
	return roots
}

// anyIsThere reports whether one of the roots that a file was found below is there and has something in it: then its disk is there,
// whatever number the system gives it since it was connected again. It blocks on the disk.
func anyIsThere(roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		_, err := stat(root)
		return err == nil && !isEmpty(root)
	})
}

// isEmpty reports whether nothing is in a folder, as in a mount point on which nothing is mounted.
func isEmpty(folder string) bool {
	f, err := os.Open(folder)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	_, err = f.Readdirnames(1)
	return errors.Is(err, io.EOF)
}

// sourceAway makes a transfer's files wait that lie on the same disk as a job's, until it is back. What was claimed of them is given
// back. The caller holds the lock.
func (q *Queue) sourceAway(j *job, e *Error) {
	missing := diskOf(j.Source, j.FileID)
	if q.index.setAway(j.Transfer, missing, e) {
		q.log.Warn("source away", "transfer", j.Transfer, "path", e.Value)
		id, in, source, file := j.Transfer, j.inbox, j.Source, j.FileID
		q.wg.Go(func() { defer crash.Catch(); q.awaitDisk(id, in, source, file, e.Value) })
	}
	for _, l := range q.loaded {
		if l.Transfer == j.Transfer && diskOf(l.Source, l.FileID) == missing {
			q.steer(l, Waiting)
		}
	}
}

// awaitDisk blocks until a file's disk is back, or the queue ends, and then lets the transfer's files on it go on.
func (q *Queue) awaitDisk(transfer int64, in *inbox, source string, file FileID, missing string) {
	for {
		q.mu.Lock()
		hurry := q.hurry
		q.mu.Unlock()
		select {
		case <-q.ctx.Done():
			return
		case <-time.After(awayEvery):
		case <-hurry:
		}
		if !q.index.has(transfer) {
			return // it was taken from the list
		}
		q.askAboutEnd(in)
		back := false
		if !q.looks.do(q.ctx, q.index.rootsAbove(transfer, source), func() {
			_, err := stat(missing)
			back = err == nil || missingDisk(source, file) == ""
		}) || !back {
			continue
		}
		q.mu.Lock()
		q.index.setAway(transfer, diskOf(source, file), nil)
		q.reconsider()
		q.mu.Unlock()
		return
	}
}

// askAboutEnd holds an inbox whose token has ended while its files are waited for: nothing else would find out before their disk is back.
// It blocks on the network.
func (q *Queue) askAboutEnd(in *inbox) {
	q.mu.Lock()
	now := time.Now()
	store, token, generation := in.store, in.token, in.generation
	every := askEvery
	if !token.ValidTo.IsZero() && !now.Add(in.skew).Before(token.ValidTo) {
		every = askAtEnd
	}
	ask := store != nil && in.hold == nil && now.Sub(in.asked) >= every
	if ask {
		in.asked = now
	}
	q.mu.Unlock()
	if !ask {
		return
	}
	_, err := CheckToken(q.ctx, store, token)
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if e = q.unlessReached(in, e); ConcernsToken(e) && generation == in.generation {
		q.holdInbox(in, e)
		q.reconsider()
	}
}
