package uploader

import (
	"time"

	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uplink"
)

// hand counts n bytes that were handed over of a body of that size, which makes handed in all. It takes no lock.
func (q *Queue) hand(j *job, n, handed, size int64) {
	q.onWay.Add(n)
	j.onWay.Add(n)
	q.flow.Hand(n, handed, size)
	j.flow.Hand(n, handed, size)
}

// answered counts what came of a request of whose body so much had been handed over. The caller holds the lock.
func (q *Queue) answered(u *unit, now time.Time, handed, size int64, err error) {
	for _, f := range []*uplink.Flow{&q.flow, u.job.flow} {
		switch {
		case err == nil:
			f.Confirmed(now, handed, size)
		case q.ctx.Err() == nil && u.valid(): // else cut off by the queue itself, which says nothing about the line
			f.Lost(now, handed, size)
		}
	}
	u.onWay += handed
	if err != nil {
		q.arrived(u)
	}
}

// arrived ends that the bytes of a unit's request are on their way: they are lost, or counted as acknowledged at the same moment. The
// caller holds the lock.
func (q *Queue) arrived(u *unit) {
	q.onWay.Add(-u.onWay)
	u.job.onWay.Add(-u.onWay)
	u.onWay = 0
}

// speedTo returns how fast bytes leave for an inbox, in bytes per second: in the last seconds of sending, where those are so many, or
// when it was measured last; 0 where it never was. The caller holds the lock.
func (q *Queue) speedTo(inbox string, seconds int) float64 {
	if p := q.flow.Pace(seconds); p.Bytes >= 1 && !p.OfFiles() {
		return p.Bytes
	}
	return q.ledger.LastSpeed(inbox)
}

// planningSpeed is the speed by which files for an inbox are planned, 0 if it is not known. The caller holds the lock.
func (q *Queue) planningSpeed(inbox string) float64 {
	speed := q.speedTo(inbox, uplink.PlanningSeconds)
	if l := q.limiter.Load(); l != nil && (speed == 0 || float64(l.Limit()) < speed) {
		return float64(l.Limit())
	}
	return speed
}

// blockSize returns the block size of a file that is planned now. The caller holds the lock, as with wholeSize.
func (q *Queue) blockSize(j *job) int64 {
	preferred := q.config.BlockSize
	if preferred == 0 {
		preferred = pacedBlockSize(j.Size, q.planningSpeed(j.inbox.key))
	}
	return blockSizeFor(j.Size, preferred)
}

// planForSlow plans files anew, in smaller blocks, that were planned before anything was known of a line that turns out to be slow: as long
// as nothing of them is acknowledged, which on that line would take long. What is under way of them is cut off.
func (q *Queue) planForSlow() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, in := range q.order {
		speed := q.planningSpeed(in.key)
		for _, j := range in.opened {
			if !j.guessed || j.acked == nil || speed == 0 {
				continue
			}
			j.guessed = false
			if fit := q.blockSize(j); j.left == len(j.acked) && fit <= j.BlockSize/4 && !j.again && !j.steered {
				j.UploadID, j.BlockSize = store.NewUploadID(), fit
				q.lay(j, nil)
				j.cut.Store(int64(j.plan))
				q.wakeWorkers()
			}
		}
	}
}

// wholeSize returns up to which size a file for an inbox that is found now is sent in one request.
func (q *Queue) wholeSize(inbox string) int64 {
	if q.config.BlockSize != 0 {
		return q.config.BlockSize
	}
	return wholeSize(q.planningSpeed(inbox))
}
