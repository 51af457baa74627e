package uploader

import (
	"sync/atomic"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uplink"
)

// pacing is how fast bytes leave, and what follows from that. The queue's lock protects it, but for
// hand and the limit.
type pacing struct {
	flow   uplink.Flow
	onWay  atomic.Int64 // bytes handed over by requests under way
	limit  uplink.Limit
	wanted int64          // Config.BlockSize
	ledger *ledger.Ledger // keeps what was measured last
}

// hand counts n bytes that were handed over of a body of that size, which makes handed in all. It
// takes no lock.
func (p *pacing) hand(j *job, n, handed, size int64) {
	p.onWay.Add(n)
	j.onWay.Add(n)
	p.flow.Hand(n, handed, size)
	j.flow.Hand(n, handed, size)
}

// answered counts what came of a request of whose body so much had been handed over. One that the
// queue itself cut off says nothing about the line. The caller holds the lock.
func (p *pacing) answered(u *unit, now time.Time, handed, size int64, err error, cutOff bool) {
	for _, f := range []*uplink.Flow{&p.flow, u.job.flow} {
		switch {
		case err == nil:
			f.Confirmed(now, handed, size)
		case !cutOff:
			f.Lost(now, handed, size)
		}
	}
	u.onWay += handed
	if err != nil {
		p.arrived(u)
	}
}

// arrived ends that the bytes of a unit's request are on their way: they are lost, or counted as
// acknowledged at the same moment. The caller holds the lock.
func (p *pacing) arrived(u *unit) {
	p.onWay.Add(-u.onWay)
	u.job.onWay.Add(-u.onWay)
	u.onWay = 0
}

// speedTo returns how fast bytes leave for an inbox, in bytes per second: in the last seconds of
// sending, where those are so many, or when it was measured last; 0 where it never was. The caller
// holds the lock.
func (p *pacing) speedTo(inbox string, seconds int) float64 {
	if now := p.flow.Pace(seconds); now.Bytes >= 1 && !now.OfFiles() {
		return now.Bytes
	}
	return p.ledger.LastSpeed(inbox)
}

// planningSpeed is the speed by which files for an inbox are planned, 0 if it is not known. The
// caller holds the lock.
func (p *pacing) planningSpeed(inbox string) float64 {
	speed := p.speedTo(inbox, uplink.PlanningSeconds)
	if limit := p.limit.PerSecond(); limit > 0 && (speed == 0 || limit < speed) {
		return limit
	}
	return speed
}

// blockSize returns the block size of a file that is planned now. The caller holds the lock, as
// with wholeSize.
func (p *pacing) blockSize(j *job) int64 {
	preferred := p.wanted
	if preferred == 0 {
		preferred = plan.PacedBlockSize(j.Size, p.planningSpeed(j.inbox.key))
	}
	return plan.BlockSize(j.Size, preferred)
}

// planForSlow plans files anew, in smaller blocks, that were planned before anything was known of a
// line that turns out to be slow: as long as nothing of them is acknowledged, which on that line
// would take long. What is under way of them is cut off.
func (q *Queue) planForSlow() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, in := range q.order {
		speed := q.pacing.planningSpeed(in.key)
		for _, j := range in.opened {
			if !j.guessed || j.acked == nil || speed == 0 {
				continue
			}
			j.guessed = false
			if fit := q.pacing.blockSize(j); j.left == len(j.acked) && fit <= j.BlockSize/4 &&
				!j.again && !j.steered {
				j.UploadID, j.BlockSize = store.NewUploadID(), fit
				q.lay(j, nil)
				j.cut.Store(int64(j.plan))
				q.wakeWorkers()
			}
		}
	}
}

// wholeSize returns up to which size a file for an inbox that is found now is sent in one request.
func (p *pacing) wholeSize(inbox string) int64 {
	if p.wanted != 0 {
		return p.wanted
	}
	return plan.WholeSize(p.planningSpeed(inbox))
}
