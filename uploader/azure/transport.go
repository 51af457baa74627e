package azure

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	// writeBuffer is how many bytes of a request are gathered before they go to the socket; a small file and its
	// headers then leave in one system call, see smallBody.
	writeBuffer = 256 << 10

	dialTimeout = 20 * time.Second
	keepAlive   = 30 * time.Second // between probes of a silent connection
	tlsTimeout  = 20 * time.Second

	// idleTimeout is below the few minutes after which load balancers forget a silent connection without a word.
	idleTimeout = 90 * time.Second
)

// NewTransport returns a transport as all requests of a Store share it, for whoever else speaks to the service. It has no
// time limit for an answer: how long a request may stand still is for the engine to judge, which cancels it. It fails where
// the options can't be used.
func NewTransport(o Options) (*http.Transport, error) {
	config, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	n := o.connections()
	dialer := newDialer()
	return &http.Transport{
		Proxy: o.proxy(),
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.open(ctx, network, address)
			if err != nil {
				return nil, err
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				boundAhead(tcp)
			}
			return conn, nil
		},
		TLSClientConfig:     config,
		TLSHandshakeTimeout: tlsTimeout,
		// A map that is not nil switches HTTP/2 off: one connection for all requests would make the service's
		// window the speed limit, and Blob storage speaks HTTP/1.1 only.
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableCompression:     true,
		MaxIdleConns:           0, // no limit over all hosts: there is one
		MaxIdleConnsPerHost:    n,
		IdleConnTimeout:        idleTimeout,
		WriteBufferSize:        writeBuffer,
		MaxResponseHeaderBytes: 64 << 10,
		OnProxyConnectResponse: proxyAnswer,
	}, nil
}
