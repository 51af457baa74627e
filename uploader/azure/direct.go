package azure

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"inboxuploader/internal/crash"
)

// direct sends requests over connections of its own where no proxy stands between. net/http passes each request to one
// goroutine and takes the answer from another, and copies the body on the way; for a small file that costs more than
// everything else together. Here the caller's goroutine does all: it writes the request, body included, from the caller's
// own memory, and reads the answer with net/http's parser.
//
// It asks for nothing that needs more: one host, HTTP/1.1, bodies of known length, answers of at most answerLimit. It
// follows no redirect and repeats a request only where not one byte of it had been written.
type direct struct {
	transport *http.Transport // its settings count here too
	keep      int             // idle connections at most

	mu     sync.Mutex
	idle   []*connection // the one used last stands last
	reaper *time.Timer   // ends connections that stay idle; nil before the first
	closed bool
}

// errProxied says that the way leads through a proxy, which is net/http's business.
var errProxied = errors.New("azure: there is a proxy")

// errUnwritten says that a connection that was used before turned out to be closed before a byte was written.
var errUnwritten = errors.New("azure: nothing was written")

// roundTrip sends a request with its body, of which nothing is read any more once it returns, and reads the answer. The
// answer's body is in memory. The error is errProxied where nothing was tried.
func (d *direct) roundTrip(ctx context.Context, k *call, r *http.Request, body io.ReadSeeker) (*http.Response, error) {
	if c := d.take(); c != nil {
		resp, err := d.carry(ctx, c, k, r, body)
		if !errors.Is(err, errUnwritten) {
			return resp, err
		}
		d.closeIdle() // what closed one connection has probably closed all
		if body != nil {
			if _, err := body.Seek(0, io.SeekStart); err != nil {
				return nil, err
			}
		}
	}
	c, err := d.dial(ctx, r)
	if err != nil {
		return nil, err
	}
	return d.carry(ctx, c, k, r, body)
}

// carry sends the request over a connection, which is then kept or closed.
func (d *direct) carry(ctx context.Context, c *connection, k *call, r *http.Request, body io.ReadSeeker) (*http.Response, error) {
	resp, err := c.exchange(ctx, k, r, body)
	if err == nil && !k.owns(resp) {
		resp, err = nil, errForeign
	}
	if err == nil && c.good {
		d.give(c)
	} else {
		c.abort()
	}
	return resp, err
}

// take returns an idle connection that still stands, or nil.
func (d *direct) take() *connection {
	for {
		c := d.last()
		if c == nil || c.stands(time.Now()) {
			return c
		}
		c.end()
	}
}

// last returns the idle connection that was used last, or nil.
func (d *direct) last() *connection {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.idle) - 1
	if n < 0 {
		return nil
	}
	c := d.idle[n]
	d.idle[n] = nil
	d.idle = d.idle[:n]
	return c
}

// give keeps a connection for the next request.
func (d *direct) give(c *connection) {
	c.carried++
	c.since = time.Now()
	if !d.keepIdle(c) {
		c.end()
	}
}

func (d *direct) keepIdle(c *connection) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.idle) >= d.keep {
		return false
	}
	d.idle = append(d.idle, c)
	switch {
	case d.reaper == nil:
		d.reaper = time.AfterFunc(idleTimeout, func() { defer crash.Catch(); d.reap() })
	case len(d.idle) == 1: // else it is on its way
		d.reaper.Reset(idleTimeout)
	}
	return true
}

// reap closes the connections that have been idle for too long.
func (d *direct) reap() {
	d.mu.Lock()
	now, n := time.Now(), 0
	for n < len(d.idle) && now.Sub(d.idle[n].since) >= idleTimeout {
		n++
	}
	old := slices.Clone(d.idle[:n])
	d.idle = slices.Delete(d.idle, 0, n)
	if len(d.idle) > 0 {
		d.reaper.Reset(idleTimeout - now.Sub(d.idle[0].since))
	}
	d.mu.Unlock()
	closeAll(old)
}

// closeIdle closes all that are idle.
func (d *direct) closeIdle() {
	d.mu.Lock()
	old := d.idle
	d.idle = nil
	if d.reaper != nil {
		d.reaper.Stop()
	}
	d.mu.Unlock()
	closeAll(old)
}

func closeAll(connections []*connection) {
	for _, c := range connections {
		c.end()
	}
}

// close closes idle connections, and those under way as soon as they have their answer.
func (d *direct) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.closeIdle()
}

// dial opens a connection to the request's host.
func (d *direct) dial(ctx context.Context, r *http.Request) (*connection, error) {
	proxy, err := d.transport.Proxy(r)
	if err != nil {
		return nil, err
	}
	if proxy != nil {
		return nil, errProxied
	}
	port := r.URL.Port()
	switch {
	case port != "":
	case r.URL.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	raw, err := d.transport.DialContext(ctx, "tcp", net.JoinHostPort(r.URL.Hostname(), port))
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: raw, raw: raw}
	if r.URL.Scheme == "https" {
		config := d.transport.TLSClientConfig.Clone()
		config.ServerName = r.URL.Hostname()
		config.DynamicRecordSizingDisabled = true // small records at first are for who reads while they come
		c.records = &gathered{Conn: raw}
		secure := tls.Client(c.records, config)
		limited, cancel := context.WithTimeout(ctx, d.transport.TLSHandshakeTimeout)
		defer cancel()
		if err := secure.HandshakeContext(limited); err != nil {
			_ = raw.Close()
			return nil, err
		}
		c.Conn = secure
	}
	c.in = bufio.NewReader(answer{c})
	return c, nil
}
