package uploader

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"inboxuploader/internal/backoff"
	"inboxuploader/internal/crash"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/store"
)

const (
	// troubleInARow is the number of failed requests in a row after which the person is told.
	troubleInARow = 3
	// failuresInARow is the number of failed requests in a row that an inbox takes as single
	// faults, for which only the request concerned waits. After more, all its jobs wait and one
	// request at a time finds out when to go on.
	failuresInARow = 8
	// maxReplans is how often a job is planned anew, because its file changed or its blocks were
	// lost, before it needs a person.
	maxReplans = 5
	// maxCorrupt is how often the same bytes may arrive damaged before the job fails.
	maxCorrupt = 5
)

// outcomes decides what becomes of units. The caller of its methods, except finish, holds the
// queue's lock.
type outcomes struct{ q *Queue }

// finish takes a unit's outcome and decides how its job goes on.
func (o *outcomes) finish(u unit, err error) {
	o.q.mu.Lock()
	defer o.q.mu.Unlock()
	j, in := u.job, u.job.inbox
	o.q.busy--
	o.q.pacing.flow.End()
	in.flying[u.class]--
	j.flying--
	j.flow.End()
	o.q.pacing.arrived(&u)
	switch {
	case !u.valid() && u.kind != prepare, j.ended:
	case err == nil: // also while the queue ends: what the service confirmed counts
		o.advance(u)
	case o.q.ctx.Err() != nil:
	case j.steered && j.wish == ledger.Waiting && errors.Is(err, problem.ErrSource):
		// It was given back: the file may lie elsewhere by now.
	case errors.Is(err, errReclassed):
		o.reclass(j)
	case errors.Is(err, errUnsteady):
		o.leaveAlone(u)
	case errors.Is(err, errUnchanged):
		o.q.end(j, ledger.Confirmed, nil)
	case errors.Is(err, errAgain):
		u.tries++
		in.ready = append(in.ready, u)
	case errors.Is(err, errTwin):
		u.awaited++
		o.q.delays.add(u, backoff.After(u.awaited+2))
	case errors.Is(err, source.ErrCrowded) && u.crowded < source.MaxCrowded:
		u.tries++
		u.crowded++
		o.q.conns.Busy()
		o.q.delays.add(u, backoff.After(u.crowded))
	case errors.Is(err, source.ErrCrowded):
		o.failed(u, source.Problem("open", j.Source, err))
	default:
		o.failed(u, err)
	}
	if j.flying == 0 {
		switch {
		case j.ended:
			in.close(j)
		case j.steered:
			o.q.steer(j, j.wish)
		case j.again:
			wait := max(backoff.After(j.replans+3), j.rest)
			j.again, j.rest = false, 0
			o.q.delays.add(unit{job: j, kind: prepare, plan: j.plan}, wait)
		}
		if j.ended && j.steered && j.wish == ledger.Removed {
			o.q.ledger.TakeOut(j.ID)
		}
	}
	if in.quiet {
		o.q.landed.Broadcast()
	}
	o.q.settle()
	o.q.wakeWorkers()
	o.q.notify()
}

// advance goes on after a unit that succeeded. The caller holds the lock.
func (o *outcomes) advance(u unit) {
	j := u.job
	switch {
	case u.kind == sendWhole || u.kind == commit:
		o.q.end(j, ledger.Delivered, nil)
	case j.left == 0 && j.flying == 0 && !j.again && !j.steered: // after the last block, and only once
		j.inbox.ready = append(j.inbox.ready, unit{job: j, kind: commit, plan: j.plan})
	}
}

// reclass moves a job whose file's size changed before anything was sent into its new class. The
// caller holds the lock.
func (o *outcomes) reclass(j *job) {
	in := j.inbox
	j.seen, j.rests = nil, time.Time{}
	if j.Class == ledger.Small {
		j.Class = ledger.Large
		in.large = append(in.large, j)
	} else {
		in.close(j)
		j.plan++
		j.acked, j.crcs, j.next, j.left, j.Done = nil, nil, 0, 0, 0
		j.Class, j.UploadID, j.BlockSize = ledger.Small, [16]byte{}, 0
		in.small = append(in.small, j)
	}
	o.q.ledger.Plan(j.Job, nil)
}

// failed decides what an error means for the unit, its job and its inbox; docs/DESIGN.md, "Errors",
// has the table. The caller holds the lock.
func (o *outcomes) failed(u unit, err error) {
	j, in := u.job, u.job.inbox
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		if !errors.Is(err, context.Canceled) {
			o.q.log.Error("unexpected", "error", err)
		}
		e = problem.New("send", j.Source, problem.Unexpected)
	}
	if e.Path == "" {
		e.Path = j.Source
	}
	e = o.q.unlessReached(in, e)
	now := time.Now()
	switch {
	case problem.ConcernsToken(e):
		if u.generation == in.generation {
			o.q.holdInbox(in, e)
		}
		in.ready = append(in.ready, u)
	case errors.Is(e, problem.ErrSourceAway):
		o.q.sourceAway(j, e)
	case errors.Is(e, problem.ErrBusy):
		u.tries++
		if u.generation == in.generation {
			o.busyInbox(in, now, e)
		}
		wait := max(backoff.After(u.tries), e.RetryAfter)
		in.retry = now.Add(wait)
		o.q.delays.add(u, wait)
	case errors.Is(e, problem.ErrCorrupt):
		u.tries++
		if u.damaged++; u.damaged > maxCorrupt {
			o.q.end(j, ledger.Failed, e)
			return
		}
		o.q.delays.add(u, backoff.After(u.tries))
	case errors.Is(e, problem.ErrSourceChanged), errors.Is(e, problem.ErrBlocksLost):
		if j.replans++; j.replans > maxReplans {
			o.q.end(j, ledger.Attention, e)
			return
		}
		o.planAnew(u, e)
	case errors.Is(e, problem.ErrExists):
		if o.keepBoth(u, e) {
			return
		}
		if e.Reason == problem.AlreadyThere || e.Reason == problem.ChangedSinceSent {
			o.q.end(j, ledger.LeftAlone, e)
			return
		}
		o.q.end(j, ledger.Attention, e)
	case errors.Is(e, problem.ErrSource), errors.Is(e, problem.ErrName),
		errors.Is(e, problem.ErrRefused):
		o.q.end(j, ledger.Attention, e)
	default:
		o.q.end(j, ledger.Failed, e)
	}
}

