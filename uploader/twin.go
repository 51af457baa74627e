package uploader

import (
	"errors"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// A twin is the same file on its way to the same name in another transfer, as when a folder is sent
// twice, or by two programs at once. With "keep both" the queue would take the delivered twin for
// somebody else's file and send the file again beside itself.

// mostTwinWaits is how often a file waits for its twin's outcome in the journal: about two seconds
// in all. A delivery is known to all processes after a twentieth of that.
const mostTwinWaits = 5

// errTwin says that a file has a twin whose outcome is not known yet.
var errTwin = errors.New("the same file is being sent by another transfer")

// orTwin checks, when a job's name is taken and it would get another, whether a twin has already
// delivered the file. It blocks on the disk.
func (w *worker) orTwin(u *unit, err error) error {
	j := u.job
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || !j.KeepBoth || j.Replace {
		return err
	}
	switch e.Reason {
	case problem.AlreadyThere, problem.MayNotReplace, problem.NameLocked:
		// Each says that the name is taken.
	default:
		return err
	}
	answered := time.Now()
	twin, waits, lost := w.lookAtTwins(j)
	if lost == nil && twin == nil && !waits { // another process may have begun since the list was read
		if lost = w.q.ledger.LoadSince(w.q.ctx, answered); lost == nil {
			twin, waits, lost = w.lookAtTwins(j)
		}
	}
	switch {
	case lost != nil:
		return lost
	case twin != nil:
		j.Earlier = twin.ID
		j.Size, j.ModTime, j.FileID, j.Changed = twin.Size, twin.ModTime, twin.FileID, twin.Changed
		return j.isAs(twin)
	case waits && u.awaited < mostTwinWaits:
		return errTwin
	}
	return err
}

// lookAtTwins returns the twin that delivered a job's file, or nil, and whether a twin's outcome is
// still open.
func (w *worker) lookAtTwins(j *job) (delivered *ledger.Job, waits bool, err error) {
	twins, err := w.q.ledger.Twins(w.q.ctx, &j.Job)
	for i := range twins {
		switch t := &twins[i]; {
		case t.State.IsDelivered() && !w.changedSince(j, t):
			return t, false, err
		case !t.State.Ended() && t.State != ledger.Paused:
			waits = true
		}
	}
	return nil, waits, err
}

// changedSince reports whether a file differs from what its twin delivered. Unless its times say
// that it is the same, changedSince reads it: a program may have put the modification time back,
// and new permissions don't change the content.
func (w *worker) changedSince(j *job, twin *ledger.Job) bool {
	f, now, err := j.At.OpenFound(j.Source)
	if err != nil {
		return true
	}
	defer func() { _ = f.Close() }() // it was only read
	switch {
	case now.Size != twin.Size:
		return true
	case !twin.Changed.IsZero() && now.Changed.Equal(twin.Changed):
		return false
	}
	crc, err := w.hash(f, 0, now.Size)
	return err != nil || crc != twin.CRC64
}
