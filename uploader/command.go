package uploader

import (
	"context"
	"errors"
	"slices"

	"inboxuploader/uploader/problem"
)

// Verb is what a person may want of jobs. Its text stands in the journal, for the process that owns the jobs.
type Verb string

// The verbs, and which jobs they concern; they leave others as they are.
const (
	Pause   Verb = "pause"   // what is waiting or active; requests under way are finished first
	Resume  Verb = "resume"  // what is paused
	Cancel  Verb = "cancel"  // what has not ended; what was sent of it is left to the service, which discards it
	Retry   Verb = "retry"   // what failed, needs a person or was cancelled
	Replace Verb = "replace" // what was already there: sends it again, replacing the blob of the name that it was planned with
	Rename  Verb = "rename"  // what was already there, or whose name is blocked: sends it under another name, if the token leads to one
	Remove  Verb = "remove"  // takes jobs from the list; what has not ended is cancelled
	First   Verb = "first"   // before all others
	Up      Verb = "up"      // before the one before it
	Down    Verb = "down"    // behind the one behind it
	Last    Verb = "last"    // behind all others
	Clear   Verb = "clear"   // takes what was delivered from the list; that it was delivered stays known
	Purge   Verb = "purge"   // forgets all there is, what was delivered included; what has not ended is cancelled
)

// Command is what a person wants of some jobs.
type Command struct {
	Verb     Verb
	Transfer int64   // of this transfer; 0: of all
	Jobs     []int64 // these; nil: all of the transfer
}

// transitions says which states a verb concerns and what they become.
var transitions = map[Verb]struct {
	from []JobState
	to   JobState
}{
	Pause:   {[]JobState{Waiting, Active}, Paused},
	Resume:  {[]JobState{Paused}, Waiting},
	Cancel:  {[]JobState{Waiting, Active, Paused}, Cancelled},
	Retry:   {[]JobState{Attention, Failed, Cancelled}, Waiting},
	Replace: {[]JobState{LeftAlone, Attention}, Waiting},
	Rename:  {[]JobState{LeftAlone, Attention}, Waiting},
	found:   {[]JobState{Attention}, Waiting},
	Remove:  {[]JobState{Waiting, Active, Paused, Delivered, LeftAlone, Attention, Failed, Cancelled, confirmed}, removed},
	Clear:   {[]JobState{Delivered, confirmed}, removed},
	Purge:   {[]JobState{Waiting, Active, Paused, Delivered, LeftAlone, Attention, Failed, Cancelled, cleared, confirmed}, removed},
}

// of returns what a verb makes of a job in a state that it concerns: that something was delivered stays known until it is purged.
func (v Verb) of(s JobState) JobState {
	if to := transitions[v].to; to != removed || v == Purge || s != Delivered {
		return to
	}
	return cleared
}

// forgets reports whether a verb takes jobs from the list.
func (v Verb) forgets() bool { return transitions[v].to == removed && transitions[v].from != nil }

// concerns reports whether a verb concerns a job.
func (v Verb) concerns(j *Job) bool {
	switch {
	case !slices.Contains(transitions[v].from, j.State):
		return false
	case v == Retry:
		return j.Blob != "" // what has no name can't be sent
	case v == Replace && problem.ReasonOf(j.Problem) == problem.WrittenOtherwise:
		return false
	case v == found:
		return j.Blob != "" && j.Problem != nil && errors.Is(j.Problem, problem.ErrSource)
	case v == Replace, v == Rename:
		return j.Blob != "" && j.Problem != nil && errors.Is(j.Problem, problem.ErrExists)
	default:
		return true
	}
}

