package proxydial

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"inboxuploader/internal/crash"
)

const (
	// connectTimeout limits the time from the connection to a proxy until its tunnel: a sign-in has up
	// to four requests, and a proxy may ask other machines for each.
	connectTimeout = time.Minute

	// avoid is how long an unreachable proxy comes after the others of a choice. Browsers take half
	// an hour; a person who pulled a cable waits less.
	avoid = 5 * time.Minute
)

// Dialer opens connections by the ways that Choose returns, trying one after the other until one
// works. Set its fields before use; it is then safe for concurrent use. Its callers share what it
// learns about each proxy: the kind of sign-in, a refused password, that it is dead.
type Dialer struct {
	// Choose returns the ways to try; nil means always the direct one.
	Choose Chooser
	// Dial opens the connections, to proxies as well; it must be set.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is for https proxies; nil is the system's trust.
	TLS *tls.Config
	// SignIn returns the name and password that a person entered for exactly this proxy's address. It
	// may be nil, and may block, as a keyring does. A sign-in in the address itself comes first.
	SignIn func(ctx context.Context, p Proxy) (SignIn, bool)
	// Connected, if not nil, is called with each connection's way and the kind of its sign-in, such
	// as Negotiate; empty for none.
	Connected func(p Proxy, scheme string)

	mu     sync.Mutex
	states map[string]*state // by Proxy.String
	lapsed map[string]time.Time
}

// Open returns a connection to address, HOST:PORT, for requests of this scheme, http or https. The
// proxy does not learn the scheme. Open is for net/http's DialContext, and may block as long as
// that.
//
// Errors are [*Error]s if a proxy or the choice of one is to blame, else those of Dial.
func (d *Dialer) Open(ctx context.Context, scheme, network, address string) (net.Conn, error) {
	ways := []Proxy{{}}
	if d.Choose != nil {
		var err error
		if ways, err = d.Choose(ctx, target(scheme, address)); ctx.Err() != nil {
			return nil, context.Cause(ctx)
		} else if err != nil {
			return nil, &Error{Failure: Undecided, err: err}
		}
	}
	var first error
	for _, way := range d.order(ways) {
		conn, err := d.through(ctx, way, network, address)
		if err == nil {
			d.blame(way, false)
			return conn, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		if e, ok := errors.AsType[*Error](err); ok {
			switch e.Failure {
			case Silent:
				d.blame(way, true)
			case SignInNeeded, SignInUnknown, TicketNeeded, SignInLapsed:
				return nil, err // it is alive; a way around it is not what was meant
			}
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = errors.New("proxydial: no way was named")
	}
	return nil, first
}

// target is the part of an address that a Chooser sees.
func target(scheme, address string) *url.URL {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port != map[string]string{"http": "80", "https": "443"}[scheme] {
		return &url.URL{Scheme: scheme, Host: address, Path: "/"}
	}
	if net.ParseIP(host).To4() == nil && net.ParseIP(host) != nil {
		host = "[" + host + "]"
	}
	return &url.URL{Scheme: scheme, Host: host, Path: "/"}
}

// order puts the ways last that were dead a moment ago.
func (d *Dialer) order(ways []Proxy) []Proxy {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.lapsed) == 0 || len(ways) < 2 {
		return ways
	}
	dead := func(p Proxy) int {
		if at, ok := d.lapsed[p.String()]; ok && time.Since(at) < avoid {
			return 1
		}
		return 0
	}
	ways = slices.Clone(ways)
	slices.SortStableFunc(ways, func(a, b Proxy) int { return dead(a) - dead(b) })
	return ways
}

func (d *Dialer) blame(p Proxy, dead bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !dead:
		delete(d.lapsed, p.String())
	case d.lapsed == nil:
		d.lapsed = map[string]time.Time{p.String(): time.Now()}
	default:
		d.lapsed[p.String()] = time.Now()
	}
}

func (d *Dialer) through(
	ctx context.Context, p Proxy, network, address string,
) (net.Conn, error) {
	switch p.Scheme {
	case "":
		conn, err := d.Dial(ctx, network, address)
		return conn, d.tell(p, "", err)
	case "socks5", "socks5h":
		conn, err := d.socks(ctx, p, network, address)
		return conn, d.tell(p, "", err)
	default:
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		return d.tunnel(ctx, p, address)
	}
}

// tell passes a connection's outcome on.
func (d *Dialer) tell(p Proxy, scheme string, err error) error {
	if err == nil && d.Connected != nil {
		d.Connected(p, scheme)
	}
	return err
}

// reach connects to the proxy itself.
func (d *Dialer) reach(ctx context.Context, p Proxy) (net.Conn, error) {
	conn, err := d.Dial(ctx, "tcp", p.Host)
	if err == nil && p.Scheme == "https" {
		config := &tls.Config{MinVersion: tls.VersionTLS12}
		if d.TLS != nil {
			config = d.TLS.Clone()
		}
		config.ServerName, _, _ = net.SplitHostPort(p.Host)
		config.NextProtos = []string{"http/1.1"}
		secure := tls.Client(conn, config)
		if err = secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close() // nothing was said on it
		}
		conn = secure
	}
	if err != nil {
		return nil, &Error{Proxy: p, Failure: Silent, err: err}
	}
	return conn, nil
}

// until makes all reads and writes on the connection fail once the context ends. The returned
// function stops that, and reports whether the connection is still usable.
func until(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		defer crash.Catch()
		_ = conn.SetDeadline(time.Unix(1, 0)) // a closed connection is over as well
	})
}

func (d *Dialer) state(p Proxy) *state {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.states[p.String()]
	if s == nil {
		s = &state{turn: make(chan struct{}, 1)}
		if d.states == nil {
			d.states = map[string]*state{}
		}
		d.states[p.String()] = s
	}
	return s
}

// signInFor returns the name and the password for a proxy, the address's own first.
func (d *Dialer) signInFor(ctx context.Context, p Proxy) SignIn {
	if p.SignIn.given() || d.SignIn == nil {
		return p.SignIn
	}
	s, _ := d.SignIn(ctx, p)
	return s
}
