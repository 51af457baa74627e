package uploader

import "inboxuploader/uploader/problem"

// keepBoth gives a job whose name is taken the next name and starts it over, and reports whether it
// could. If no name is left, the job gets its own name back. The caller holds the lock.
func (o *outcomes) keepBoth(u unit, e *problem.Error) bool {
	j := u.job
	switch {
	case !j.KeepBoth, j.inbox.token.Inbox.OneName():
		return false
	case e.Reason == problem.AlreadyThere, e.Reason == problem.WrittenOtherwise:
	case e.Reason == problem.ForeignBlocks && j.doubt != lost: // else the answer to our own commit may be lost
	case (e.Reason == problem.MayNotReplace || e.Reason == problem.NameLocked) && j.doubt == none: // else it may be this very file
	default:
		return false
	}
	if !j.TakeNextName() {
		j.TakeOwnName()
		return false
	}
	j.doubt, j.doubtful, j.until = none, moment{}, moment{}
	o.q.ledger.Plan(j.Job, nil)
	if u.kind == sendWhole {
		j.inbox.ready = append(j.inbox.ready, u)
		return true
	}
	j.next = len(j.acked) // hands out no more blocks
	j.plan++
	j.again = true
	return true
}

// haveName secures a job's name before the first request under it: a name that keepBoth
// gave has to be in the journal, or the file would be sent under the next one after a crash. It
// blocks on the journal.
func (w *worker) haveName(j *job) error {
	if j.Copy > 0 && w.q.ledger.CommitPending(w.q.ctx) != nil {
		return errAgain // nothing is handed out while the journal can't be written
	}
	return nil
}
