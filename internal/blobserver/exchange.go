package blobserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"inboxuploader/internal/crash"
)

// The accepted versions of the protocol, as in x-ms-version and sv: these and any date between
// them.
const (
	oldestVersion = "2015-04-05"
	newestVersion = "2026-12-06"
)

// drainLimit is how many bytes of a refused body are read so that the client, which may still be
// sending, sees the answer.
const drainLimit = 16 << 20

// drainTime is how long that may take.
const drainTime = 5 * time.Second

// exchange is one request and its answer.
type exchange struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	q       url.Values
	t       target
	op      Op
	version string
	in      io.Reader // the body; every read moves the time limit
	read    int64
	status  int
	code    string
	access  access
	folder  string     // with a slash: the directory that the token is confined to; "" for none
	c       *container // nil if it does not exist
	skew    time.Duration
}

// now is the service's time as this request sees it.
func (x *exchange) now() time.Time { return x.s.now().Add(x.skew) }

// Handler returns the endpoint for use in another HTTP server, which must set its own time limits
// for headers.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{s: s, w: w, r: r}
	x.op.Seq, x.op.Size = s.seq.Add(1), r.ContentLength
	x.op.ClientID = r.Header.Get("x-ms-client-request-id")
	x.op.Kind = unknownOp
	ctx, cancel := context.WithCancelCause(r.Context())
	stop := context.AfterFunc(s.done, func() { defer crash.Catch(); cancel(http.ErrServerClosed) })
	defer func() { stop(); cancel(nil) }()
	x.r = r.WithContext(ctx)
	x.in = &progress{x: x, r: r.Body, end: s.bodyDeadline(r.ContentLength)}
	h := w.Header()
	h.Set("Server", "Windows-Azure-Blob/1.0 uploader-inbox/1.0")
	h.Set("Date", s.now().UTC().Format(http.TimeFormat))
	h.Set("x-ms-request-id", requestID(x.op.Seq))
	if id := x.op.ClientID; id != "" && len(id) <= 1024 {
		h.Set("x-ms-client-request-id", id)
	}
	if !s.enter() {
		x.refuse(fail("ServerBusy"))
		return
	}
	defer s.running.Done()
	// Record the request even if a hook ends the connection with a panic.
	defer func() {
		s.journal.end(Request{x.op, r.Method, x.status, x.code, x.read}, s.cfg.Record)
	}()
	if e := x.run(); e != nil {
		x.fail(e)
	}
	if x.status >= 400 && x.r.ContentLength != 0 {
		// Send the answer first, and wait only a short time for the body: the client may send no
		// more. Full duplex, because package http would otherwise wait for ever for the body before
		// it sends the answer.
		control := http.NewResponseController(x.w)
		_ = control.EnableFullDuplex() // not there in tests that have no connection
		_ = control.Flush()            // a client that is gone reads nothing
		x.in = &progress{x: x, r: x.r.Body, end: time.Now().Add(drainTime)}
		_, _ = io.CopyN(io.Discard, x.in, drainLimit) // so that the answer is seen; what can't be read is not missed
	}
}

// enter counts a request unless the server is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// run does everything up to the answer; the caller answers its error.
func (x *exchange) run() error {
	if e := x.parse(); e != nil {
		return e
	}
	if x.op.Kind == unknownOp {
		return x.unsupported()
	}
	if e := x.authorise(); e != nil {
		return e
	}
	cfg := &x.s.cfg
	x.s.journal.begin(&x.op, cfg.Record || cfg.Before != nil || cfg.After != nil ||
		cfg.Faults != nil)
	if cfg.Before != nil || cfg.Faults != nil {
		if x.interfere(x.before()) {
			return nil
		}
		// The token may have expired while the hook waited.
		if e := x.authorise(); e != nil {
			return e
		}
	}
	if x.t.container != "" && x.op.Kind != CreateContainer {
		if x.c = x.s.container(x.t.container); x.c == nil {
			return fail("ContainerNotFound")
		}
	}
	return operations[x.op.Kind](x)
}

