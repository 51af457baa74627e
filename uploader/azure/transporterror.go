package azure

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"inboxuploader/internal/proxydial"
	"inboxuploader/uploader/problem"
)

// unanswered translates a failure without an answer. Of err only the category is kept.
func (s *Store) unanswered(k *call, err error) error {
	reason, cause := s.category(err)
	e := problem.New(k.op, k.name, reason)
	e.Cause = cause
	e.Unanswered = k.delivered()
	switch reason {
	case problem.AccountGone, problem.NetworkInspected:
		e.Value, e.Issuer = s.inbox.Host, IssuerIn(err)
	}
	ofProxy(e, err, s.inbox.Host)
	return e
}

// Unreachable returns the error for a failure without an answer, for callers without a Store.
func Unreachable(op string, err error, host string) *problem.Error {
	reason, cause := Category(err, host)
	e := problem.New(op, "", reason)
	e.Cause, e.Value = cause, host
	ofProxy(e, err, host)
	return e
}

// ofProxy fills in what the sentence of a proxy's failure says.
func ofProxy(e *problem.Error, err error, host string) {
	p := blamed(err)
	e.Proxy = p.Proxy.Host
	switch e.Reason {
	case problem.ProxyRefused:
		e.Value = host
	case problem.ProxySignInKind:
		e.Value = p.Schemes
	case problem.ProxyTicket:
		e.Value = p.Renew
	case problem.CertificateDates:
		e.Value = cmp.Or(e.Proxy, host)
	}
}

const (
	// CauseRefused is the cause that [Category] gives for a host on which nothing listens.
	CauseRefused = "connection refused"
	// CauseNoNames is the cause that it gives if no name service answers.
	CauseNoNames = "name service unavailable"
)

// category is [Category] for this Store.
func (s *Store) category(err error) (problem.Reason, string) {
	return categorise(err, s.inbox.Host, s.reached.Load(), s.offline)
}

// Category returns the kind of a transport's failure and what broke, in words that depend only on
// err's type: its text may hold a URL with its query. The reason is AccountGone, if host does not
// exist, NetworkInspected, CertificateDates, ProxySignIn, ProxySignInKind, ProxyRefused,
// ProxySignInLapsed, ProxyTicket, ProxyDown, ProxyUnknown, NotTheService, AnswerGarbled,
// AnswerForeign or NetworkDown. It asks the network nothing.
func Category(err error, host string) (problem.Reason, string) {
	return categorise(err, host, false, offline)
}

// categorise does the work of [Category]. reached is whether the host has answered in this run:
// then its name exists and its certificate is trusted. offline is whether this computer has no
// network, in which case some systems say that no name exists.
func categorise(
	err error, host string, reached bool, offline func() bool,
) (problem.Reason, string) {
	e := blamed(err)
	if e.Failure != proxydial.Silent {
		return proxyCategory(e)
	}
	reason, cause := direct(err, host, reached, offline)
	if reason == problem.NetworkDown && e.Proxy.Host != "" {
		reason = problem.ProxyDown // nothing came as far as the storage
	}
	return reason, cause
}

// direct is categorise without an answer from a proxy.
func direct(
	err error, host string, reached bool, offline func() bool,
) (problem.Reason, string) {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if !e.IsNotFound {
			return problem.NetworkDown, CauseNoNames
		}
		if strings.TrimSuffix(e.Name, ".") != (&url.URL{Host: host}).Hostname() || reached ||
			offline() {
			return problem.NetworkDown, "name not found"
		}
		return problem.AccountGone, "name not found"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		// Networks that inspect traffic make a certificate for the right name; a sign-in page has
		// its own.
		return problem.NotTheService, "certificate of another name"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return problem.CertificateDates, "certificate expired or not valid yet"
	}
	if untrusted(err) {
		if reached {
			// It was trusted before in this run, so the network is another one now.
			return problem.NotTheService, "certificate not trusted"
		}
		return problem.NetworkInspected, "certificate not trusted"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return problem.NotTheService, "no TLS where it was due"
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return problem.NetworkDown, "TLS handshake refused"
	}
	if errors.Is(err, errForeign) {
		return problem.AnswerForeign, "answer of another request"
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok || errors.Is(err, errEndless) ||
		strings.Contains(err.Error(), "malformed HTTP") ||
		strings.Contains(err.Error(), "response headers exceeded") {
		return problem.AnswerGarbled, "answer is not HTTP"
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return problem.NetworkDown, "timed out"
	}
	for _, c := range []struct {
		err  error
		text string
	}{
		{syscall.ECONNREFUSED, CauseRefused},
		{syscall.ECONNRESET, "connection reset"},
		{syscall.EPIPE, "connection closed"},
		{syscall.EHOSTUNREACH, "host unreachable"},
		{syscall.ENETUNREACH, "network unreachable"},
		{io.ErrUnexpectedEOF, "connection closed"},
		{io.EOF, "connection closed"},
		{net.ErrClosed, "connection closed"},
	} {
		if errors.Is(err, c.err) {
			return problem.NetworkDown, c.text
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return problem.NetworkDown, "forbidden by this computer"
	}
	return problem.NetworkDown, "connection failed"
}

// untrusted reports whether the other side's certificate was refused.
func untrusted(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok
}

// IssuerIn returns the issuer of the certificate that err refuses: its common name, or else its
// organisation. It returns "" if err is not about a certificate.
func IssuerIn(err error) string {
	var first *x509.Certificate
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok &&
		len(e.UnverifiedCertificates) > 0 {
		first = e.UnverifiedCertificates[0]
	} else if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		first = e.Cert
	}
	if first == nil {
		return ""
	}
	return cmp.Or(first.Issuer.CommonName, strings.Join(first.Issuer.Organization, ", "))
}

// offline reports whether this computer has only loopback addresses. It asks the system, not the
// network.
func offline() bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			return false
		}
	}
	return true
}

// blamed returns the proxy's objection, or an error with the failure Silent if the proxy is not to
// blame or could not even be reached.
func blamed(err error) *proxydial.Error {
	if e, ok := errors.AsType[*proxydial.Error](err); ok {
		return e
	}
	return &proxydial.Error{Failure: proxydial.Silent}
}

// proxyCategory is [Category] for what a proxy said.
func proxyCategory(e *proxydial.Error) (problem.Reason, string) {
	switch e.Failure {
	case proxydial.SignInNeeded:
		return problem.ProxySignIn, "proxy demands a sign-in"
	case proxydial.SignInUnknown:
		return problem.ProxySignInKind, "proxy demands a sign-in"
	case proxydial.TicketNeeded:
		return problem.ProxyTicket, "no valid ticket for the proxy"
	case proxydial.SignInLapsed:
		return problem.ProxySignInLapsed, "proxy demands a sign-in again"
	case proxydial.Garbled:
		return problem.NotTheService, "answer of no proxy"
	case proxydial.Undecided:
		return problem.ProxyUnknown, "no answer which proxy"
	}
	cause := "proxy refused the connection"
	if e.Status != 0 {
		cause += ": " + strconv.Itoa(e.Status)
	}
	return problem.ProxyRefused, cause
}
