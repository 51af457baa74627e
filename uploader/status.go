package uploader

import (
	"context"
	"math"
	"time"
)

// Status is the queue's totals at one moment. It is a value: it does not change after [Queue.Status] returned it.
type Status struct {
	Scanning bool             // folders are still being read, so the totals grow
	Files    [jobStates]int64 // by state
	Bytes    [jobStates]int64 // of those files, by state

	BytesDone   int64 // acknowledged by the service, of files that are or will be delivered
	BytesSent   int64 // handed to the network, what was sent twice included
	BytesResent int64 // of those, handed over again after a fault
	Requests    int64 // answered or given up
	Retries     int64 // of those, repeated after a fault

	Speed       float64       // bytes per second, over the last seconds
	Left        time.Duration // until all is delivered at that speed; 0 while that can't be said
	Busy        int           // requests under way
	Connections int           // requests that may be under way now

	Transfers []Transfer    // in the order of Add
	Inboxes   []InboxStatus // in no order
}

// InboxStatus is what the queue knows of an inbox.
type InboxStatus struct {
	Token      Token
	Unfinished int       // jobs that have not ended
	Hold       *Error    // not nil: its jobs wait for a person, who has to bring another token
	Trouble    *Error    // not nil: its jobs wait for the network or the service, and go on by themselves
	Until      time.Time // when they are tried again, if Trouble says so; in the past while they are being tried
}

// FilesTotal returns the number of files found so far, those that can't be sent included.
func (s Status) FilesTotal() int64 { return sum(s.Files) }

// BytesTotal returns the sizes of the files found so far.
func (s Status) BytesTotal() int64 { return sum(s.Bytes) }

// BytesLeft returns how many bytes are still to be acknowledged.
func (s Status) BytesLeft() int64 {
	return max(s.Bytes[Waiting]+s.Bytes[Active]+s.Bytes[Delivered]-s.BytesDone, 0)
}

func sum(counts [jobStates]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// totals is the running part of Status. The queue's lock protects it.
type totals struct {
	files, bytes                           [jobStates]int64
	acked, sent, resent, requests, retries int64
}

func (t *totals) add(j *Job) {
	t.files[j.State]++
	t.bytes[j.State] += j.Size
}

// move counts a job under its state after it was counted under another.
func (t *totals) move(j *Job, from JobState) {
	t.files[from]--
	t.bytes[from] -= j.Size
	t.add(j)
}

func (t *totals) resize(j *Job, size int64) { t.bytes[j.State] += size - j.Size }

// Status returns the totals. It takes as long whether the queue has ten jobs or a million.
func (q *Queue) Status() Status {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	s := Status{
		Scanning: q.scanning > 0, Files: q.totals.files, Bytes: q.totals.bytes,
		BytesDone: q.totals.acked, BytesSent: q.totals.sent, BytesResent: q.totals.resent,
		Requests: q.totals.requests, Retries: q.totals.retries,
		Speed: q.speed.at(now), Busy: q.busy, Connections: q.conns.limit,
		Transfers: append([]Transfer(nil), q.scanned...),
	}
	if s.Speed > 0 && !s.Scanning {
		s.Left = time.Duration(float64(s.BytesLeft()) / s.Speed * float64(time.Second))
	}
	for _, in := range q.order {
		is := InboxStatus{Token: in.token, Unfinished: in.unfinished, Hold: in.hold}
		if in.failures >= troubleInARow {
			is.Trouble, is.Until = in.trouble, in.retry
			if is.Until.Before(in.notBefore) {
				is.Until = in.notBefore
			}
		}
		s.Inboxes = append(s.Inboxes, is)
	}
	return s
}

// Rows returns up to n jobs that match the filter, from the from-th on. It may block on the journal's disk.
func (q *Queue) Rows(ctx context.Context, f Filter, from, n int) ([]Job, error) {
	return q.journal.Rows(ctx, f, from, n)
}

// speed is a mean over the last seconds in which older bytes count less and less.
type speed struct {
	rate float64 // bytes per second
	last time.Time
	sum  int64 // bytes since last
}

const (
	speedMemory = 5 * time.Second        // after this long a byte counts a third
	speedStep   = 200 * time.Millisecond // between two points of the mean
)

// add counts bytes that were acknowledged at the moment now.
func (s *speed) add(now time.Time, n int64) {
	if s.last.IsZero() {
		s.last = now
	}
	s.sum += n
	if now.Sub(s.last) >= speedStep {
		s.fold(now)
	}
}

func (s *speed) fold(now time.Time) {
	d := now.Sub(s.last).Seconds()
	current := float64(s.sum) / d
	if s.rate == 0 {
		s.rate = current
	} else {
		s.rate += (current - s.rate) * (1 - math.Exp(-d/speedMemory.Seconds()))
	}
	s.last, s.sum = now, 0
}

// at returns the speed at the moment now, in bytes per second.
func (s *speed) at(now time.Time) float64 {
	if !s.last.IsZero() && now.Sub(s.last) >= speedStep {
		s.fold(now)
	}
	return s.rate
}
