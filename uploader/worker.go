package uploader

import (
	"errors"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uplink"
)

// worker carries out one unit after the other. It blocks on the disk and the network and holds no
// lock meanwhile; [outcomes.finish] deals with a unit's outcome. Files: worker (which steps), send
// and prepare (the steps), steady, changed, lostanswer, askfirst, twin and missingdisk (questions
// that may have to be settled before or after a step).
type worker struct {
	q     *Queue
	watch *uplink.Watch
}

// startWorker starts a worker. The caller holds the lock.
func (q *Queue) startWorker() {
	q.workers++
	q.wg.Go(func() { defer crash.Catch(); (&worker{q, uplink.NewWatch(q.ctx, q.config.NoProgress)}).run() })
}

// run works until the queue ends.
func (w *worker) run() {
	defer w.watch.End()
	var u unit // one for all, since it lies on the heap
	var ok bool
	for {
		if u, ok = w.q.take(); !ok {
			return
		}
		w.q.outcomes.finish(u, w.carryOut(&u))
	}
}

// carryOut does a unit's work and returns the outcome. It may change the unit to tell finish more.
func (w *worker) carryOut(u *unit) error {
	err := w.orChanged(u.job, w.do(u))
	if errors.Is(err, problem.ErrSource) {
		err = w.orAway(u.job, err)
	}
	return w.orTwin(u, err)
}

func (w *worker) do(u *unit) error {
	if err := w.locate(u.job); err != nil {
		return err
	}
	switch u.kind {
	case sendWhole:
		return w.sendWhole(u)
	case prepare:
		return w.prepare(u)
	case sendBlock:
		return w.sendBlock(u)
	}
	return w.commit(u)
}
