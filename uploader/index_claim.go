package uploader

import (
	"context"
	"errors"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// claim is a job that was claimed, with what an earlier process leaves in doubt.
type claim struct {
	Job
	// began and ended, if not zero, say that an earlier process may have sent the job between these moments without
	// learning of the answer.
	began, ended time.Time
}

// free returns how many jobs of an inbox can be claimed, by class.
func (x *index) free(inbox string) [2]int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.inbox(inbox).free
}

// unfinished returns how many jobs of an inbox may still be sent by themselves.
func (x *index) unfinished(inbox string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.inbox(inbox).unfinished
}

// claim returns up to n waiting jobs of the inbox and class in the queue's order, which no other claim returns until
// unclaim. Before it returns, the journal knows since when these jobs may have been sent: now.
func (x *index) claim(ctx context.Context, inbox string, class Class, n int, now time.Time) ([]claim, error) {
	claims := make([]claim, 0, min(n, x.free(inbox)[class]))
	for len(claims) < n {
		id, ok := x.claimable(inbox, class)
		if !ok {
			break
		}
		b, err := x.fetch(ctx, id.batch)
		if err != nil {
			return nil, x.giveBack(claims, err)
		}
		if b == nil {
			break
		}
		claims = x.claimFrom(b, id, class, n-len(claims), now, claims)
		x.let(b)
	}
	if len(claims) == 0 {
		return nil, nil
	}
	if err := x.pay(ctx); err != nil {
		return nil, x.giveBack(claims, err)
	}
	return claims, nil
}

// giveBack undoes claims after an error, which it returns.
func (x *index) giveBack(claims []claim, err error) error {
	for i := range claims {
		x.putBack(claims[i].ID)
	}
	return err
}

// claimed returns what a claimed job is by now, and whether it still waits to be sent: a person may have acted while it was claimed.
func (x *index) claimed(id int64) (j Job, waits bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, i := x.batchOf(id)
	if b == nil || !b.isClaimed(i) {
		return Job{ID: id}, false
	}
	t, j := b.transfer, b.jobs[i]
	return j, j.State == Waiting && t.sends() && !t.Paused && t.away[source.DiskOf(j.Source, j.FileID)] == nil
}

// putBack ends a job's claim and leaves it as it is.
func (x *index) putBack(id int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if b, i := x.batchOf(id); b != nil && b.isClaimed(i) {
		x.endClaim(b, i)
	}
}

// endClaim ends a claim.
func (x *index) endClaim(b *batch, i int) {
	x.enter(b, i, -1)
	b.claimed[i/64] &^= 1 << (i % 64)
	x.enter(b, i, 1)
	if b.claims--; b.claims == 0 {
		x.inbox(b.transfer.Inbox).begun--
	}
	x.unhold(b)
}

// claimable finds the first part of the queue that has a job to claim.
func (x *index) claimable(inbox string, class Class) (stretch, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	full := x.inbox(inbox).begun >= mostBegun
	for s := range x.stretches() {
		b := x.batches[s.at]
		if t := b.transfer; b.free[class] == 0 || b.claims == 0 && full || !t.sends() || t.Paused || b.away != nil || t.Inbox != inbox {
			continue
		}
		if b.moved == 0 {
			return s, true
		}
		for i := s.lo; i < min(s.hi, len(b.jobs)); i++ { // in memory, since it has moved jobs
			if b.canClaim(i, class) && (s.single || !x.isMoved(b.job(i))) {
				return s, true
			}
		}
	}
	return stretch{}, false
}

func (b *batch) canClaim(i int, class Class) bool {
	return b.jobs[i].State == Waiting && b.jobs[i].Class == class && !b.isClaimed(i)
}

func (x *index) claimFrom(b *batch, s stretch, class Class, n int, now time.Time, claims []claim) []claim {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.waitsForDisk(b) {
		return claims
	}
	for i := s.lo; i < min(s.hi, len(b.jobs)) && n > 0; i++ {
		if !b.canClaim(i, class) || !s.single && b.moved > 0 && x.isMoved(b.job(i)) {
			continue
		}
		c := claim{Job: b.jobs[i]}
		if !b.doubt.IsZero() {
			c.began, c.ended = b.Claimed, b.doubt
		}
		if b.Claimed.IsZero() {
			b.Claimed = now.Truncate(time.Second)
			x.soil(b)
			x.owed++
			x.binding = x.binding || b.jobs[i].KeepBoth // or it would be sent beside itself
		}
		x.enter(b, i, -1)
		b.claimed[i/64] |= 1 << (i % 64)
		x.enter(b, i, 1)
		b.holds++
		if b.claims++; b.claims == 1 {
			x.inbox(b.transfer.Inbox).begun++
		}
		claims = append(claims, c)
		n--
	}
	return claims
}

// pay commits, if that was not done yet, that jobs were claimed, planned or got another name. Whoever calls it at the same time shares one
// commit.
func (x *index) pay(ctx context.Context) error {
	x.mu.Lock()
	owed := x.owed
	paid := x.paid >= owed
	x.mu.Unlock()
	if paid {
		return nil
	}
	return x.commitUnless(ctx, false, func() bool { return x.paid >= owed })
}

// begin says that a claimed job is being sent. The journal is not told: whoever reads it later is not sending it.
func (x *index) begin(id int64) { x.setState(id, Active) }

// setState says whether a claimed job is being sent, or waits for that once more.
func (x *index) setState(id int64, s JobState) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if b, i := x.batchOf(id); b != nil {
		x.enter(b, i, -1)
		b.jobs[i].State = s
		x.enter(b, i, 1)
	}
}

// mayGoOn reports whether a large job that ended may go on with its blocks: its file could not be read, and may be there again.
func (j *Job) mayGoOn() bool {
	return j.State == Attention && j.Problem != nil && errors.Is(j.Problem, problem.ErrSource)
}

// unclaim gives a claimed job back. If anything of it changed, keep is true and j is what it is now; of one that has
// ended the blocks are forgotten, unless it may go on with them.
func (x *index) unclaim(j Job, keep bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, i := x.batchOf(j.ID)
	if b == nil || !b.isClaimed(i) {
		return
	}
	if keep || b.jobs[i].State != j.State {
		x.set(b, i, j)
	}
	if j.State.Ended() && j.Class == Large && !j.mayGoOn() {
		x.blocks = append(x.blocks, BlockChange{Job: j.ID, Forget: true})
	}
	x.endClaim(b, i)
}

// update keeps a claimed job's new contents.
func (x *index) update(j Job) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if b, i := x.batchOf(j.ID); b != nil {
		x.set(b, i, j)
	}
}

// plan keeps a claimed job's contents, and that of its blocks exactly these are acknowledged. They must not be committed before pay.
func (x *index) plan(j Job, acked []AckedBlock) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, i := x.batchOf(j.ID)
	if b == nil {
		return
	}
	x.set(b, i, j)
	x.soil(b)
	x.owed++
	x.blocks = append(x.blocks, BlockChange{Job: j.ID, Forget: true})
	for _, a := range acked {
		x.blocks = append(x.blocks, BlockChange{Job: j.ID, Block: a})
	}
}

// ack keeps that a claimed job's block was acknowledged.
func (x *index) ack(id int64, a AckedBlock, bytes int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, i := x.batchOf(id)
	if b == nil {
		return
	}
	x.enter(b, i, -1)
	b.jobs[i].Done += bytes
	x.enter(b, i, 1)
	x.blocks = append(x.blocks, BlockChange{Job: id, Block: a})
	x.soil(b)
}