// parse reads address, version and operation.
func (x *exchange) parse() *apiError {
	v := x.r.Header.Values("x-ms-version")
	if len(v) > 1 {
		return badHeader("x-ms-version", strings.Join(v, ","))
	}
	q, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return badParameter("query", "not well formed")
	}
	x.q = q
	switch {
	case len(v) == 1:
		x.version = v[0]
	case q.Get("sv") != "":
		x.version = q.Get("sv")
	default:
		x.version = newestVersion
	}
	if !validVersion(x.version) {
		bad := x.version
		x.version = newestVersion
		return badHeader("x-ms-version", bad)
	}
	x.w.Header().Set("x-ms-version", x.version)
	var e *apiError
	x.t, e = parsePath(x.rawPath())
	if e != nil {
		return e
	}
	if x.t.account != x.s.cfg.Account {
		return fail("ResourceNotFound")
	}
	x.op.Kind = x.kind()
	x.op.Container, x.op.Blob = x.t.container, x.t.blob
	if x.op.Kind == PutBlock {
		x.op.BlockID = q.Get("blockid")
	}
	if x.t.container != "" {
		if e := checkContainerName(x.t.container); e != nil {
			return e
		}
	}
	return nil
}

// rawPath returns the path as it was sent; signatures cover it in this form.
func (x *exchange) rawPath() string {
	p, _, _ := strings.Cut(x.r.RequestURI, "?")
	if strings.HasPrefix(p, "/") {
		return p
	}
	return x.r.URL.EscapedPath()
}

// validVersion reports whether v is a date between the versions that are accepted.
func validVersion(v string) bool {
	_, err := time.Parse(time.DateOnly, v)
	return err == nil && v >= oldestVersion && v <= newestVersion
}

// kind works out the operation from method, address and the parameters comp and restype.
func (x *exchange) kind() Kind {
	comp, restype := x.q.Get("comp"), x.q.Get("restype")
	level := "blob"
	switch {
	case x.t.container == "":
		level = "account"
	case x.t.blob == "":
		level = "container"
	}
	if level == "blob" {
		restype = ""
	}
	if restype == "account" && comp == "properties" {
		level = "any"
	}
	k, ok := routes[strings.Join([]string{x.r.Method, level, restype, comp}, " ")]
	if !ok {
		return unknownOp
	}
	return k
}

// routes: method, level, restype, comp.
var routes = map[string]Kind{
	"GET account  list":                ListContainers,
	"GET any account properties":       AccountProps,
	"HEAD any account properties":      AccountProps,
	"PUT container container ":         CreateContainer,
	"GET container container ":         ContainerProps,
	"HEAD container container ":        ContainerProps,
	"GET container container metadata": ContainerProps,
	"PUT container container metadata": SetContainerMeta,
	"DELETE container container ":      DeleteContainer,
	"GET container container list":     ListBlobs,
	"GET container container acl":      ReadACL,
	"HEAD container container acl":     ReadACL,
	"PUT container container acl":      WriteACL,
	"PUT blob  ":                       PutBlob,
	"PUT blob  block":                  PutBlock,
	"PUT blob  blocklist":              PutBlockList,
	"GET blob  blocklist":              ReadBlockList,
	"GET blob  ":                       ReadBlob,
	"HEAD blob  ":                      BlobProperties,
	"GET blob  metadata":               BlobProperties,
	"HEAD blob  metadata":              BlobProperties,
	"PUT blob  metadata":               SetBlobMetadata,
	"PUT blob  properties":             SetBlobProperties,
	"DELETE blob  ":                    DeleteBlob,
}

// operations does the work of each kind.
var operations map[Kind]func(*exchange) error

