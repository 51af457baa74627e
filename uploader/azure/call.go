package azure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"inboxuploader/internal/crash"
)

// call is one operation's record of its request: where it goes and, afterwards, how far it came.
// The operation creates it, the SDK carries it in the context, and wire fills it in.
type call struct {
	op   string // as it stands in errors
	name string // the blob's name
	path string // the URL's path, not escaped

	replaces bool   // whatever is there
	checksum string // of the body, as the service writes it; "" where the answer repeats none

	echoes *echoes
	id     [1]string // of the request, as a header's value

	size   int64       // of the body
	body   *gate       // nil for a request without a body
	line   *line       // which carries the request; nil before
	used   bool        // that line, before
	begun  atomic.Bool // something of the request left
	wrote  atomic.Bool // the whole of it
	sent   bool        // it got as far as the network
	status int         // of the answer; 0 if there was none
	header http.Header // of the answer

	checked bool // the answer repeats the body's checksum
}

// delivered reports whether the service may have the whole request. A write takes effect only once
// its last byte has arrived, so a request that broke off before is known to have changed nothing.
func (c *call) delivered() bool {
	return c.wrote.Load()
}

// mayRepeat reports whether the request can safely be sent again: its line had been used before and
// turned out to be closed before any byte left. The line itself can't tell, since it may already
// carry another request.
func (c *call) mayRepeat() bool { return c.used && !c.begun.Load() }

// failure returns the body's own error, such as the reason why its owner gave up.
func (c *call) failure() error {
	if c.body == nil {
		return nil
	}
	return c.body.failure()
}

// trace returns the hooks through which net/http reports on the request.
func (c *call) trace() *httptrace.ClientTrace {
	provisional := 0
	return &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) {
			if c.line, _ = got.Conn.(*line); c.line != nil {
				c.used = got.Reused
				c.line.begin(c, c.used, got.IdleTime)
			}
		},
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			if provisional++; provisional > interim {
				return errEndless
			}
			return nil
		},
		PutIdleConn: func(error) {
			if c.line != nil {
				c.line.done()
			}
		},
	}
}

// interim is how many provisional answers (1xx) may come before the one that counts.
const interim = 5

var errEndless = errors.New("azure: the answer has no end")

type callKey struct{}

// wire is the last step of the SDK's pipeline. Only here do requests get their true path and the
// token's query, so the steps above, which log, never see the secret and can't re-encode it.
type wire struct {
	transport *http.Transport
	query     string
	userAgent []string
	echoes    *echoes
}

// answerLimit is how many bytes of an answer are read. The service's longest, an error, is below
// 2 KiB; a longer one comes from something else.
const answerLimit = 64 << 10

// Do implements policy.Transporter.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	c, ok := req.Context().Value(callKey{}).(*call)
	if !ok {
		return nil, errors.New("azure: request outside of an operation")
	}
	body, ok := req.Body.(io.ReadSeeker)
	if !ok && req.ContentLength != 0 {
		return nil, errors.New("azure: a body that can't be read twice")
	}
	return w.send(req.Context(), c, req, body)
}

// send sends a request once. It repeats it only if its connection turned out to be closed before
// one byte was written. Afterwards the request, with its User-Agent and version changed, and the
// body belong to the caller again. The answer's body is in memory and has at most answerLimit
// bytes.
func (w *wire) send(
	ctx context.Context, c *call, req *http.Request, body io.ReadSeeker,
) (*http.Response, error) {
	control := func(v string) bool { return strings.ContainsFunc(v, unicode.IsControl) }
	for _, values := range req.Header {
		if slices.ContainsFunc(values, control) {
			return nil, errHead
		}
	}
	query := w.query
	if req.URL.RawQuery != "" {
		query += "&" + req.URL.RawQuery
	}
	c.size = req.ContentLength
	r := req.WithContext(httptrace.WithClientTrace(ctx, c.trace()))
	r.URL = &url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: c.path, RawQuery: query}
	r.Header["User-Agent"] = w.userAgent
	r.Header["x-ms-version"] = version // the SDK writes this key in lower case, so Set would add a second one
	c.echoes, c.id[0] = w.echoes, w.echoes.nextID()
	r.Header[clientIDHeader] = c.id[:]
	r.Body = http.NoBody
	if c.size > 0 {
		c.body = &gate{body: body}
		r.GetBody = c.body.open
	}
	c.sent = true
	resp, err := w.roundTrip(c, r)
	if err != nil {
		return nil, err
	}
	c.status, c.header = resp.StatusCode, resp.Header
	resp.Request = req // and not r, whose URL is secret
	if resp.StatusCode < 300 && !c.delivered() {
		return nil, errors.New("azure: accepted before it was sent")
	}
	return resp, nil
}

