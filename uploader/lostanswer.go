package uploader

import (
	"errors"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
)

// moment is a time on the service's clock, or on this computer's until the service has told its
// own. It keeps the service's because the difference between the two changes when this computer's
// clock is set, or after a virtual machine has slept.
type moment struct {
	at    time.Time
	local bool      // on this computer's clock
	here  time.Time // when this process saw it; zero if an earlier process did
}

// now returns the present moment. The caller holds the lock, as with onService.
func (in *inbox) now() moment {
	now := time.Now()
	return moment{now.Add(in.skew), !in.skewKnown, now}
}

// onService returns a moment on the service's clock, as well as that is known.
func (in *inbox) onService(m moment) time.Time {
	if m.local {
		return m.at.Add(in.skew)
	}
	return m.at
}

// begun returns the moment at which a request of a job begins.
func (w *worker) begun(j *job) moment {
	w.q.mu.Lock()
	defer w.q.mu.Unlock()
	return j.inbox.now()
}

// condition says when a small file may be stored. See docs/DESIGN.md, "The lost answer".
func (w *worker) condition(u *unit) store.Condition {
	j := u.job
	if j.Replace {
		return store.Condition{}
	}
	if j.doubt == lost && !u.token.Rights.CreateOnly() {
		w.q.mu.Lock()
		defer w.q.mu.Unlock()
		if j.inbox.skewKnown {
			// The service keeps whole seconds, so what we stored is at least as new as the second
			// in which we began.
			begun := j.inbox.onService(j.doubtful).Truncate(time.Second)
			return store.Condition{IfModifiedSince: begun.Add(-time.Second)}
		}
	}
	return store.Condition{IfAbsent: true}
}

// doubts holds the doubts about jobs that were given back, as when a person pauses them. Without
// it the queue would take their own blobs for somebody else's when it sends them again.
type doubts map[int64]keptDoubt

type keptDoubt struct {
	blob         string
	begun, until moment
}

// mostDoubts bounds doubts. The blobs of jobs beyond it are left alone.
const mostDoubts = 10_000

// keep remembers a job's doubt.
func (d doubts) keep(j *job) {
	if j.doubt == lost && len(d) < mostDoubts {
		d[j.ID] = keptDoubt{j.Blob, j.doubtful, j.until}
	}
}

// giveBack restores a job's doubt unless the job has a new name.
func (d doubts) giveBack(j *job) {
	if kept, ok := d[j.ID]; ok && kept.blob == j.Blob {
		j.doubt, j.doubtful, j.until = lost, kept.begun, kept.until
	}
	delete(d, j.ID)
}

// errAgain says that the unit must be sent again at once, with what was learned.
var errAgain = errors.New("once more")

// settleDoubt decides what an error means for a small file that must not replace another: after a
// lost answer, an existing blob may be this very file.
func (w *worker) settleDoubt(u *unit, c store.Condition, begun moment, err error) error {
	j := u.job
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || j.Replace {
		return err
	}
	switch {
	case e.Unanswered:
		w.answerLost(j, begun)
	case !errors.Is(err, problem.ErrExists) || j.doubt == none || e.Reason == problem.WrittenOtherwise: // which this program never does
	case !c.IfModifiedSince.IsZero() && e.Reason != problem.AlreadyThere:
		// What may not be replaced, as in an inbox whose blobs are immutable, can't be asked
		// whether it is ours.
		return problem.New(e.Op, j.Blob, problem.AlreadyThereByUs)
	case !c.IfModifiedSince.IsZero():
		// The blob is older than our request, or there is none and this service lets the condition
		// fail then.
		j.doubt = older
		return errAgain
	case j.doubt == lost:
		w.q.mu.Lock()
		known := j.inbox.skewKnown
		w.q.mu.Unlock()
		if known && !u.token.Rights.CreateOnly() {
			return errAgain // with If-Modified-Since, now that the service's clock is known
		}
		return problem.New(e.Op, j.Blob, problem.AlreadyThereByUs)
	}
	return err
}

// answerLost notes that a job's request got no answer; begun is when the request began.
func (w *worker) answerLost(j *job, begun moment) {
	w.q.mu.Lock()
	defer w.q.mu.Unlock()
	if j.doubt != lost {
		j.doubt, j.doubtful = lost, begun
	}
	j.until = j.inbox.now()
	j.until.at = j.until.at.Add(ledger.DoubtMargin)
}

// isPast reports whether the doubtful request is so old that somebody else may have written the
// name since.
func (w *worker) isPast(j *job) bool {
	w.q.mu.Lock()
	defer w.q.mu.Unlock()
	return j.doubt == earlier || j.doubt == lost &&
		j.inbox.now().at.After(j.inbox.onService(j.until))
}

// settleEarlier finds out about a small file that may have been sent a while ago, by an earlier
// process or before the network failed: whether its name is free, or what is there was written at a
// time at which it may be ours. Then condition makes sure of it.
func (w *worker) settleEarlier(u *unit) error {
	j := u.job
	if j.Replace || u.token.Rights.CreateOnly() {
		j.doubt = none
		if !j.Replace {
			j.doubt = lost // who may not replace can't find out; what is there is probably ours
		}
		return nil
	}
	err := w.ask(u, store.Condition{IfAbsent: true})
	if err == nil {
		j.doubt = none
		return nil
	}
	if !errors.Is(err, problem.ErrExists) {
		return err
	}
	w.q.mu.Lock()
	until := j.inbox.onService(j.until)
	w.q.mu.Unlock()
	if err := w.ask(u, store.Condition{IfUnmodifiedSince: until}); err != nil {
		return err // ErrExists: somebody else wrote it since
	}
	j.doubt = lost
	return nil
}

// hasSibling reports whether another job has the same name in the same inbox and was delivered or
// is being sent: then a blob that was written lately may be that one's. One that sends the same
// file, unchanged, is none: whichever of the two wrote the blob, its bytes are both's. It may read
// the list, which takes long where that is long, and is for the rare case of a lost answer.
func (w *worker) hasSibling(j *job) (bool, error) {
	w.q.mu.Lock()
	for _, o := range w.q.loaded {
		same := o.Source == j.Source && o.Version().Same(j.Version())
		if o.IsSibling(&j.Job) && !same {
			w.q.mu.Unlock()
			return true, nil
		}
	}
	w.q.mu.Unlock()
	return w.q.ledger.HasDeliveredSibling(w.q.ctx, &j.Job, j.doubtful.here)
}
