package blobserver

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Faults is a script of faults to inject: which requests meet which fault, how often and with what
// chance. [ParseFaults] creates one, and its comment describes the language. Give it to one server
// as Config.Faults. Chances depend on the seed and the request, not on the order of requests, so a
// run can be repeated. Any number of goroutines may call its methods.
type Faults struct {
	seed  uint64
	rules []*rule
	off   atomic.Bool
}

// Off ends all faults: from then on the server answers as usual. It does not release requests
// that a fault already holds.
func (f *Faults) Off() { f.off.Store(true) }

// Met returns how many requests have met each fault, in the script's order.
func (f *Faults) Met() []int64 {
	met := make([]int64, len(f.rules))
	for i, r := range f.rules {
		met[i] = r.met.Load()
	}
	return met
}

// Len returns the number of faults in the script.
func (f *Faults) Len() int { return len(f.rules) }

// moment is when a fault takes effect.
type moment uint8

const (
	atStart  moment = iota // before the body is read
	atBody                 // when half of the body was read
	atEnd                  // when all of the body was read, before the work
	atAnswer               // after the work
)

// rule is one line of a script.
type rule struct {
	fault faultKind

	// Which requests.
	ops    map[Kind]bool  // nil: all
	name   *regexp.Regexp // nil: all
	tries  int64          // only the first tries of each request; 0: all
	from   int64          // only from this request on, counted from 1
	count  int64          // at most this many requests; 0: all
	chance float64        // of those, this share

	// What happens.
	at         moment
	code       string
	detail     string
	status     int
	retryAfter time.Duration
	length     time.Duration // of a stall; 0: for ever
	by         time.Duration
	rate       int64 // bytes per second
	to         string

	mu   sync.Mutex
	seen int64            // requests that ops, name and tries select
	like map[string]int64 // of those, by operation and name; only if there is a chance
	met  atomic.Int64
}

// ask returns the first rule that acts at this moment and that the request meets, or nil.
func (f *Faults) ask(op *Op, acts func(*rule) bool) *rule {
	if f == nil || f.off.Load() {
		return nil
	}
	for i, r := range f.rules {
		if acts(r) && r.meets(op, f.seed, i) {
			return r
		}
	}
	return nil
}

// before returns the fault before a request's work, or in place of it.
func (f *Faults) before(s *Server, op *Op) *Answer {
	if r := f.ask(op,
		func(r *rule) bool { return r.fault.answer != nil && r.at != atAnswer }); r != nil {
		return r.answer(s, op)
	}
	return nil
}

// after returns the fault in the answer to a request whose work succeeded.
func (f *Faults) after(s *Server, op *Op) *Answer {
	if r := f.ask(op,
		func(r *rule) bool { return r.fault.answer != nil && r.at == atAnswer }); r != nil {
		return r.answer(s, op)
	}
	return nil
}

// connect returns the fault that a new TLS connection meets, or "".
func (f *Faults) connect() string {
	if r := f.ask(&Op{Kind: connectOp},
		func(r *rule) bool { return r.fault.answer == nil }); r != nil {
		return r.fault.word
	}
	return ""
}

// connectOp stands for opening a connection when faults are counted.
const connectOp Kind = "Connect"

// meets counts a request and decides whether it meets the rule.
func (r *rule) meets(op *Op, seed uint64, number int) bool {
	if r.ops != nil && !r.ops[op.Kind] || r.name != nil && !r.name.MatchString(op.Blob) ||
		r.tries != 0 && op.Nth > r.tries {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen++; r.seen < r.from || r.count != 0 && r.met.Load() >= r.count {
		return false
	}
	if r.chance < 1 {
		key := string(op.Kind) + " " + op.Container + "/" + op.Blob
		if r.like == nil {
			r.like = map[string]int64{}
		}
		r.like[key]++
		if dice(seed, number, key, r.like[key]) >= r.chance {
			return false
		}
	}
	r.met.Add(1)
	return true
}

// dice returns a number from 0 to 1 that looks random and is the same for the same arguments.
func dice(seed uint64, number int, key string, n int64) float64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, key) // a hash never fails
	x := h.Sum64() ^ seed*0x9e3779b97f4a7c15 ^ uint64(n)<<32 ^ uint64(number)<<56
	// The last steps of splitmix64, since FNV's high bits vary little.
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// answer makes the Answer of a rule that was met.
func (r *rule) answer(s *Server, op *Op) *Answer {
	a := &Answer{}
	switch r.at {
	case atBody:
		a.ReadBody = op.Size / 2
	case atEnd:
		a.ReadBody = -1
	}
	r.fault.answer(r, s, op, a)
	return a
}

// faultKind is a word of the language. answer fills in the request's Answer; nil is a fault of
// connections.
type faultKind struct {
	word     string
	settings string // besides those that select requests; in capitals: required, name optional
	moments  []moment
	answer   func(r *rule, s *Server, op *Op, a *Answer)
}

var anyMoment = []moment{atStart, atBody, atEnd, atAnswer}

const signInPage = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to this network.</body></html>"

