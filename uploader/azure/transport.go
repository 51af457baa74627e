package azure

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"inboxuploader/internal/proxydial"
)

const (
	// writeBuffer is how many bytes of TLS's records are gathered before they go to the socket.
	writeBuffer = 256 << 10

	dialTimeout = 20 * time.Second
	keepAlive   = 30 * time.Second // between probes of a silent connection
	tlsTimeout  = 20 * time.Second

	// idleTimeout is below the few minutes after which load balancers forget a silent connection
	// without a word.
	idleTimeout = 90 * time.Second
)

// NewTransport returns a transport like that of a Store, for other clients of the service. It has
// no time limit for an answer: the engine decides how long a request may stall, and cancels it. It
// returns an error if the options are unusable.
func NewTransport(o Options) (*http.Transport, error) { return newTransport(o, newDialer()) }

func newTransport(o Options, d *dialer) (*http.Transport, error) {
	config, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	choose := o.Proxy
	if choose == nil {
		choose = proxydial.Environment
	}
	ways := &proxydial.Dialer{
		Choose: choose, TLS: config, SignIn: o.ProxySignIn,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := d.open(ctx, network, address)
			if tcp, ok := conn.(*net.TCPConn); ok {
				boundAhead(tcp)
			}
			return conn, err
		},
	}
	// Blob storage speaks only HTTP/1.1. If something on the way offers HTTP/2, all requests would
	// share one connection, and its window would limit the speed.
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := ways.Open(ctx, "http", network, address)
			if err != nil {
				return nil, err
			}
			return newLine(conn, bare(conn), nil), nil
		},
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    tlsTimeout,
		Protocols:              protocols,
		DisableCompression:     true,
		MaxIdleConns:           0, // no limit over all hosts: there is one
		MaxIdleConnsPerHost:    o.connections(),
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: answerLimit,
	}
	t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := ways.Open(ctx, "https", network, address)
		if err != nil {
			return nil, err
		}
		config := t.TLSClientConfig.Clone()
		config.ServerName, _, _ = net.SplitHostPort(address) // the transport made it of both
		config.DynamicRecordSizingDisabled = true            // nobody reads while they come
		records := &gathered{Conn: conn}
		secure := tls.Client(records, config)
		ctx, cancel := context.WithTimeout(ctx, t.TLSHandshakeTimeout)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return newLine(secure, bare(conn), records), nil
	}
	return t, nil
}

// bare returns the connection below the TLS of an https proxy, which the system can be asked about.
func bare(conn net.Conn) net.Conn {
	if t, ok := conn.(*tls.Conn); ok {
		return t.NetConn()
	}
	return conn
}
