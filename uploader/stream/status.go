package stream

import (
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uplink"
)

// state is the running part of Status. The stream's lock protects it.
type state struct {
	read, done                      int64
	sent, resent, requests, retries int64
	ended                           bool // all was read
	busy                            int
	checked, reached                bool
	confirmed                       time.Time
	failures                        int // in a row
	trouble                         *problem.Error
	until                           time.Time
	clockAhead                      time.Duration
	clockKnown                      bool
}

// Status is the progress of a stream at one moment. It is a value.
type Status struct {
	Read     int64 // bytes read
	Ended    bool  // these are all
	Done     int64 // bytes acknowledged by the storage
	OnWay    int64 // bytes handed to the network, not acknowledged yet
	Sent     int64 // bytes handed to the network, including bytes sent twice
	Resent   int64 // of those, handed over again after a fault
	Requests int64 // answered or given up
	Retries  int64 // of those, repeated after a fault
	Busy     int   // blocks in transit

	// Confirmed is when the storage last confirmed something, or the present while the stream only
	// waits for data.
	Confirmed   time.Time
	Speed       float64       // bytes per second that leave; 0 while unknown
	Left        time.Duration // until all is delivered; 0 while unknown
	Connections int           // how many blocks may be in transit now

	Trouble    *problem.Error // not nil: it waits for the network or the storage, and goes on by itself
	Until      time.Time      // when it retries
	ClockAhead time.Duration  // how far this computer's clock is ahead of the storage's
	ClockKnown bool
}

// Status returns the stream's progress. It may be called from any goroutine.
func (s *Stream) Status() Status {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &s.state
	pace := s.flow.PaceAt(now, uplink.TellingSeconds)
	r := Status{
		Read: st.read, Ended: st.ended, Done: st.done, OnWay: s.onWay.Load(), Sent: st.sent,
		Resent: st.resent, Requests: st.requests, Retries: st.retries, Busy: st.busy,
		Confirmed: st.confirmed, Speed: pace.Bytes, Connections: s.conns.Limit,
		ClockAhead: st.clockAhead, ClockKnown: st.clockKnown,
	}
	if st.busy == 0 && !st.ended && st.failures == 0 {
		r.Confirmed = now
	}
	if total := max(st.read, s.data.Size); st.ended || s.data.Size > 0 {
		r.Left = pace.TimeFor(total-st.done, 1)
	}
	if st.failures >= troubleInARow {
		r.Trouble, r.Until = st.trouble, st.until
	}
	return r
}

// failed notes a failed request, which is retried at until.
func (s *Stream) failed(e *problem.Error, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.failures++
	s.state.trouble, s.state.until = e, until
}

// read returns how many bytes were read.
func (s *Stream) read() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.read
}

// speed returns the speed by which blocks are planned, in bytes per second; 0 if unknown.
func (s *Stream) speed() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flow.Note(time.Now())
	speed, limit := s.flow.Pace(uplink.PlanningSeconds).Bytes, s.limit.PerSecond()
	if limit > 0 && (speed == 0 || limit < speed) {
		return limit
	}
	return speed
}