// faultKinds is the language's vocabulary; docs/FAULTS.md explains it.
var faultKinds = []faultKind{
	{"refuse", "CODE detail retry-after", anyMoment, func(r *rule, _ *Server, _ *Op, a *Answer) {
		a.Status, a.Code, a.Detail, a.RetryAfter = known[r.code].status, r.code, r.detail,
			r.retryAfter
	}},
	{"status", "NUMBER retry-after", anyMoment, func(r *rule, _ *Server, _ *Op, a *Answer) {
		a.Status, a.RetryAfter, a.Bare = r.status, r.retryAfter, true
	}},
	{"page", "", anyMoment, func(_ *rule, _ *Server, _ *Op, a *Answer) {
		a.Status, a.Raw, a.Bare, a.Header = http.StatusOK, []byte(signInPage), true,
			http.Header{"Content-Type": {"text/html"}}
	}},
	{"redirect", "TO", anyMoment, func(r *rule, _ *Server, _ *Op, a *Answer) {
		a.Status, a.Bare, a.Header = http.StatusTemporaryRedirect, true,
			http.Header{"Location": {r.to}}
	}},
	{"garbage", "", anyMoment, func(_ *rule, _ *Server, _ *Op, a *Answer) {
		a.Wire = []byte("\x16\x03\x01 this is no answer of HTTP\r\n\r\n")
	}},
	{"truncate", "", []moment{atAnswer}, func(_ *rule, _ *Server, _ *Op, a *Answer) {
		a.Status, a.Raw, a.Length = http.StatusCreated, []byte("half"), 8
	}},
	{"echo", "", []moment{atAnswer}, func(_ *rule, _ *Server, _ *Op, a *Answer) {
		a.Header = http.Header{"X-Ms-Content-Crc64": {encodeCRC(0x0123456789abcdef)}}
	}},
	{"unchecked", "", []moment{atAnswer}, func(_ *rule, _ *Server, _ *Op, a *Answer) {
		a.Header = http.Header{"X-Ms-Content-Crc64": nil}
	}},
	{"stray", "", []moment{atAnswer}, func(_ *rule, _ *Server, _ *Op, a *Answer) {
		a.Header = http.Header{"X-Ms-Client-Request-Id": {"another"}}
	}},
	{"reset", "", anyMoment, func(_ *rule, _ *Server, _ *Op, a *Answer) { a.Reset = true }},
	{"stall", "for", anyMoment, func(r *rule, _ *Server, op *Op, a *Answer) {
		a.ReadBody = 0
		if r.at == atStart || r.at == atAnswer || op.Size <= 0 {
			a.Wait = r.hold
			return
		}
		a.Body = func(ctx context.Context, body io.Reader) io.Reader {
			return &heldBody{body, op.Size >> (atEnd - r.at), func() error { r.hold(ctx); return ctx.Err() }}
		}
	}},
	{"slow", "RATE", []moment{atStart}, func(r *rule, _ *Server, _ *Op, a *Answer) {
		a.Body = func(ctx context.Context, body io.Reader) io.Reader { return &slowBody{ctx, body, r.rate} }
	}},
	{"damage", "", []moment{atStart}, func(_ *rule, _ *Server, op *Op, a *Answer) {
		a.Body = func(_ context.Context, body io.Reader) io.Reader { return &damagedBody{body, op.Size / 2} }
	}},
	{"clock", "BY", []moment{atStart}, func(r *rule, _ *Server, _ *Op, a *Answer) { a.Clock = r.by }},
	{"discard", "", []moment{atStart}, func(_ *rule, s *Server, op *Op, a *Answer) {
		a.Wait = func(context.Context) { s.logFault(s.DiscardBlocks(op.Container, op.Blob)) }
	}},
	{"foreign", "", []moment{atStart}, func(_ *rule, s *Server, op *Op, a *Answer) {
		a.Wait = func(context.Context) { s.logFault(s.stageForeignBlock(op.Container, op.Blob)) }
	}},
	{"untrusted", "", nil, nil},
	{"handshake", "", nil, nil},
}

// logFault logs why a fault could not change the folder.
func (s *Server) logFault(err error) {
	if err != nil {
		s.log.Warn("fault not carried out", "error", err)
	}
}

// DiscardBlocks discards the name's staged blocks, as the service does after a week.
func (s *Server) DiscardBlocks(container, name string) error {
	c := s.container(container)
	if c == nil {
		return nil
	}
	leave, gone := c.enter()
	if gone != nil {
		return gone
	}
	defer leave()
	e := c.lookup(name)
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c.drop(e)
	return nil
}

// stageForeignBlock stages a block with an id of five bytes, as another program might have left it,
// unless there are already blocks with ids of another length.
func (s *Server) stageForeignBlock(container, name string) error {
	c := s.container(container)
	if c == nil || name == "" {
		return nil
	}
	err := c.stage(name, "other", "b3RoZXI=", strings.NewReader("foreign"), int64(len("foreign")),
		io.Discard, func() *apiError { return nil })
	var refused *apiError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// hold waits as long as the stall lasts, or until the client or the server is gone.
func (r *rule) hold(ctx context.Context) {
	if r.length == 0 {
		Stall(ctx)
		return
	}
	pause(ctx, r.length)
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// heldBody stops once, when left bytes have been read. It ends there if the client or the server
// has gone meanwhile.
type heldBody struct {
	r    io.Reader
	left int64
	hold func() error // nil afterwards
}

func (b *heldBody) Read(p []byte) (int, error) {
	if b.hold == nil {
		return b.r.Read(p)
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left == 0 {
		if gone := b.hold(); gone != nil {
			return 0, gone
		}
		b.hold = nil
	}
	return n, err
}

// slowBody reads at rate bytes per second.
type slowBody struct {
	ctx  context.Context
	r    io.Reader
	rate int64
}

func (b *slowBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(int64(len(p)), b.rate/20+1)])
	pause(b.ctx, time.Duration(n)*time.Second/time.Duration(b.rate))
	return n, err
}

// damagedBody changes one bit of the byte at the offset.
type damagedBody struct {
	r    io.Reader
	left int64
}

func (b *damagedBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left >= 0 && b.left < int64(n) {
		p[b.left] ^= 0x10
	}
	b.left -= int64(n)
	return n, err
}
