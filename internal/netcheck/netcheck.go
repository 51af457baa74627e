// Package netcheck examines the way to a storage step by step: which proxy, which address, which
// certificate. It sends only handshakes and reports what it saw; the caller puts it into words.
package netcheck

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/url"
	"sync"
	"syscall"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/proxyfind"
)

// Options say how to reach the storage.
type Options struct {
	Finder *proxyfind.Finder
	SignIn func(ctx context.Context, p proxydial.Proxy) (proxydial.SignIn, bool)
	// Authorities are trusted; nil is the system's store.
	Authorities *x509.CertPool
}

// Way is what Look saw on the way to a host, as far as it came. Err says what stopped it.
type Way struct {
	Choice proxyfind.Choice
	// Addresses are the host's own, unless a proxy looks them up. Silent are those that don't answer
	// although another does.
	Addresses, Silent []string
	LookupErr         error

	Proxy   proxydial.Proxy // through which the connection went
	SignIn  string          // the kind of sign-in there, "" for none
	Address string          // what was connected to: the host's or the proxy's
	Connect time.Duration   // the time until the connection stood, a proxy's consent included

	TLS     uint16   // version, see [tls.VersionName]; 0 where it came to none
	Issuer  string   // of the first certificate
	Names   []string // that it is for
	Trusted bool
	// From and To are the times between which the first certificate is valid.
	From, To time.Time
	// Chain are the certificates that were shown, as PEM.
	Chain []byte
	// Trip is the time of one round trip, as the handshake took it.
	Trip time.Duration

	Err error
}

// timeout bounds each step; the way through proxies has twice as long.
const timeout = 15 * time.Second

// Look connects to a host of this scheme, http or https, and closes the connection again. It blocks
// for little more than a minute at most.
func Look(ctx context.Context, scheme, address string, o Options) (w Way) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = address, map[string]string{"https": "443", "http": "80"}[scheme]
	}
	w.Choice, w.Err = o.Finder.Find(ctx, &url.URL{Scheme: scheme, Host: address, Path: "/"})
	if w.Err != nil {
		return w
	}
	dialer := &net.Dialer{Timeout: timeout}
	dial := dialer.DialContext
	if len(w.Choice.Ways) > 0 && w.Choice.Ways[0].Direct() {
		lookup, cancel := context.WithTimeout(ctx, timeout)
		w.Addresses, w.LookupErr = net.DefaultResolver.LookupHost(lookup, host)
		cancel()
		if living := w.probe(ctx, port); living != "" {
			dial = func(ctx context.Context, network, to string) (net.Conn, error) {
				if to == net.JoinHostPort(host, port) {
					to = net.JoinHostPort(living, port)
				}
				return dialer.DialContext(ctx, network, to)
			}
		}
	}
	ways := &proxydial.Dialer{
		Choose: o.Finder.Choose, Dial: dial, SignIn: o.SignIn,
		TLS:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Authorities},
		Connected: func(p proxydial.Proxy, scheme string) { w.Proxy, w.SignIn = p, scheme },
	}
	begun := time.Now()
	open, cancel := context.WithTimeout(ctx, 2*timeout)
	defer cancel()
	conn, err := ways.Open(open, scheme, "tcp", net.JoinHostPort(host, port))
	if w.Connect = time.Since(begun); err != nil {
		w.Err = err
		return w
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	w.Address = conn.RemoteAddr().String()
	if scheme == "https" {
		w.shake(ctx, conn, host, o.Authorities)
	}
	return w
}

const (
	mostProbed = 8
	probeTime  = 5 * time.Second
)

// probe connects to each of a host's addresses if there are several, notes those that don't answer,
// and returns the first that does; "" if none does or there is only one. It does not note an
// address of a kind that this computer can't reach at all, as IPv6 often is.
func (w *Way) probe(ctx context.Context, port string) (living string) {
	if len(w.Addresses) < 2 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	probed := w.Addresses[:min(len(w.Addresses), mostProbed)]
	errs := make([]error, len(probed))
	var wg sync.WaitGroup
	for i, a := range probed {
		wg.Go(func() {
			defer crash.Catch()
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(a, port))
			if err == nil {
				_ = conn.Close() // nothing was sent
			}
			errs[i] = err
		})
	}
	wg.Wait()
	for i, a := range probed {
		switch {
		case errs[i] == nil && living == "":
			living = a
		case errs[i] != nil && !noWay(errs[i]):
			w.Silent = append(w.Silent, a)
		}
	}
	if living == "" {
		w.Silent = nil
	}
	return living
}

// noWay reports whether this computer itself knows of no way to an address.
func noWay(err error) bool {
	for _, none := range []syscall.Errno{
		syscall.ENETUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT,
		10047, 10049, 10051, // the same in Windows' numbers
	} {
		if errors.Is(err, none) {
			return true
		}
	}
	return false
}

// shake looks at the certificates, trusted or not, and judges them afterwards.
func (w *Way) shake(ctx context.Context, conn net.Conn, host string, roots *x509.CertPool) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	secure := tls.Client(conn, &tls.Config{
		ServerName: host, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		InsecureSkipVerify: true, //nolint:gosec // nothing is sent, and they are verified below
	})
	begun := time.Now()
	if w.Err = secure.HandshakeContext(ctx); w.Err != nil {
		return
	}
	w.Trip = time.Since(begun)
	state := secure.ConnectionState()
	if w.TLS = state.Version; w.TLS < tls.VersionTLS13 {
		w.Trip /= 2 // it took two
	}
	others := x509.NewCertPool()
	for i, c := range state.PeerCertificates {
		w.Chain = append(w.Chain, pem.EncodeToMemory(&pem.Block{
			Type: "CERTIFICATE", Bytes: c.Raw,
		})...)
		if i > 0 {
			others.AddCert(c)
		}
	}
	first := state.PeerCertificates[0]
	w.Issuer, w.Names = first.Issuer.String(), first.DNSNames
	w.From, w.To = first.NotBefore, first.NotAfter
	_, err := first.Verify(x509.VerifyOptions{
		DNSName: host, Roots: roots, Intermediates: others,
	})
	if w.Trusted = err == nil; err != nil {
		w.Err = &tls.CertificateVerificationError{
			UnverifiedCertificates: state.PeerCertificates, Err: err,
		}
	}
}
