package uploader

import (
	"context"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// Do carries out a command and returns the number of jobs it concerned. It posts the command in the
// journal for transfers of other processes and does not count those. The journal has the outcome
// when Do returns. Do may block on the disk, not on the network.
func (q *Queue) Do(ctx context.Context, c ledger.Command) (int, error) {
	if c.Verb == ledger.Replace && q.config.NeverReplace {
		return 0, problem.New("replace", "", problem.ReplaceForbidden)
	}
	n := 0
	for _, part := range q.ledger.Split(c) {
		switch part.Owner {
		case ledger.Elsewhere:
			if err := q.journal.Post(ctx, part.Command); err != nil {
				return n, err
			}
			continue
		case ledger.Nobody:
			adopted, err := q.ledger.Adopt(ctx, []int64{part.Transfer}, true)
			if err != nil || len(adopted) == 0 {
				return n, err
			}
		case ledger.Here:
		}
		k, err := q.commands.carryOut(ctx, part.Command)
		n += k
		if part.Owner == ledger.Nobody {
			if e := q.commands.handBack(ctx, part.Transfer); err == nil {
				err = e
			}
		} else if err == nil {
			err = q.ledger.Commit(ctx, true)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// commands carries out a person's commands. Its methods may block on the disk.
type commands struct {
	q    *Queue
	owed []int64 // transfers borrowed for a command and not handed back yet; the queue's lock protects them
}

// handBack gives up a transfer borrowed for one command once the journal has the outcome: later the
// queue would overwrite another process's work. It ignores the cancellation of ctx. If the journal
// can't be written, the listener tries again.
func (d *commands) handBack(ctx context.Context, transfer int64) error {
	ctx = context.WithoutCancel(ctx)
	err := d.q.ledger.Commit(ctx, true)
	if err == nil {
		err = d.q.ledger.Release(ctx, []int64{transfer})
	}
	if err != nil {
		d.q.mu.Lock()
		d.owed = append(d.owed, transfer)
		d.q.mu.Unlock()
	}
	return err
}

// handBackOwed hands back the transfers that handBack could not.
func (d *commands) handBackOwed() {
	d.q.mu.Lock()
	owed := d.owed
	d.owed = nil
	d.q.mu.Unlock()
	for _, transfer := range owed {
		_ = d.handBack(d.q.ctx, transfer) // whoever writes the journal reports its errors
	}
}

// LeftToOthers returns the number of other processes' transfers that a command may concern;
// [Queue.Do] leaves those to their processes. It does not block.
func (q *Queue) LeftToOthers(c ledger.Command) (n int) {
	states := c.Verb.From() // none for a verb that reorders: it concerns all jobs
	if c.Verb == ledger.Resume {
		states = append([]ledger.JobState{ledger.Waiting, ledger.Active}, states...) // the whole transfer may be paused
	}
	for _, part := range q.ledger.Split(c) {
		if part.Owner == ledger.Elsewhere && q.ledger.MayHave(part.Transfer, states) {
			n++
		}
	}
	return n
}

// carryOut carries out a command for a transfer of this queue.
func (d *commands) carryOut(ctx context.Context, c ledger.Command) (n int, err error) {
	switch c.Verb {
	case ledger.First, ledger.Last:
		n, err = d.reorder(ctx, c)
	default:
		if c.Jobs == nil && (c.Verb == ledger.Pause || c.Verb == ledger.Resume) {
			n = d.pauseTransfer(c.Transfer, c.Verb == ledger.Pause)
		}
		if c.Jobs == nil && (c.Verb == ledger.Cancel || c.Verb == ledger.Remove ||
			c.Verb == ledger.Purge) {
			d.q.ledger.GiveUp(c.Transfer, c.Verb)
		}
		if c.Jobs != nil || c.Verb != ledger.Pause {
			var k int
			k, err = d.change(ctx, c)
			n += k
		}
	}
	d.q.mu.Lock()
	d.q.reconsider()
	d.q.mu.Unlock()
	return n, err
}

// pauseTransfer pauses or resumes a transfer's waiting jobs and returns their number.
func (d *commands) pauseTransfer(id int64, pause bool) int {
	d.q.mu.Lock()
	defer d.q.mu.Unlock()
	n := d.q.ledger.SetPaused(id, pause)
	if pause {
		d.q.giveBack(func(j *job) bool { return j.Transfer == id })
	}
	return n
}

// change puts the jobs that a command concerns into their new state and returns their number.
func (d *commands) change(ctx context.Context, c ledger.Command) (n int, err error) {
	err = d.q.ledger.Each(ctx, d.q.ledger.Concerned(c),
		func(b *ledger.Page) error { n += d.q.changeBatch(b, c); return nil })
	if err != nil {
		return n, err
	}
	d.q.ledger.Prune(c.Transfer, c.Jobs == nil && c.Verb.Forgets())
	return n, nil
}

// changeBatch carries out a command for a batch: the queue steers the claimed jobs, the ledger
// changes all others.
func (q *Queue) changeBatch(b *ledger.Page, c ledger.Command) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, loaded := q.ledger.CarryOut(b, c, func(id int64) bool { return q.loaded[id] != nil })
	for _, id := range loaded {
		q.steer(q.loaded[id], c.Verb.To())
	}
	return n
}

// steer puts a claimed job into the state that a person wants as soon as its requests in flight are
// answered; Waiting gives it back. The caller holds the lock.
func (q *Queue) steer(j *job, to ledger.JobState) {
	if j.flying > 0 {
		if !j.steered || to != ledger.Waiting { // giving a job back must not undo a person's command
			j.wish = to
		}
		j.steered = true
		j.next = len(j.acked) // hands out no more blocks
		return
	}
	from := j.State
	j.Become(to)
	q.unload(j, from != to || j.Class == ledger.Large)
}

// giveBack gives back the wanted claimed jobs as their requests are answered. The caller holds the
// lock.
func (q *Queue) giveBack(wanted func(*job) bool) {
	for _, j := range q.loaded {
		if wanted(j) {
			q.steer(j, ledger.Waiting)
		}
	}
}

// reorder moves jobs within the queue. It gives back jobs that are claimed but not begun, so that
// the new order holds at once.
func (d *commands) reorder(ctx context.Context, c ledger.Command) (int, error) {
	jobs := c.Jobs
	if jobs == nil {
		return 0, nil // moving all jobs of a transfer changes nothing
	}
	d.giveBackWaiting()
	n, err := d.q.ledger.Reorder(ctx, c.Verb, jobs)
	d.giveBackWaiting() // jobs claimed meanwhile in the old order
	return n, err
}

// giveBackWaiting gives back the jobs that have not begun, also those just being claimed.
func (d *commands) giveBackWaiting() {
	d.q.mu.Lock()
	defer d.q.mu.Unlock()
	d.q.orders++
	d.q.giveBack(func(j *job) bool { return j.State == ledger.Waiting && j.flying == 0 && j.file == nil })
}