func init() { // a variable's initialiser may not refer to itself through the functions
	operations = map[Kind]func(*exchange) error{
		PutBlob: (*exchange).putBlob, PutBlock: (*exchange).putBlock,
		PutBlockList:  (*exchange).putBlockList,
		ReadBlockList: (*exchange).readBlockList, ReadBlob: (*exchange).readBlob,
		BlobProperties:    (*exchange).readBlob,
		SetBlobMetadata:   (*exchange).setBlobMetadata,
		SetBlobProperties: (*exchange).setBlobProperties,
		DeleteBlob:        (*exchange).deleteBlob, ListBlobs: (*exchange).listBlobs,
		ListContainers:  (*exchange).listContainers,
		CreateContainer: (*exchange).createContainer, ContainerProps: (*exchange).containerProps,
		SetContainerMeta: (*exchange).setContainerMetadata,
		DeleteContainer:  (*exchange).deleteContainer,
		ReadACL:          (*exchange).readACL, WriteACL: (*exchange).writeACL,
		AccountProps: (*exchange).accountProps,
	}
}

// unsupported returns the error for operations of the service that this server lacks.
func (x *exchange) unsupported() *apiError {
	switch comp := x.q.Get("comp"); comp {
	case "page", "appendblock", "pagelist":
		return fail("InvalidBlobType")
	case "":
		if x.r.Method != http.MethodGet && x.r.Method != http.MethodPut &&
			x.r.Method != http.MethodHead &&
			x.r.Method != http.MethodDelete {
			return fail("UnsupportedHttpVerb")
		}
		return fail("InvalidUri")
	}
	return fail("NotImplemented")
}

// fail answers with an error, unless the hook answers otherwise.
func (x *exchange) fail(err error) {
	var e *apiError
	var body bodyError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &body):
		e = fail("InvalidInput")
		if errors.Is(err, os.ErrDeadlineExceeded) {
			e = fail("OperationTimedOut")
		}
		x.w.Header().Set("Connection", "close")
	default:
		x.s.log.Error("operation failed", "operation", x.op.Kind, "container", x.op.Container,
			"error", err)
		e = fail("InternalError")
	}
	if x.after(e.status) {
		return
	}
	x.refuse(e)
}

// send answers with success and a body, nil for none, unless the hook answers otherwise.
func (x *exchange) send(status int, contentType string, body []byte) {
	if x.after(status) {
		return
	}
	h := x.w.Header()
	if body != nil {
		h.Set("Content-Type", contentType)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.status = status
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(body) // the client may be gone
	}
}

// before asks the hook, then the fault script.
func (x *exchange) before() *Answer {
	op := x.op
	if x.s.cfg.Before != nil {
		if a := x.s.cfg.Before(&op); a != nil {
			return a
		}
	}
	return x.s.cfg.Faults.before(x.s, &op)
}

// after asks the hook once the work is done, then the fault script; true if one of them has
// answered.
func (x *exchange) after(status int) bool {
	op := x.op
	if x.s.cfg.After != nil {
		if a := x.s.cfg.After(&op, status); a != nil {
			return x.interfere(a)
		}
	}
	return status < 400 && x.interfere(x.s.cfg.Faults.after(x.s, &op))
}

// requestID is shaped like the service's.
func requestID(seq int64) string {
	id := newID()
	return fmt.Sprintf("%s-%s-%s-%s-%012x", id[:8], id[8:12], id[12:16], id[16:20], seq)
}

// bodyDeadline is when a body of n bytes must have arrived: the service gives ten minutes for each
// MB (rest/api/storageservices/setting-timeouts-for-blob-service-operations).
func (s *Server) bodyDeadline(n int64) time.Time {
	return time.Now().Add(time.Duration(max(n, 0)/1_000_000+1) * 10 * time.Minute)
}

// progress reads a body. Each read may take Config.Stall; all of them must finish before end.
type progress struct {
	x   *exchange
	r   io.Reader
	end time.Time
}

func (p *progress) Read(b []byte) (int, error) {
	limit := time.Now().Add(p.x.s.cfg.Stall)
	if p.end.Before(limit) {
		limit = p.end
	}
	// A writer without deadlines, as in tests of the handler alone, has none to set.
	if err := http.NewResponseController(p.x.w).SetReadDeadline(limit); err != nil &&
		!errors.Is(err, http.ErrNotSupported) {
		return 0, fmt.Errorf("body: %w", err)
	}
	n, err := p.r.Read(b)
	p.x.read += int64(n)
	return n, err
}
