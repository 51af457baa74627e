package blobserver

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Kind is the operation of a request, by the service's name for it.
type Kind string

// The operations. Unsupported operations are refused before any hook is called.
const (
	PutBlob           Kind = "PutBlob"
	PutBlock          Kind = "PutBlock"
	PutBlockList      Kind = "PutBlockList"
	ReadBlockList     Kind = "GetBlockList"
	ReadBlob          Kind = "GetBlob"
	BlobProperties    Kind = "GetBlobProperties"
	SetBlobProperties Kind = "SetBlobProperties"
	SetBlobMetadata   Kind = "SetBlobMetadata"
	DeleteBlob        Kind = "DeleteBlob"
	ListBlobs         Kind = "ListBlobs"
	ListContainers    Kind = "ListContainers"
	CreateContainer   Kind = "CreateContainer"
	ContainerProps    Kind = "GetContainerProperties"
	SetContainerMeta  Kind = "SetContainerMetadata"
	DeleteContainer   Kind = "DeleteContainer"
	ReadACL           Kind = "GetContainerACL"
	WriteACL          Kind = "SetContainerACL"
	AccountProps      Kind = "GetAccountInformation"
	unknownOp         Kind = "Unknown"
)

// Op is one request as a hook sees it. It contains no signature.
type Op struct {
	Kind      Kind
	Container string
	Blob      string // as the service stores it
	BlockID   string // base64; of PutBlock
	Seq       int64  // counts all requests from 1
	Nth       int64  // counts requests of this kind, container, blob and block id from 1
	Size      int64  // Content-Length; -1 if unknown
	ClientID  string // x-ms-client-request-id
}

// Answer is a hook's effect on a request. From Before it replaces the work: the server reads
// ReadBody bytes of the body, calls Wait, and then resets the connection or sends Status. From
// After the work is already done and only its answer is replaced; with Status 0 the true answer
// is sent with Header added. An Answer from Before with Status 0 and without Reset only slows the
// request down: Wait and Body apply, then the work is done as usual.
type Answer struct {
	Status     int           // HTTP status; 0: as usual
	Code       string        // the service's code; if Raw is nil, the XML body contains it
	Message    string        // "" for the code's own sentence
	Detail     string        // AuthenticationErrorDetail
	RetryAfter time.Duration // sent in whole seconds if not 0
	Header     http.Header   // added to the answer
	Raw        []byte        // the body instead of XML
	Length     int64         // Content-Length to promise instead of Raw's own, to send a truncated answer; 0: the true one
	ReadBody   int64         // bytes of the request's body to read before answering; negative: all
	Reset      bool          // reset the connection instead of answering
	// Wait blocks until the answer may continue; it must return when its context ends, which is when
	// the client is gone or the server closes.
	Wait func(context.Context)
	// Body wraps the request's body, for example to read slowly or to change a byte. The context is
	// Wait's.
	Body  func(context.Context, io.Reader) io.Reader
	Wire  []byte        // sent instead of an HTTP answer, before the connection ends
	Bare  bool          // without the service's headers, like a middlebox's answer
	Clock time.Duration // error of the service's clock, for the token's dates and the answer's Date
}

// Stall is a Wait that never continues by itself.
func Stall(ctx context.Context) { <-ctx.Done() }

// interfere carries out a; it returns true if that answered the request.
func (x *exchange) interfere(a *Answer) bool {
	if a == nil {
		return false
	}
	if a.Body != nil {
		x.in = a.Body(x.r.Context(), x.in)
	}
	if a.ReadBody != 0 {
		n := a.ReadBody
		if n < 0 {
			n = max(0, x.r.ContentLength)
		}
		_, _ = io.CopyN(io.Discard, x.in, n) // what can't be read is not missed
	}
	if a.Wait != nil {
		a.Wait(x.r.Context())
	}
	if a.Reset || a.Wait != nil && x.r.Context().Err() != nil {
		x.end(nil) // what was waited for never came: nobody is there to answer, and nothing may be done late
		return true
	}
	if a.Wire != nil {
		x.end(a.Wire)
		return true
	}
	h := x.w.Header()
	if a.Clock != 0 {
		x.skew = a.Clock
		h.Set("Date", x.now().UTC().Format(http.TimeFormat))
	}
	if a.Bare {
		for _, mark := range []string{"Server", "x-ms-request-id", "x-ms-version", "x-ms-client-request-id"} {
			h.Del(mark)
		}
	}
	for k, v := range a.Header {
		h[http.CanonicalHeaderKey(k)] = v
	}
	if a.Status == 0 {
		return false
	}
	if a.RetryAfter != 0 {
		h.Set("Retry-After", strconv.Itoa(int((a.RetryAfter+time.Second-1)/time.Second)))
	}
	x.answer(a)
	return true
}

// answer sends a's status and body.
func (x *exchange) answer(a *Answer) {
	if a.Raw == nil && a.Code != "" {
		e := fail(a.Code)
		e.status, e.detail = a.Status, a.Detail
		if a.Message != "" {
			e.message = a.Message
		}
		x.refuse(e)
		return
	}
	n := int64(len(a.Raw))
	if a.Length != 0 {
		n = a.Length
	}
	x.w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	x.status = a.Status
	x.w.WriteHeader(a.Status)
	_, _ = x.w.Write(a.Raw) // the client may be gone
	if n > int64(len(a.Raw)) {
		panic(http.ErrAbortHandler) // the promised rest never comes
	}
}

// end resets the connection, or closes it after words that are no HTTP answer.
func (x *exchange) end(words []byte) {
	x.status = -1
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if words != nil {
		_, _ = conn.Write(words) // the client may be gone
		_ = conn.Close()
		return
	}
	inner := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		inner = t.NetConn()
	}
	if t, ok := inner.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // then Close sends RST; without it the client sees an early end, which serves as well
	}
	_ = inner.Close()
}

// Request is a server's record of one request.
type Request struct {
	Op
	Method string
	Status int    // -1: the connection was reset
	Code   string // the service's code, if the answer has one
	Bytes  int64  // of the request's body that were read
}

// recorder counts requests, and keeps them if Config.Record is set.
type recorder struct {
	mu       sync.Mutex
	counts   map[Kind]int64
	nth      map[Op]int64
	requests []Request
}

// begin numbers the request among those of the same kind, container, blob and block id.
func (r *recorder) begin(op *Op, keep bool) {
	if !keep {
		return
	}
	like := Op{Kind: op.Kind, Container: op.Container, Blob: op.Blob, BlockID: op.BlockID}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.nth == nil {
		r.nth = map[Op]int64{}
	}
	r.nth[like]++
	op.Nth = r.nth[like]
}

func (r *recorder) end(q Request, keep bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[Kind]int64{}
	}
	r.counts[q.Kind]++
	if keep {
		r.requests = append(r.requests, q)
	}
}

// Counts returns how many requests of each kind were answered or reset.
func (s *Server) Counts() map[Kind]int64 {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	out := map[Kind]int64{}
	for k, n := range s.journal.counts {
		out[k] = n
	}
	return out
}

// Requests returns all requests in the order in which they ended; none unless Config.Record is set.
func (s *Server) Requests() []Request {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return append([]Request(nil), s.journal.requests...)
}
