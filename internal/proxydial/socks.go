package proxydial

import (
	"context"
	"errors"
	"net"
	"strings"

	"golang.org/x/net/proxy"
)

// forward is how x/net's SOCKS client reaches the proxy. It keeps the connection, since the client
// returns one that hides what the system knows of it.
type forward struct {
	d    *Dialer
	conn net.Conn
}

// Dial implements proxy.Dialer, which x/net demands and does not call.
func (f *forward) Dial(network, address string) (net.Conn, error) {
	return f.DialContext(context.Background(), network, address)
}

// DialContext implements proxy.ContextDialer.
func (f *forward) DialContext(
	ctx context.Context, network, address string,
) (conn net.Conn, err error) {
	f.conn, err = f.d.Dial(ctx, network, address)
	return f.conn, err
}

// socks connects through a SOCKS 5 proxy (RFC 1928, 1929), which looks the name up.
func (d *Dialer) socks(
	ctx context.Context, p Proxy, network, address string,
) (net.Conn, error) {
	var auth *proxy.Auth
	if s := d.signInFor(ctx, p); s.given() {
		auth = &proxy.Auth{User: s.Name, Password: s.Password.Reveal()}
	}
	f := &forward{d: d}
	client, err := proxy.SOCKS5(network, p.Host, auth, f)
	if err != nil {
		return nil, err
	}
	through, ok := client.(proxy.ContextDialer)
	if !ok {
		return nil, errors.New("proxydial: no context for SOCKS")
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if _, err := through.DialContext(ctx, network, address); err != nil {
		return nil, socksError(p, err)
	}
	return f.conn, nil
}

// socksError returns a SOCKS proxy's objection, for which x/net has only texts.
func socksError(p Proxy, err error) error {
	e := &Error{Proxy: p, Failure: Silent, err: err}
	said := ""
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "socks connect" && op.Err != nil {
		said = op.Err.Error()
	}
	switch {
	case strings.Contains(said, "no acceptable authentication methods"),
		strings.Contains(said, "username/password"):
		e.Failure, e.err = SignInNeeded, nil
	case strings.HasPrefix(said, "unknown error "): // and the proxy's own reply (RFC 1928, 6)
		e.Failure, e.err = Refused, nil
	case strings.HasPrefix(said, "unexpected protocol version"):
		e.Failure, e.err = Garbled, nil
	}
	return e
}
