package ledger

import (
	"context"
	"errors"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// Claim is a job that was claimed, with what an earlier process leaves in doubt.
type Claim struct {
	Job
	// began and ended, if not zero, say that an earlier process may have sent the job between these moments without
	// learning of the answer.
	Began, Ended time.Time
}

// Free returns how many jobs of an inbox can be claimed, by class.
func (x *Ledger) Free(inbox string) [2]int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.inbox(inbox).free
}

// Unfinished returns how many jobs of an inbox may still be sent by themselves.
func (x *Ledger) Unfinished(inbox string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.inbox(inbox).unfinished
}

// Claim returns up to n waiting jobs of the inbox and class in the queue's order, which no other claim returns until
// unclaim. Before it returns, the journal knows since when these jobs may have been sent: now.
func (x *Ledger) Claim(ctx context.Context, inbox string, class Class, n int, now time.Time) ([]Claim, error) {
	claims := make([]Claim, 0, min(n, x.Free(inbox)[class]))
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
	if err := x.CommitPending(ctx); err != nil {
		return nil, x.giveBack(claims, err)
	}
	return claims, nil
}

// giveBack undoes claims after an error, which it returns.
func (x *Ledger) giveBack(claims []Claim, err error) error {
	for i := range claims {
		x.PutBack(claims[i].ID)
	}
	return err
}

// Claimed returns what a claimed job is by now, and whether it still waits to be sent: a person may have acted while it was claimed.
func (x *Ledger) Claimed(id int64) (j Job, waits bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, i := x.batchOf(id)
	if b == nil || !b.isClaimed(i) {
		return Job{ID: id}, false
	}
	t, j := b.transfer, b.jobs[i]
	return j, j.State == Waiting && t.sends() && !t.Paused && t.away[source.DiskOf(j.Source, j.FileID)] == nil
}

// PutBack ends a job's claim and leaves it as it is.
func (x *Ledger) PutBack(id int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if b, i := x.batchOf(id); b != nil && b.isClaimed(i) {
		x.endClaim(b, i)
	}
}

// endClaim ends a claim.
func (x *Ledger) endClaim(b *Page, i int) {
	x.enter(b, i, -1)
	b.claimed[i/64] &^= 1 << (i % 64)
	x.enter(b, i, 1)
	if b.claims--; b.claims == 0 {
		x.inbox(b.transfer.Inbox).begun--
	}
	x.unhold(b)
}

// claimable finds the first part of the queue that has a job to claim.
func (x *Ledger) claimable(inbox string, class Class) (stretch, bool) {
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

func (b *Page) canClaim(i int, class Class) bool {
	return b.jobs[i].State == Waiting && b.jobs[i].Class == class && !b.isClaimed(i)
}

func (x *Ledger) claimFrom(b *Page, s stretch, class Class, n int, now time.Time, claims []Claim) []Claim {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.waitsForDisk(b) {
		return claims
	}
	for i := s.lo; i < min(s.hi, len(b.jobs)) && n > 0; i++ {
		if !b.canClaim(i, class) || !s.single && b.moved > 0 && x.isMoved(b.job(i)) {
			continue
		}
		c := Claim{Job: b.jobs[i]}
		if !b.doubt.IsZero() {
			c.Began, c.Ended = b.Claimed, b.doubt
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

// CommitPending commits, if that was not done yet, that jobs were claimed, planned or got another name. Whoever calls it at the same time shares one
// commit.
func (x *Ledger) CommitPending(ctx context.Context) error {
	x.mu.Lock()
	owed := x.owed
	paid := x.paid >= owed
	x.mu.Unlock()
	if paid {
		return nil
	}
	return x.commitUnless(ctx, false, func() bool { return x.paid >= owed })
}

// Begin says that a claimed job is being sent. The journal is not told: whoever reads it later is not sending it.
func (x *Ledger) Begin(id int64) { x.SetState(id, Active) }

// SetState says whether a claimed job is being sent, or waits for that once more.
func (x *Ledger) SetState(id int64, s JobState) {
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

// Unclaim gives a claimed job back. If anything of it changed, keep is true and j is what it is now; of one that has
// ended the blocks are forgotten, unless it may go on with them.
func (x *Ledger) Unclaim(j Job, keep bool) {
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

// Update keeps a claimed job's new contents.
func (x *Ledger) Update(j Job) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if b, i := x.batchOf(j.ID); b != nil {
		x.set(b, i, j)
	}
}

// Plan keeps a claimed job's contents, and that of its blocks exactly these are acknowledged. They must not be committed before pay.
func (x *Ledger) Plan(j Job, acked []AckedBlock) {
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

// Ack keeps that a claimed job's block was acknowledged.
func (x *Ledger) Ack(id int64, a AckedBlock, bytes int64) {
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