var errHead = errors.New("azure: a header has characters that it must not have")

// roundTrip sends the request and reads its answer. net/http repeats a PUT only if none of it has
// left, and treats bytes that a line has taken as gone.
func (w *wire) roundTrip(c *call, r *http.Request) (*http.Response, error) {
	for {
		c.line, c.used = nil, false
		if c.body != nil {
			var err error
			if r.Body, err = c.body.open(); err != nil {
				return nil, err
			}
		}
		resp, err := w.transport.RoundTrip(r)
		if err == nil {
			return resp, c.hear(resp)
		}
		if !c.mayRepeat() || r.Context().Err() != nil || c.failure() != nil {
			if c.body != nil {
				c.body.shut()
			}
			return nil, err
		}
		w.transport.CloseIdleConnections() // what closed one connection has probably closed all
	}
}

// hear reads an answer to its end. Afterwards nothing reads the request's body or writes to its
// line.
func (c *call) hear(resp *http.Response) error {
	own := c.owns(resp)
	if resp.Body != http.NoBody {
		if c.line != nil {
			c.line.left = resp.ContentLength
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
		_ = resp.Body.Close() // and the connection, where there was more
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text), broken{err}))
	}
	if c.line != nil && (!own || !c.wrote.Load()) {
		c.line.settle()
	}
	if c.body != nil {
		c.body.shut()
	}
	if !own {
		return errForeign
	}
	return nil
}

// broken ends a body: with the error that cut it short, or with io.EOF.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err == nil {
		return 0, io.EOF
	}
	return 0, b.err
}

// gate stands between a body, whose bytes belong to the caller, and the transport, whose writing
// goroutine may outlive the request. Once the gate is shut, nothing reads the body, so the caller
// can reuse its buffer.
type gate struct {
	mu   sync.Mutex // held while the body is read, so that shut waits for a read under way
	body io.ReadSeeker
	pass *pass // the only one that may read
	err  error // the body's own, such as the reason why its owner gave up
}

// pass is the right to read the body from its start.
type pass struct{ g *gate }

// errShut ends the reading of a body whose request is over.
var errShut = errors.New("azure: request is over")

// open returns a reader from the start of the body. Earlier readers then return errShut.
func (g *gate) open() (io.ReadCloser, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	g.pass = &pass{g}
	return g.pass, nil
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass = nil
}

// failure returns the body's own error.
func (g *gate) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// Read implements io.Reader.
func (p *pass) Read(b []byte) (int, error) {
	defer crash.Catch() // net/http's goroutine reads
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	if p.g.pass != p {
		return 0, errShut
	}
	n, err := p.g.body.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.g.err = err
	}
	return n, err
}

// writeTo hands the rest of the body to a line without copying it.
func (p *pass) writeTo(l *line) (int64, error) {
	defer crash.Catch()
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	if p.g.pass != p {
		return 0, errShut
	}
	n, err := io.Copy(l, p.g.body)
	if err != nil && l.fault == nil {
		p.g.err = err
	}
	return n, err
}

// Close implements io.Closer. The caller owns the body; there is nothing to close.
func (p *pass) Close() error { return nil }

// with returns a context that carries c down to wire.
func (c *call) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}
