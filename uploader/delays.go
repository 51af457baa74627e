package uploader

import (
	"slices"
	"sync"
	"time"

	"inboxuploader/internal/crash"
)

// delays holds the units that wait: before a retry, or until their file has rested long enough.
// The queue's lock, mu, protects it.
type delays struct {
	mu   *sync.Mutex
	wake func() // says that there is something to send

	later   map[*delayed]struct{}
	resting []resting   // the earliest first
	timer   *time.Timer // hands out resting
}

// delayed is a unit that its timer hands out again.
type delayed struct {
	unit
	timer *time.Timer
}

// resting is a unit whose file is left alone until a moment.
type resting struct {
	unit
	until time.Time
}

// add hands a unit out again after a while. The caller holds the lock.
func (d *delays) add(u unit, wait time.Duration) {
	one := &delayed{unit: u}
	d.later[one] = struct{}{}
	one.timer = time.AfterFunc(wait, func() {
		defer crash.Catch()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.due(one)
	})
}

// due hands a delayed unit out, once. The caller holds the lock.
func (d *delays) due(one *delayed) {
	if _, waits := d.later[one]; !waits {
		return
	}
	delete(d.later, one)
	one.job.inbox.ready = append(one.job.inbox.ready, one.unit)
	d.wake()
}

// end hands out all delayed units now. Resting files keep resting. The caller holds the lock.
func (d *delays) end() {
	for one := range d.later {
		one.timer.Stop()
		d.due(one)
	}
}

// rest hands a unit out again when its file has rested for u.rest, in the order of the first
// readings. The caller holds the lock.
func (d *delays) rest(u unit) {
	r := resting{u, time.Now().Add(u.rest)}
	i, _ := slices.BinarySearchFunc(d.resting, r.until, func(o resting, until time.Time) int {
		if o.until.After(until) {
			return 1
		}
		return -1
	})
	d.resting = slices.Insert(d.resting, i, r)
	if i == 0 {
		d.wakeRested(u.rest)
	}
}

// wakeRested hands out the units that have rested, after a while. The caller holds the lock.
func (d *delays) wakeRested(after time.Duration) {
	if d.timer != nil {
		d.timer.Stop()
	}
	d.timer = time.AfterFunc(after, func() {
		defer crash.Catch()
		d.mu.Lock()
		defer d.mu.Unlock()
		now := time.Now()
		for len(d.resting) > 0 && !d.resting[0].until.After(now) {
			u := d.resting[0].unit
			d.resting[0] = resting{}
			d.resting = d.resting[1:]
			if in := u.job.inbox; u.kind == sendWhole { // many may be due at once; large files must get their share
				in.rested = append(in.rested, u)
			} else {
				in.ready = append(in.ready, u)
			}
		}
		if len(d.resting) > 0 {
			d.wakeRested(d.resting[0].until.Sub(now))
		}
		d.wake()
	})
}

// TryNow retries at once all that waits for the network, the service or a disk. Jobs that wait for
// a token or a person keep waiting. It does not block.
func (q *Queue) TryNow() {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.delays.end()
	for _, in := range q.order {
		in.notBefore = time.Time{}
		if in.retry.After(now) {
			in.retry = now
		}
	}
	close(q.hurry)
	q.hurry = make(chan struct{})
	q.reconsider()
}
