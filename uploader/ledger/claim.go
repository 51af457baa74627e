package ledger

import (
	"context"
	"errors"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// claims hands out jobs to the queue and records what the queue says about them.
type claims struct {
	l *Ledger

	inboxes map[string]*inboxCount
}

// Claim is a claimed job, with the doubt that an earlier process left.
type Claim struct {
	Job
	// Began and Ended, if not zero, say that an earlier process may have sent the job between these
	// moments without learning the answer.
	Began, Ended time.Time
}

// Free returns the number of an inbox's jobs that can be claimed, by class.
func (x *claims) Free(inbox string) [2]int {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return x.inbox(inbox).free
}

// Unfinished returns the number of an inbox's jobs that may still be sent without a person.
func (x *claims) Unfinished(inbox string) int {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return x.inbox(inbox).unfinished
}

// Claim returns up to n waiting jobs of the inbox and class in the queue's order. No other claim
// returns them until Unclaim. Before Claim returns, the journal knows that these jobs may have been
// sent from now on. It blocks on the journal.
func (x *claims) Claim(
	ctx context.Context, inbox string, class Class, n int, now time.Time,
) ([]Claim, error) {
	claims := make([]Claim, 0, min(n, x.Free(inbox)[class]))
	for len(claims) < n {
		id, ok := x.claimable(inbox, class)
		if !ok {
			break
		}
		b, err := x.l.fetch(ctx, id.batch)
		if err != nil {
			return nil, x.giveBack(claims, err)
		}
		if b == nil {
			break
		}
		claims = x.claimFrom(b, id, class, n-len(claims), now, claims)
		x.l.let(b)
	}
	if len(claims) == 0 {
		return nil, nil
	}
	if err := x.l.CommitPending(ctx); err != nil {
		return nil, x.giveBack(claims, err)
	}
	return claims, nil
}

// giveBack undoes claims after an error, which it returns.
func (x *claims) giveBack(claims []Claim, err error) error {
	for i := range claims {
		x.PutBack(claims[i].ID)
	}
	return err
}

// Claimed returns a claimed job as it is now, and whether it still waits to be sent: a person may
// have acted while it was being claimed.
func (x *claims) Claimed(id int64) (j Job, waits bool) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	b, i := x.l.batchOf(id)
	if b == nil || !b.isClaimed(i) {
		return Job{ID: id}, false
	}
	t, j := b.transfer, b.jobs[i]
	return j, j.State == Waiting && t.sends() && !t.Paused &&
		t.away[source.DiskOf(j.Source, j.FileID)] == nil
}

// PutBack ends a job's claim and leaves the job as it is.
func (x *claims) PutBack(id int64) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	if b, i := x.l.batchOf(id); b != nil && b.isClaimed(i) {
		x.endClaim(b, i)
	}
}

// endClaim ends a claim.
func (x *claims) endClaim(b *Page, i int) {
	x.l.enter(b, i, -1)
	b.claimed[i/64] &^= 1 << (i % 64)
	x.l.enter(b, i, 1)
	if b.claims--; b.claims == 0 {
		x.inbox(b.transfer.Inbox).begun--
	}
	x.l.unhold(b)
}

// claimable finds the first part of the queue that has a job to claim.
func (x *claims) claimable(inbox string, class Class) (stretch, bool) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	full := x.inbox(inbox).begun >= mostBegun
	for s := range x.l.stretches() {
		b := x.l.batches[s.at]
		if t := b.transfer; b.free[class] == 0 || b.claims == 0 && full || !t.sends() || t.Paused ||
			b.away != nil || t.Inbox != inbox {
			continue
		}
		if b.moved == 0 {
			return s, true
		}
		for i := s.lo; i < min(s.hi, len(b.jobs)); i++ { // in memory, since it has moved jobs
			if b.canClaim(i, class) && (s.single || !x.l.isMoved(b.job(i))) {
				return s, true
			}
		}
	}
	return stretch{}, false
}

func (b *Page) canClaim(i int, class Class) bool {
	return b.jobs[i].State == Waiting && b.jobs[i].Class == class && !b.isClaimed(i)
}

