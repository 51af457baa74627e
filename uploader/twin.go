package uploader

import (
	"context"
	"errors"
	"time"

	"inboxuploader/uploader/problem"
)

// A twin is the same file on its way to the same name in another transfer, as where a folder is sent twice, or by two programs at once.
// With "keep both" its delivery would be taken for somebody else's file, and the file sent once more beside itself.

// mostTwinWaits is how often a file waits for the journal to say what came of its twin: some two seconds, while what was delivered is known
// to all after a twentieth of that.
const mostTwinWaits = 5

// errTwin says that a file has a twin of which it is not known yet whether it was delivered.
var errTwin = errors.New("the same file is being sent by another transfer")

// orTwin looks, where a job's name is taken and it would get another, whether the job's file was delivered already. It blocks on the disk.
func (q *Queue) orTwin(u *unit, err error) error {
	j := u.job
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || e.Reason != problem.AlreadyThere || !j.KeepBoth || j.Replace {
		return err
	}
	answered := time.Now()
	twin, waits, lost := q.lookAtTwins(j)
	if lost == nil && twin == nil && !waits { // another process may have begun since the list was read
		if lost = q.index.loadSince(q.ctx, answered); lost == nil {
			twin, waits, lost = q.lookAtTwins(j)
		}
	}
	switch {
	case lost != nil:
		return lost
	case twin != nil:
		j.Earlier = twin.ID
		return j.isAs(twin)
	case waits && u.awaited < mostTwinWaits:
		return errTwin
	}
	return err
}

// lookAtTwins returns the twin that delivered a job's file, or nil, and whether one may have done so by now.
func (q *Queue) lookAtTwins(j *job) (delivered *Job, waits bool, err error) {
	twins, err := q.index.twins(q.ctx, &j.Job)
	for i := range twins {
		switch t := &twins[i]; {
		case t.State.delivered() && !q.changedSince(j, t):
			return t, false, err
		case !t.State.Ended() && t.State != Paused:
			waits = true
		}
	}
	return nil, waits, err
}

// changedSince reports whether a file may have changed after its twin was delivered, though its times say the same.
func (q *Queue) changedSince(j *job, twin *Job) bool {
	now, err := lookAgain(j)
	if err != nil || twin.Answer.Date.IsZero() {
		return true
	}
	q.mu.Lock()
	delivered := twin.Answer.Date.Add(-j.inbox.skew)
	q.mu.Unlock()
	return now.touchedSince(delivered.Add(2 * time.Second)) // the service tells whole seconds
}

// twins returns a job's twins as the journal has them.
func (x *index) twins(ctx context.Context, j *Job) (twins []Job, err error) {
	if err := x.findSources(ctx); err != nil {
		return nil, err
	}
	x.mu.Lock()
	ids := x.bySource[pathMark(j.Source)]
	x.mu.Unlock()
	for _, id := range ids {
		other, err := x.jobNow(ctx, id)
		if err != nil {
			return nil, err
		}
		if other.Transfer != j.Transfer && other.Inbox == j.Inbox && other.Source == j.Source &&
			originalName(other.Blob, other.Copy) == originalName(j.Blob, j.Copy) && versionOfJob(&other).same(versionOfJob(j)) {
			twins = append(twins, other)
		}
	}
	return twins, nil
}

func versionOfJob(j *Job) version { return version{size: j.Size, modTime: j.ModTime, id: j.FileID} }

// findSources learns where the files are in the list that came into it since the last time.
func (x *index) findSources(ctx context.Context) error {
	x.mu.Lock()
	var ids []int64
	for _, b := range x.batches {
		if !x.sourced[b.ID] {
			ids = append(ids, b.ID)
		}
	}
	x.mu.Unlock()
	return x.each(ctx, ids, func(b *batch) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.bySource == nil {
			x.bySource, x.sourced = map[[16]byte][]int64{}, map[int64]bool{}
		}
		if x.sourced[b.ID] {
			return nil // somebody else was faster
		}
		for i := range b.jobs {
			mark := pathMark(b.jobs[i].Source)
			x.bySource[mark] = append(x.bySource[mark], b.job(i))
		}
		x.sourced[b.ID] = true
		return nil
	})
}

// jobNow returns what a job is now; one of another process as the journal has it. The zero Job is gone.
func (x *index) jobNow(ctx context.Context, id int64) (j Job, err error) {
	x.mu.Lock()
	b, i := x.batchOf(id)
	if b != nil && b.transfer.mine() && b.jobs != nil {
		j = b.jobs[i]
		x.mu.Unlock()
		return j, nil
	}
	x.mu.Unlock()
	if b == nil {
		return Job{}, nil
	}
	stored, err := x.journal.Batch(ctx, b.ID)
	if err != nil {
		return Job{}, err
	}
	jobs, _, ok := decodeBatch(stored)
	if !ok || i >= len(jobs) {
		return Job{}, nil
	}
	now := batch{BatchHead: b.BatchHead, transfer: b.transfer, jobs: jobs}
	x.mu.Lock()
	now.follow(b.transfer.Moved)
	x.mu.Unlock()
	j = jobs[i]
	j.ID, j.Transfer, j.Inbox = id, b.Transfer, b.transfer.Inbox
	return j, nil
}
