package azure

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
)

// call is what one operation knows of its request: where it goes, and afterwards how far it came. The operation makes
// it, the SDK carries it in the context, wire fills it in.
type call struct {
	op   string // as it stands in errors
	name string // the blob's name
	path string // the URL's path, not escaped

	replaces bool   // whatever is there
	checksum string // of the body, as the service writes it; "" where the answer repeats none

	echoes *echoes
	id     [1]string // of the request, as a header's value

	wrote  atomic.Bool // the whole request left; through a proxy the headers of one without a body
	body   *gate       // of a request through a proxy
	sent   bool        // it got as far as the network
	failed error       // the body's own error, such as the reason why its owner gave up
	status int         // of the answer; 0 if there was none
	header http.Header // of the answer

	checked bool // the answer repeats the body's checksum
}

// delivered reports whether the service may have the whole request. A write takes effect only once its last byte has
// arrived, so a request that broke off before is known to have changed nothing.
func (c *call) delivered() bool {
	if c.body == nil {
		return c.wrote.Load()
	}
	return c.body.exhausted()
}

// failure returns the body's own error.
func (c *call) failure() error {
	if c.body == nil {
		return c.failed
	}
	return c.body.failure()
}

type callKey struct{}

// wire is the last step of the SDK's pipeline. Only here do requests get their true path and the token's query: what
// stands above, with its logging, never sees the secret and can't encode it anew.
type wire struct {
	direct    *direct
	transport *http.Transport // where there is a proxy
	query     string
	userAgent []string
	echoes    *echoes
}

// answerLimit is how much of an answer is read. The service's longest, an error, is below 2 KiB; what is longer comes
// from something else.
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

// send sends a request once: it is repeated only where not one byte of it had been written to a connection that turned
// out to be closed. The request is the caller's again, changed in its User-Agent and version, and so is the body. The
// answer's body holds answerLimit at most.
func (w *wire) send(ctx context.Context, c *call, req *http.Request, body io.ReadSeeker) (*http.Response, error) {
	r := *req
	query := w.query
	if req.URL.RawQuery != "" {
		query += "&" + req.URL.RawQuery
	}
	r.URL = &url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: c.path, RawQuery: query}
	r.Header["User-Agent"] = w.userAgent
	r.Header["x-ms-version"] = version // the SDK writes this key in lower case, so Set would add a second one
	c.echoes, c.id[0] = w.echoes, w.echoes.nextID()
	r.Header[clientIDHeader] = c.id[:]
	c.sent = true
	resp, err := w.direct.roundTrip(ctx, c, &r, body)
	if errors.Is(err, errProxied) {
		resp, err = w.proxied(ctx, c, &r, body)
	}
	if err != nil {
		return nil, err
	}
	c.status, c.header = resp.StatusCode, resp.Header
	resp.Request = req // and not r, whose URL is secret
	return resp, nil
}

// proxied sends a request through a proxy, with net/http.
func (w *wire) proxied(ctx context.Context, c *call, req *http.Request, body io.ReadSeeker) (*http.Response, error) {
	if req.ContentLength == 0 {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { c.wrote.Store(true) }})
	}
	r := req.WithContext(ctx)
	r.Body = http.NoBody
	if req.ContentLength > 0 {
		c.body = &gate{body: body, size: req.ContentLength}
		first, err := c.body.open()
		if err != nil {
			return nil, err
		}
		r.Body, r.GetBody = first, c.body.open
		// The transport may answer while its writer still reads. From here on it gets nothing more.
		defer c.body.shut()
	}
	resp, err := w.transport.RoundTrip(r)
	if err == nil && !c.owns(resp) {
		_ = resp.Body.Close() // and the connection, unless the body is empty; then Store.suspect does
		return nil, errForeign
	}
	if err == nil && resp.Body != http.NoBody {
		resp.Body = &limited{Reader: io.LimitReader(resp.Body, answerLimit), Closer: resp.Body}
	}
	return resp, err
}

// smallBody is up to which size a body leaves with its head at once, and before the answer is listened for.
const smallBody = writeBuffer / 2

// limited is a body of which only the beginning is read.
type limited struct {
	io.Reader
	io.Closer
}

// gate stands between a body, whose bytes belong to the caller, and the transport, whose writing goroutine may live
// on after the request has ended. Once it is shut no byte is read any more, so the caller can use its buffer again.
type gate struct {
	mu   sync.Mutex // held while the body is read, so that shut waits for a read under way
	body io.ReadSeeker
	size int64
	off  int64
	pass *pass // the only one that may read
	err  error // the body's own, such as the reason why its owner gave up
}

// pass is the right to read the body from its start.
type pass struct{ g *gate }

// errShut ends the reading of a body whose request is over.
var errShut = errors.New("azure: request is over")

// open returns a reader from the start; those opened before read nothing any more.
func (g *gate) open() (io.ReadCloser, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	g.off = 0
	g.pass = &pass{g}
	return g.pass, nil
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass = nil
}

// exhausted reports whether all bytes have been handed over.
func (g *gate) exhausted() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.off == g.size
}

// failure returns the body's own error.
func (g *gate) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// Read implements io.Reader.
func (p *pass) Read(b []byte) (int, error) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	if p.g.pass != p {
		return 0, errShut
	}
	n, err := p.g.body.Read(b)
	p.g.off += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
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
