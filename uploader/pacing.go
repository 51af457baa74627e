package uploader

import (
	"sync/atomic"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uplink"
)

// pacing measures how fast bytes leave and sizes files and blocks by it. The queue's lock protects
// it, except for hand and the limit.
type pacing struct {
	flow   uplink.Flow
	onWay  atomic.Int64 // bytes handed over by requests in flight
	limit  uplink.Limit
	wanted int64          // Config.BlockSize
	ledger *ledger.Ledger // keeps the last measurement
}

// hand counts n bytes handed over of a body of that size; handed is the body's total so far. It
// takes no lock.
func (p *pacing) hand(j *job, n, handed, size int64) {
	p.onWay.Add(n)
	j.onWay.Add(n)
	p.flow.Hand(n, handed, size)
	j.flow.Hand(n, handed, size)
}

// answered counts a request's outcome; handed is how many bytes of its body were handed over. A
// request that the queue itself cut off says nothing about the line. The caller holds the lock.
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

// arrived stops counting the bytes of a unit's request as in transit: they are lost, or counted as
// acknowledged at the same moment. The caller holds the lock.
func (p *pacing) arrived(u *unit) {
	p.onWay.Add(-u.onWay)
	u.job.onWay.Add(-u.onWay)
	u.onWay = 0
}

// speedTo returns how fast bytes leave for an inbox, in bytes per second: over the last seconds of
// sending if there were as many, else the last measurement, or 0 if there is none. The caller holds
// the lock.
func (p *pacing) speedTo(inbox string, seconds int) float64 {
	if now := p.flow.Pace(seconds); now.Bytes >= 1 && !now.OfFiles() {
		return now.Bytes
	}
	return p.ledger.LastSpeed(inbox)
}

// planningSpeed returns the speed by which files for an inbox are planned, in bytes per second; 0
// if it is not known. The caller holds the lock.
func (p *pacing) planningSpeed(inbox string) float64 {
	speed := p.speedTo(inbox, uplink.PlanningSeconds)
	if limit := p.limit.PerSecond(); limit > 0 && (speed == 0 || limit < speed) {
		return limit
	}
	return speed
}

// blockSize returns the block size in bytes of a file that is planned now. The caller holds the
// lock, as with wholeSize.
func (p *pacing) blockSize(j *job) int64 {
	preferred := p.wanted
	if preferred == 0 {
		preferred = plan.PacedBlockSize(j.Size, p.planningSpeed(j.inbox.key))
	}
	return plan.BlockSize(j.Size, preferred)
}

// planForSlow replans files in smaller blocks if the line, unknown when they were planned, turns
// out to be slow: large blocks would take long to be acknowledged. It does so only while none of a
// file's blocks is acknowledged, and cuts off its requests in flight.
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

// wholeSize returns the size in bytes up to which a file found now is sent in one request.
func (p *pacing) wholeSize(inbox string) int64 {
	if p.wanted != 0 {
		return p.wanted
	}
	return plan.WholeSize(p.planningSpeed(inbox))
}