// unlessReached turns the error that a storage's name does not exist into a network error if that
// storage has answered before, in this run or an earlier one: the name exists, and a sign-in page
// or a broken name service denies it. A storage closed since looks just the same, so the queue
// waits for that, too. The caller holds the lock.
func (q *Queue) unlessReached(in *inbox, e *problem.Error) *problem.Error {
	if e.Reason != problem.AccountGone || e.Status != 0 || !q.ledger.HasReached(in.key) {
		return e
	}
	down := problem.New(e.Op, e.Path, problem.NetworkDown)
	down.Cause = e.Cause
	return down
}

// busyInbox counts a failed request and pauses the whole inbox after too many in a row. The caller
// holds the lock.
func (o *outcomes) busyInbox(in *inbox, now time.Time, e *problem.Error) {
	in.failures++
	in.trouble = e
	if in.failures <= failuresInARow || now.Before(in.notBefore) {
		return
	}
	in.pauses++
	in.notBefore = now.Add(max(backoff.After(in.pauses), e.RetryAfter))
	time.AfterFunc(in.notBefore.Sub(now), func() { defer crash.Catch(); o.q.work.Signal() })
}

// planAnew starts a job over and keeps what is still true of it. The caller holds the lock.
func (o *outcomes) planAnew(u unit, e *problem.Error) {
	j := u.job
	if u.kind == sendWhole {
		j.ModTime = time.Time{} // so that the job adopts the file as it is then
		o.q.delays.add(u, max(backoff.After(j.replans+3), o.q.pause(j)))
		return
	}
	if errors.Is(e, problem.ErrBlocksLost) {
		j.UploadID = store.NewUploadID() // its leftovers, if any, are the service's to discard
		o.q.lay(j, nil)
	} else {
		j.rest = o.q.pause(j)
	}
	j.next = len(j.acked) // hands out no more blocks
	j.plan++
	j.again = true
}

// holdInbox makes an inbox's jobs wait for a person, or until its token becomes valid. The caller
// holds the lock.
func (q *Queue) holdInbox(in *inbox, e *problem.Error) {
	in.hold = e
	in.stopHoldTimer()
	if !errors.Is(e, problem.ErrTokenNotYetValid) || e.When.IsZero() {
		return
	}
	q.holdUntil(in, e)
}

// holdLook is how often a hold that ends by itself checks the clock: timers stop while a computer
// sleeps.
const holdLook = time.Minute

// holdUntil ends a hold when the token becomes valid. The caller holds the lock.
func (q *Queue) holdUntil(in *inbox, e *problem.Error) {
	generation := in.generation
	left := func() time.Duration { return e.When.Sub(time.Now().Add(in.skew)) }
	in.holdTimer = time.AfterFunc(min(max(left(), time.Second), holdLook), func() {
		defer crash.Catch()
		q.mu.Lock()
		defer q.mu.Unlock()
		switch {
		case in.generation != generation || in.hold != e || q.closed:
		case left() > 0:
			q.holdUntil(in, e)
		default:
			in.hold, in.holdTimer = nil, nil
			q.reconsider()
		}
	})
}

// stopHoldTimer makes a hold last until a person acts.
func (in *inbox) stopHoldTimer() {
	if in.holdTimer != nil {
		in.holdTimer.Stop()
		in.holdTimer = nil
	}
}

// leaveAlone has a unit's file read again when it has rested long enough. Meanwhile its job is
// shown as waiting. The caller holds the lock.
func (o *outcomes) leaveAlone(u unit) {
	o.q.delays.rest(u)
	if u.kind == sendWhole && u.job.State == ledger.Active {
		u.job.State = ledger.Waiting
		o.q.ledger.SetState(u.job.ID, ledger.Waiting)
	}
}

// end gives a job its final state. The caller holds the lock.
func (q *Queue) end(j *job, s ledger.JobState, why *problem.Error) {
	j.State, j.Problem = s, why
	j.ended = true
	if s == ledger.Delivered {
		q.keepYoung(j)
	}
	if s.IsDelivered() {
		j.Done = j.Size
		q.pacing.flow.Delivered()
	}
	delete(q.loaded, j.ID)
	if s == ledger.Failed || s == ledger.Attention {
		q.doubts.keep(j) // something of it may be there, which is replaced if a person tries again
	}
	q.ledger.Unclaim(j.Job, true) // its file is closed when nothing of it is under way
	if s.IsDelivered() {
		return // a line for each of 100,000 files would be the upload's largest cost; the journal has them
	}
	level := slog.LevelInfo
	if s == ledger.Failed || s == ledger.Attention {
		level = slog.LevelWarn
	}
	q.log.Log(q.ctx, level, "job", "source", j.Source, "blob", j.Blob, "state", s.String(), "error",
		why)
}
