package azure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"

	"inboxuploader/internal/proxydial"
)

// Options shape the connections of a [Store]. The zero Options are good for use.
type Options struct {
	// Connections is how many concurrent requests the caller plans. The Store keeps that many idle
	// connections, so that it need not open one for each request. More requests are possible. 0
	// means 64.
	Connections int
	// CAFile names a PEM file of certificate authorities to trust besides the system's, for networks
	// that inspect encrypted traffic. [Open] reads it once.
	CAFile string
	// Proxy chooses the ways to reach the inbox; it sees only the inbox's host. The default is
	// [proxydial.Environment].
	Proxy proxydial.Chooser
	// ProxySignIn returns the sign-in that a person entered for a proxy's address. It may be nil.
	ProxySignIn func(ctx context.Context, p proxydial.Proxy) (proxydial.SignIn, bool)
	// UserAgent is sent with each request; empty means "inbox-uploader".
	UserAgent string
}

const (
	defaultConnections = 64
	defaultUserAgent   = "inbox-uploader"
)

func (o Options) connections() int {
	if o.Connections <= 0 {
		return defaultConnections
	}
	return o.Connections
}

func (o Options) userAgent() string {
	if o.UserAgent == "" {
		return defaultUserAgent
	}
	return o.UserAgent
}

// tlsConfig returns the settings for https: TLS 1.2 at least, as the service demands, and the
// system's authorities with those of CAFile.
func (o Options) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
		NextProtos:         []string{"http/1.1"},
	}
	if o.CAFile == "" {
		return c, nil
	}
	pool, err := Authorities(o.CAFile)
	if err != nil {
		return nil, err
	}
	c.RootCAs = pool
	return c, nil
}

// maxAuthorities is how large a file of certificate authorities may be, in bytes. A system's has a
// quarter of a megabyte.
const maxAuthorities = 16 << 20

// Authorities returns the system's certificate authorities together with those of a PEM file. It
// blocks on the disk. It reads only regular files of at most 16 MiB: others may have no end.
func Authorities(file string) (*x509.CertPool, error) {
	pem, err := readAuthorities(file)
	if err != nil {
		return nil, fmt.Errorf("read certificate authorities: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		// A system without a store of its own still has the file.
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("read certificate authorities: no PEM certificate in " + file)
	}
	return pool, nil
}

func readAuthorities(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // not even opened: a named pipe would wait for its writer
		return nil, errors.New("not a file: " + file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	pem, err := io.ReadAll(io.LimitReader(f, maxAuthorities+1))
	if err == nil && len(pem) > maxAuthorities {
		err = errors.New("too large: " + file)
	}
	return pem, err
}