func (x *claims) claimFrom(
	b *Page, s stretch, class Class, n int, now time.Time, claims []Claim,
) []Claim {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	if x.l.waitsForDisk(b) {
		return claims
	}
	for i := s.lo; i < min(s.hi, len(b.jobs)) && n > 0; i++ {
		if !b.canClaim(i, class) || !s.single && b.moved > 0 && x.l.isMoved(b.job(i)) {
			continue
		}
		c := Claim{Job: b.jobs[i]}
		if !b.doubt.IsZero() {
			c.Began, c.Ended = b.Claimed, b.doubt
		}
		if b.Claimed.IsZero() {
			b.Claimed = now.Truncate(time.Second)
			x.l.markDirty(b)
			x.l.pendingSync++
			x.l.binding = x.l.binding || b.jobs[i].KeepBoth // or it would be sent beside itself
		}
		x.l.enter(b, i, -1)
		b.claimed[i/64] |= 1 << (i % 64)
		x.l.enter(b, i, 1)
		b.holds++
		if b.claims++; b.claims == 1 {
			x.inbox(b.transfer.Inbox).begun++
		}
		claims = append(claims, c)
		n--
	}
	return claims
}

// Begin says that a claimed job is being sent. The journal does not learn it: a later reader is not
// sending the job.
func (x *claims) Begin(id int64) { x.SetState(id, Active) }

// SetState says that a claimed job is being sent, or waits again.
func (x *claims) SetState(id int64, s JobState) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	if b, i := x.l.batchOf(id); b != nil {
		x.l.enter(b, i, -1)
		b.jobs[i].State = s
		x.l.enter(b, i, 1)
	}
}

// mayGoOn reports whether an ended large job may continue with its blocks: its file could not be
// read, but may come back.
func (j *Job) mayGoOn() bool {
	return j.State == Attention && j.Problem != nil && errors.Is(j.Problem, problem.ErrSource)
}

// Unclaim gives a claimed job back. If anything in it changed, keep is true and j is its present
// state. Unclaim forgets the blocks of an ended job unless the job may continue with them.
func (x *claims) Unclaim(j Job, keep bool) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	b, i := x.l.batchOf(j.ID)
	if b == nil || !b.isClaimed(i) {
		return
	}
	if keep || b.jobs[i].State != j.State {
		x.l.set(b, i, j)
	}
	if j.State.Ended() && j.Class == Large && !j.mayGoOn() {
		x.l.blocks = append(x.l.blocks, BlockChange{Job: j.ID, Forget: true})
	}
	x.endClaim(b, i)
}

// Update records a claimed job's new contents.
func (x *claims) Update(j Job) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	if b, i := x.l.batchOf(j.ID); b != nil {
		x.l.set(b, i, j)
	}
}

// Plan records a claimed job's contents, and that exactly these of its blocks are acknowledged. The
// blocks must not be committed before [Ledger.CommitPending].
func (x *claims) Plan(j Job, acked []AckedBlock) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	b, i := x.l.batchOf(j.ID)
	if b == nil {
		return
	}
	x.l.set(b, i, j)
	x.l.markDirty(b)
	x.l.pendingSync++
	x.l.blocks = append(x.l.blocks, BlockChange{Job: j.ID, Forget: true})
	for _, a := range acked {
		x.l.blocks = append(x.l.blocks, BlockChange{Job: j.ID, Block: a})
	}
}

// Ack records that the service acknowledged a claimed job's block.
func (x *claims) Ack(id int64, a AckedBlock, bytes int64) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	b, i := x.l.batchOf(id)
	if b == nil {
		return
	}
	x.l.enter(b, i, -1)
	b.jobs[i].Done += bytes
	x.l.enter(b, i, 1)
	x.l.blocks = append(x.l.blocks, BlockChange{Job: id, Block: a})
	x.l.markDirty(b)
}

// inbox returns the counts for an inbox.
func (x *claims) inbox(key string) *inboxCount {
	c := x.inboxes[key]
	if c == nil {
		c = &inboxCount{}
		x.inboxes[key] = c
	}
	return c
}

// recount counts all inboxes anew after a change to whole transfers.
func (x *claims) recount() {
	for _, c := range x.inboxes {
		*c = inboxCount{begun: c.begun}
	}
	for _, b := range x.l.batches {
		x.countBatch(b)
	}
}

func (x *claims) countBatch(b *Page) {
	if t := b.transfer; t.sends() && !t.Paused {
		c := x.inbox(t.Inbox)
		if b.away == nil {
			c.free[Small] += b.free[Small]
			c.free[Large] += b.free[Large]
		}
		c.unfinished += int(b.unfinished())
	}
}
