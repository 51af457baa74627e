package uploadertest

import (
	"context"
	"fmt"
	"path"
	"time"

	"inboxuploader/uploader/problem"
)

// Always is for [Store.Fail]: the fault strikes every time.
const Always = 1 << 30

type kind int

const (
	before  kind = iota // an error in place of the work
	after               // the work is done and its answer lost
	midway              // the connection breaks when half the body has been read
	corrupt             // a byte changes on the way
	stall               // nothing happens until the context is done
	expire              // the token ends with this request
	hold                // nothing but the wait at the gate
)

// Fault is one thing that can go wrong with a request.
type Fault struct {
	kind   kind
	reason problem.Reason
	err    error
	retry  time.Duration
	// Gate, if not nil, holds the request up until it is closed or the context is done; then the
	// fault takes place.
	Gate <-chan struct{}
}

// Refuse answers with the reason and does nothing else.
func Refuse(reason problem.Reason) Fault { return Fault{kind: before, reason: reason} }

// RefuseWith returns err as it is and does nothing else.
func RefuseWith(err error) Fault { return Fault{kind: before, err: err} }

// Busy answers 503 and asks to wait that long.
func Busy(wait time.Duration) Fault {
	return Fault{kind: before, reason: problem.ServiceBusy, retry: wait}
}

// LoseAnswer does the work and then breaks the connection.
func LoseAnswer() Fault { return Fault{kind: after, reason: problem.NetworkDown} }

// Reset breaks the connection when half the body has been read; nothing is stored.
func Reset() Fault { return Fault{kind: midway, reason: problem.NetworkDown} }

// Corrupt changes a byte on the way, which the checksum reveals.
func Corrupt() Fault { return Fault{kind: corrupt} }

// Stall reads nothing and answers nothing until the call's context is done.
func Stall() Fault { return Fault{kind: stall} }

// ExpireToken ends the token of the store that is asked, beginning with this request.
func ExpireToken() Fault { return Fault{kind: expire} }

// Hold lets the request pass once the gate is closed. It makes a test's order of events certain.
func Hold(gate <-chan struct{}) Fault { return Fault{kind: hold, Gate: gate} }

// failure is what the caller gets.
func (f *Fault) failure(r Request, delivered bool) error {
	if f.err != nil {
		return f.err
	}
	e := problem.New(string(r.Op), r.Name, f.reason)
	e.RetryAfter = f.retry
	e.Unanswered = delivered
	if f.kind == before && f.reason == problem.ServiceBusy {
		e.Status, e.Code, e.RequestID, e.Date = 503, "ServerBusy", requestID(0), time.Now().UTC()
	}
	return e
}

func (f *Fault) wait(ctx context.Context, r Request) error {
	select {
	case <-f.Gate:
		return nil
	case <-ctx.Done():
		return cancelled(ctx, r, false)
	}
}

type scripted struct {
	op    Op
	match string
	times int
	left  int
	fault Fault
}

func (x *scripted) matches(r Request) bool {
	if x.left == 0 || x.op != AnyOp && x.op != r.Op {
		return false
	}
	if x.match == "" {
		return true
	}
	ok, err := path.Match(x.match, r.Name)
	return err == nil && ok
}

// Fail makes the next times requests fail that are of the operation and whose name matches the
// pattern (as path.Match; empty for all). Of several faults that match, the one given first strikes
// until its times are used up. It panics if the pattern is malformed.
func (s *service) Fail(op Op, match string, times int, fault Fault) {
	if _, err := path.Match(match, ""); err != nil {
		panic(fmt.Sprintf("uploadertest: pattern %q: %v", match, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script,
		&scripted{op: op, match: match, times: times, left: times, fault: fault})
}

// Unhit returns a line for each fault that did not strike as often as it was meant to; those with
// Always must have struck once. A test that scripts faults should end with a check that there are
// none.
func (s *service) Unhit() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, x := range s.script {
		if x.times == Always && x.left < x.times || x.left == 0 {
			continue
		}
		lines = append(lines, fmt.Sprintf("fault on %q %q struck %d of %d times", x.op, x.match,
			x.times-x.left, x.times))
	}
	return lines
}

// ClearFaults ends all faults that were given to Fail.
func (s *service) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = nil
}
