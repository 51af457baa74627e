package azure

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"inboxuploader/internal/crash"
)

// connection carries one request at a time.
type connection struct {
	net.Conn           // what is written to
	raw      net.Conn  // the same without TLS
	records  *gathered // between the two; nil without TLS
	in       *bufio.Reader
	left     int64 // of what may be read for this answer

	head  []byte // of the request, until it is written
	wrote int64  // bytes of the request
	fault error  // the connection's own, of writing

	carried int       // requests before this one
	good    bool      // can be used again
	since   time.Time // idle
}

// long ago is a deadline that ends reads and writes at once.
var longAgo = time.Unix(1, 0)

// end closes an idle connection.
func (c *connection) end() { _ = c.Close() } // what it was to carry is over

// abort ends a connection in whatever state it is. TLS would say goodbye, for which there may be no room for seconds.
func (c *connection) abort() { _ = c.raw.Close() } // its request has failed for another reason

// stands reports whether the other side has neither closed an idle connection nor said anything unasked, which would be
// taken for the next request's answer.
func (c *connection) stands(now time.Time) bool {
	idle := now.Sub(c.since)
	return idle < idleTimeout && (c.records == nil || c.records.silent(c.Conn)) && silent(c.raw, idle)
}

// exchange sends a request and reads its answer. c.good says whether the connection can be used again.
func (c *connection) exchange(ctx context.Context, k *call, r *http.Request, body io.ReadSeeker) (*http.Response, error) {
	var err error
	c.good, c.wrote, c.fault = false, 0, nil
	if c.head, err = appendHead(c.head[:0], r); err != nil {
		k.sent = false
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { defer crash.Catch(); _ = c.SetDeadline(longAgo) })
	defer func() {
		if !stop() {
			c.good = false
		}
	}()
	if r.ContentLength > smallBody {
		return c.exchangeLarge(ctx, k, r, body)
	}
	if err := c.send(k, r, body); err != nil {
		return nil, err
	}
	return c.receive(r)
}

// exchangeLarge listens while it writes: a refusal may come before the body has left, and must not be lost in it.
func (c *connection) exchangeLarge(ctx context.Context, k *call, r *http.Request, body io.Reader) (*http.Response, error) {
	var resp *http.Response
	var rerr error
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		defer crash.Catch()
		resp, rerr = c.receive(r) //nolint:bodyclose // it is in memory
		_ = c.SetWriteDeadline(longAgo)
	}()
	err := c.send(k, r, body)
	switch {
	case err == nil:
	case k.failed != nil:
		_ = c.SetDeadline(longAgo)
	default:
		// The answer is there, or about to be, or will never come.
		_ = c.SetReadDeadline(time.Now().Add(lastWord))
		if ctx.Err() != nil { // or it would take back what the context's end has done
			_ = c.SetReadDeadline(longAgo)
		}
	}
	<-heard
	if err == nil {
		_ = c.SetWriteDeadline(time.Time{})
		return resp, rerr
	}
	c.good = false
	if rerr != nil || k.failed != nil || errors.Is(err, errUnwritten) {
		return nil, err
	}
	if resp.StatusCode < 300 {
		k.status, k.header = resp.StatusCode, resp.Header
		return nil, errors.New("azure: accepted before it was sent")
	}
	return resp, nil
}

// lastWord is how long an answer is waited for after the other side stopped taking the request.
const lastWord = time.Second

// send writes the request. A failure of the body's own is k.failed too.
func (c *connection) send(k *call, r *http.Request, body io.Reader) error {
	var n int64
	var err error
	if r.ContentLength > 0 {
		n, err = io.Copy(c, body)
	} else {
		_, err = c.Write(nil)
	}
	switch {
	case c.fault != nil:
		if c.carried > 0 && c.wrote == 0 {
			return errUnwritten
		}
		return c.fault
	case err != nil:
		k.failed = err
		return err
	case n != r.ContentLength:
		k.failed = io.ErrUnexpectedEOF
		return k.failed
	}
	k.wrote.Store(true)
	return nil
}

// copiedBody is how much of a body is copied behind its head, to be one piece with it; more than that only looks like one.
const copiedBody = 4 << 10

// Write implements io.Writer for the request's body. The head leaves together with its first bytes.
func (c *connection) Write(p []byte) (n int, err error) {
	var before int64
	if c.records != nil {
		before = c.records.hold(len(c.head) + len(p))
	}
	head := len(c.head)
	switch {
	case head == 0:
		n, err = c.Conn.Write(p)
	case len(p) <= copiedBody:
		c.head = append(c.head, p...)
		n, err = c.Conn.Write(c.head)
	default:
		var all int64
		all, err = (&net.Buffers{c.head, p}).WriteTo(c.Conn)
		n = int(all)
	}
	c.head = c.head[:0]
	wrote := int64(n)
	if c.records != nil {
		sent, ferr := c.records.flush()
		if err == nil {
			err = ferr
		}
		wrote = sent - before // what TLS took may have gone nowhere
	}
	c.wrote += wrote
	c.fault = err
	return max(n-head, 0), err
}

// answer is the connection's other direction, of which an answer may take only so much.
type answer struct{ *connection }

var errEndless = errors.New("azure: the answer has no end")

func (a answer) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, errEndless
	}
	n, err := a.Conn.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	return n, err
}

// interim is how many provisional answers (1xx) may come before the one that counts.
const interim = 5

// receive reads an answer with its body.
func (c *connection) receive(r *http.Request) (*http.Response, error) {
	c.left = 2 * answerLimit
	for range interim {
		resp, err := http.ReadResponse(c.in, r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode < 200 {
			continue
		}
		whole := true
		if resp.Body != http.NoBody {
			text, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
			whole = err == nil && len(text) < answerLimit
			resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text), broken{err}))
		}
		c.good = whole && !resp.Close && c.in.Buffered() == 0
		return resp, nil
	}
	return nil, errEndless
}

// broken is the end of a body that could not be read to its end, or the end of one that was.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err == nil {
		return 0, io.EOF
	}
	return 0, b.err
}
