package uploadertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
)

// service is what all the tokens of one inbox see.
type service struct {
	mu      sync.Mutex
	blobs   map[string]*blob
	script  []*scripted
	counts  map[Op]int
	log     []Request
	clock   func() time.Time
	discard bool
	unnamed atomic.Bool // no checksum is named
	running int
	most    int
}

// Request is one line of the log.
type Request struct {
	Op         Op
	Name       string
	ID         string   // of a block
	IDs        []string // of a list
	Size       int64    // of the body
	Properties store.Properties
	Condition  store.Condition
	Done       bool  // false while it is under way
	Err        error // what the caller got
}

// Part is a block, or a whole blob stored in one request, without its bytes.
type Part struct {
	ID    string // empty for a whole blob
	Size  int64
	CRC64 uint64 // as the caller stated it and the store verified it
}

type block struct {
	Part
	data []byte
}

// blob is one name: what was committed and what is staged. A nil blob has neither.
type blob struct {
	exists     bool
	data       []byte // of a Put Blob
	whole      Part   // of a Put Blob
	blocks     []block
	staged     map[string]block
	properties store.Properties
	modified   time.Time
}

func (b *blob) committed() bool { return b != nil && b.exists }

// find looks a block up as <Latest> does, among the staged ones first, or as <Committed> does.
func (b *blob) find(id string, committedOnly bool) (block, bool) {
	if b == nil {
		return block{}, false
	}
	if !committedOnly {
		if x, ok := b.staged[id]; ok {
			return x, true
		}
	}
	for _, x := range b.blocks {
		if x.ID == id {
			return x, true
		}
	}
	return block{}, false
}

// Discard makes the store forget the bytes of what it receives from now on and keep sizes and
// checksums only, for tests of more data than fits in memory.
func (s *service) Discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.discard = true
}

func (s *service) discards() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.discard
}

// NameChecksums says whether answers name the checksum of what was received, as they do by default.
func (s *service) NameChecksums(yes bool) { s.unnamed.Store(!yes) }

// SetClock replaces the service's clock, time.Now by default. Call it before the first request.
func (s *service) SetClock(now func() time.Time) { s.clock = now }

func (s *service) now() time.Time {
	if s.clock != nil {
		return s.clock().UTC()
	}
	return time.Now().UTC()
}

// Blob returns a copy of a committed blob's bytes, and whether there is one. After Discard the
// bytes are nil.
func (s *service) Blob(name string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[name]
	if !b.committed() {
		return nil, false
	}
	if b.blocks == nil {
		return bytes.Clone(b.data), true
	}
	var all []byte
	for _, x := range b.blocks {
		all = append(all, x.data...)
	}
	return all, true
}

// Names returns the names of all committed blobs, sorted.
func (s *service) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(func(yield func(string) bool) {
		for name, b := range maps.All(s.blobs) {
			if b.exists && !yield(name) {
				return
			}
		}
	})
}

// Properties returns a committed blob's properties, and whether there is one.
func (s *service) Properties(name string) (store.Properties, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[name]
	if !b.committed() {
		return store.Properties{}, false
	}
	return b.properties, true
}

// Parts returns what a committed blob was made of: its blocks in order, or one part without an id.
func (s *service) Parts(name string) []Part {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[name]
	switch {
	case !b.committed():
		return nil
	case b.blocks == nil:
		return []Part{b.whole}
	}
	parts := make([]Part, len(b.blocks))
	for i, x := range b.blocks {
		parts[i] = x.Part
	}
	return parts
}

// Staged returns how many blocks are staged under a name and not committed.
func (s *service) Staged(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.blobs[name]; b != nil {
		return len(b.staged)
	}
	return 0
}

// ForgetStaged drops all staged blocks, as the service does a week after the last of them.
func (s *service) ForgetStaged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.blobs {
		b.staged = nil
	}
}

// Empty drops all blobs and staged blocks, as when the workspace has taken what arrived.
func (s *service) Empty() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.blobs)
}

// Count returns how many requests of the operation began; AnyOp counts all.
func (s *service) Count(op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == AnyOp {
		return len(s.log)
	}
	return s.counts[op]
}

// Requests returns a copy of the log, in the order in which the requests began.
func (s *service) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// MaxConcurrent returns how many requests were under way at once at most.
func (s *service) MaxConcurrent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// begin counts a request and picks the fault that strikes it.
func (s *service) begin(r *Request) (number int, fault *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[r.Op]++
	s.log = append(s.log, *r)
	s.running++
	s.most = max(s.most, s.running)
	for _, x := range s.script {
		if x.matches(*r) {
			x.left--
			fault = &x.fault
			break
		}
	}
	return len(s.log), fault
}

func (s *service) end(number int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.log[number-1].Done, s.log[number-1].Err = true, err
}

func requestID(number int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012x", number) }

// refuse is the service's answer that it did not do the work.
func (s *service) refuse(
	r Request, reason problem.Reason, status int, code, value string,
) *problem.Error {
	e := problem.New(string(r.Op), r.Name, reason)
	e.Status, e.Code, e.Value = status, code, value
	e.RequestID = requestID(0)
	e.Date = s.now()
	return e
}

// cancelled returns what a call gives back whose context is over, nil while it is not: the cause as
// it is, or a copy of it where it can say whether the request may have been carried out.
func cancelled(ctx context.Context, r Request, delivered bool) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	e, ok := errors.AsType[*problem.Error](cause)
	if !ok {
		return cause
	}
	c := *e
	if c.Op == "" {
		c.Op = string(r.Op)
	}
	if c.Path == "" {
		c.Path = r.Name
	}
	c.Unanswered = delivered
	return &c
}

func validID(id string) bool {
	raw, err := base64.StdEncoding.DecodeString(id)
	return err == nil && len(raw) > 0 && len(raw) <= maxRawID
}
