package ui

import (
	"math"
	"time"

	"inboxuploader/uploader"
)

// speeds works out how fast each of the jobs in sight goes, from what was acknowledged between two samples. The zero value is ready.
type speeds struct{ jobs map[int64]jobSpeed }

type jobSpeed struct {
	done int64
	at   time.Time
	rate float64 // bytes per second
}

// speedMemory is after how long a byte counts a third: blocks are acknowledged as a whole, seconds apart on a slow line.
const speedMemory = 5 * time.Second

// see takes a sample into account, and forgets the jobs that are not in it.
func (s *speeds) see(now *sample) {
	jobs := make(map[int64]jobSpeed, len(s.jobs))
	for i := range now.rows {
		j := &now.rows[i]
		if j.State != uploader.Active {
			continue
		}
		v, seen := s.jobs[j.ID]
		switch passed := now.now.Sub(v.at).Seconds(); {
		case !seen || j.Done < v.done:
			v = jobSpeed{done: j.Done, at: now.now}
		case passed >= 0.5:
			current := float64(j.Done-v.done) / passed
			if v.rate == 0 {
				v.rate = current
			} else {
				v.rate += (current - v.rate) * (1 - math.Exp(-passed/speedMemory.Seconds()))
			}
			v.done, v.at = j.Done, now.now
		}
		jobs[j.ID] = v
	}
	s.jobs = jobs
}

// of returns a job's speed in bytes per second, in steps that are worth showing anew; 0 while it is not known.
func (s *speeds) of(id int64) float64 {
	rate := s.jobs[id].rate
	if rate < 1 {
		return 0
	}
	step := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return math.Round(rate/step) * step
}