// Do carries out a command and returns how many jobs it concerned. What belongs to other processes is left to them in the
// journal and not counted. The journal has the outcome when Do returns; it may block on the disk, not on the network.
func (q *Queue) Do(ctx context.Context, c Command) (int, error) {
	n := 0
	for _, part := range q.split(c) {
		switch part.owner {
		case Elsewhere:
			if err := q.journal.Post(ctx, part.Command); err != nil {
				return n, err
			}
			continue
		case Nobody:
			adopted, err := q.index.adopt(ctx, []int64{part.Transfer}, true)
			if err != nil || len(adopted) == 0 {
				return n, err
			}
		case Here:
		}
		k, err := q.carryOutCommand(ctx, part.Command)
		n += k
		if part.owner == Nobody {
			if e := q.handBack(ctx, part.Transfer); err == nil {
				err = e
			}
		} else if err == nil {
			err = q.index.commit(ctx, true)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// handBack gives up a transfer that was lent for one command, once the journal has what came of that: later it would overwrite what
// another process does. It is done also where ctx is cancelled; where the journal can't be written, listen tries again.
func (q *Queue) handBack(ctx context.Context, transfer int64) error {
	ctx = context.WithoutCancel(ctx)
	err := q.index.commit(ctx, true)
	if err == nil {
		err = q.index.release(ctx, []int64{transfer})
	}
	if err != nil {
		q.mu.Lock()
		q.owed = append(q.owed, transfer)
		q.mu.Unlock()
	}
	return err
}

// handBackOwed gives up what could not be given up when its command was through.
func (q *Queue) handBackOwed() {
	q.mu.Lock()
	owed := q.owed
	q.owed = nil
	q.mu.Unlock()
	for _, transfer := range owed {
		_ = q.handBack(q.ctx, transfer) // the journal's trouble is told where it is written
	}
}

// LeftToOthers returns how many transfers of other processes a command may concern, to which [Queue.Do] leaves it. It does not block.
func (q *Queue) LeftToOthers(c Command) (n int) {
	states := transitions[c.Verb].from // none: it concerns all, whose order it changes
	if c.Verb == Resume {
		states = append([]JobState{Waiting, Active}, states...) // of a transfer that is paused as a whole
	}
	for _, part := range q.split(c) {
		if part.owner == Elsewhere && q.index.mayHave(part.Transfer, states) {
			n++
		}
	}
	return n
}

// mayHave reports whether a transfer has jobs in one of the states, nil for any, or may come to have them.
func (x *index) mayHave(transfer int64, states []JobState) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.transferOf(transfer)
	return t != nil && (!t.Scanned || t.shown(states) > 0)
}

// ownedCommand is a command about one transfer.
type ownedCommand struct {
	Command
	owner Owner
}

// split divides a command by transfer.
func (q *Queue) split(c Command) (parts []ownedCommand) {
	x := q.index
	x.mu.Lock()
	defer x.mu.Unlock()
	jobs := map[int64][]int64{}
	for _, id := range c.Jobs {
		if b, _ := x.batchOf(id); b != nil {
			jobs[b.Transfer] = append(jobs[b.Transfer], id)
		}
	}
	for _, t := range x.transfers {
		if c.Transfer != 0 && c.Transfer != t.ID || c.Jobs != nil && jobs[t.ID] == nil || t.cleared() && c.Verb != Purge {
			continue
		}
		parts = append(parts, ownedCommand{Command{c.Verb, t.ID, jobs[t.ID]}, t.Owner})
	}
	return parts
}

// carryOutCommand does what is wanted of a transfer of this queue.
func (q *Queue) carryOutCommand(ctx context.Context, c Command) (n int, err error) {
	switch c.Verb {
	case First, Up, Down, Last:
		n, err = q.reorder(ctx, c)
	default:
		if c.Jobs == nil && (c.Verb == Pause || c.Verb == Resume) {
			n = q.pauseTransfer(c.Transfer, c.Verb == Pause)
		}
		if c.Jobs == nil && (c.Verb == Cancel || c.Verb == Remove || c.Verb == Purge) {
			q.index.giveUp(c.Transfer, c.Verb)
		}
		if c.Jobs != nil || c.Verb != Pause {
			var k int
			k, err = q.change(ctx, c)
			n += k
		}
	}
	q.mu.Lock()
	q.reconsider()
	q.mu.Unlock()
	return n, err
}

// pauseTransfer makes a transfer's waiting jobs wait for a person, or go on, and returns how many there are.
func (q *Queue) pauseTransfer(id int64, pause bool) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.index.pause(id, pause)
	if pause {
		for _, j := range q.loaded {
			if j.Transfer == id {
				q.steer(j, Waiting)
			}
		}
	}
	return n
}

// change brings the jobs that a verb concerns into their new state.
func (q *Queue) change(ctx context.Context, c Command) (n int, err error) {
	x := q.index
	if err := x.each(ctx, x.concerned(c), func(b *batch) error {
		n += q.changeBatch(b, c)
		return nil
	}); err != nil {
		return n, err
	}
	x.prune(c.Transfer, c.Jobs == nil && c.Verb.forgets())
	return n, nil
}

func (q *Queue) changeBatch(b *batch, c Command) (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	to := transitions[c.Verb].to
	loaded := []*job{}
	q.index.eachConcerned(b, c, func(j *Job) (changed bool) {
		if !j.State.hidden() {
			n++
		}
		if l := q.loaded[j.ID]; l != nil {
			loaded = append(loaded, l)
			return false
		}
		j.become(c.Verb.of(j.State))
		switch c.Verb {
		case Replace:
			j.Replace = true
			j.takeOwnName()
		case Rename:
			j.Replace, j.KeepBoth = false, true
			if !j.takeNextName() {
				j.takeOwnName()
			}
		}
		return true
	})
	for _, l := range loaded {
		q.steer(l, to)
	}
	return n
}

// steer brings a claimed job into the state that a person wants, when its requests under way are answered; Waiting gives
// it back. The caller holds the lock.
func (q *Queue) steer(j *job, to JobState) {
	if j.flying > 0 {
		if !j.steered || to != Waiting { // giving a job back does not undo what a person wanted of it
			j.wish = to
		}
		j.steered = true
		j.next = len(j.acked) // hands out no more blocks
		return
	}
	from := j.State
	j.become(to)
	q.unload(j, from != to || j.Class == Large)
}

// become brings a job into a state that a person wants.
func (j *Job) become(s JobState) {
	j.State, j.Problem = s, nil
	if s == Cancelled {
		j.Problem = problem.New("cancel", j.Source, problem.GivenUp)
	}
}

// reorder moves jobs within the queue. Jobs that were claimed but not begun are given back, so that the new order holds
// at once.
func (q *Queue) reorder(ctx context.Context, c Command) (int, error) {
	jobs := c.Jobs
	if jobs == nil {
		return 0, nil // all jobs of a transfer have no other place among themselves
	}
	q.giveBackWaiting()
	n, err := q.index.reorder(ctx, c.Verb, jobs)
	q.giveBackWaiting() // what was claimed meanwhile, in the old order
	return n, err
}

// giveBackWaiting gives back the jobs that were claimed but not begun, and those that are being claimed.
func (q *Queue) giveBackWaiting() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.orders++
	for _, j := range q.loaded {
		if j.State == Waiting && j.flying == 0 && j.file == nil {
			q.steer(j, Waiting)
		}
	}
}
