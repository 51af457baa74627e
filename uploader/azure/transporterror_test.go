package azure

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inboxuploader/internal/proxydial"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// rawServer accepts connections and lets answer do what it likes with each.
func rawServer(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			answer(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return "http://" + l.Addr().String()
}

// readRequest reads one request to its end, whatever becomes of it.
func readRequest(conn net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
}

func TestTransportErrors(t *testing.T) {
	refused := func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return "http://" + address
	}
	dial := func(err error) func(*Store) {
		return func(s *Store) {
			s.offline = func() bool { return false }
			s.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
			}
			s.transport.DialTLSContext = s.transport.DialContext
		}
	}
	nowhere := func(*testing.T) string { return "https://account.blob.core.windows.net" }
	noSuchName := &net.DNSError{Err: "no such host", Name: "account.blob.core.windows.net", IsNotFound: true}
	proxy := func(status int) func(*testing.T) (string, Options) {
		return func(t *testing.T) (string, Options) {
			p := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			return nowhere(t), Options{Proxy: through(t, p.URL)}
		}
	}
	secure := func(t *testing.T) string { // its certificate is for 127.0.0.1, by nobody
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = quiet()
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	plain := func(f func(*testing.T) string) func(*testing.T) (string, Options) {
		return func(t *testing.T) (string, Options) { return f(t), Options{} }
	}
	const host = "account.blob.core.windows.net"
	silent := func(why error) error { // of a proxy, which only proxydial can make
		d := &proxydial.Dialer{
			Choose: through(t, "proxy.example:1"),
			Dial:   func(context.Context, string, string) (net.Conn, error) { return nil, why },
		}
		_, err := d.Open(t.Context(), "https", "tcp", host+":443")
		return err
	}
	cases := []struct {
		name   string
		server func(*testing.T) (string, Options)
		change func(*Store)
		reason problem.Reason
		cause  string
		value  string
		// sent means that the whole request went out, except where there is nothing but headers to
		// tell by.
		sent bool
	}{
		{"refused", plain(refused), nil, problem.NetworkDown, "connection refused", "", false},
		{"closed without a word", plain(func(t *testing.T) string { return rawServer(t, readRequest) }), nil, problem.NetworkDown, "connection closed", "", true},
		{"reset", plain(func(t *testing.T) string {
			return rawServer(t, func(c net.Conn) {
				readRequest(c)
				if tcp, ok := c.(*net.TCPConn); ok {
					_ = tcp.SetLinger(0)
				}
			})
		}), nil, problem.NetworkDown, "connection reset", "", true},
		{"not HTTP", plain(func(t *testing.T) string {
			return rawServer(t, func(c net.Conn) {
				readRequest(c)
				_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n\r\n")
			})
		}), nil, problem.AnswerGarbled, "answer is not HTTP", "", true},
		{"half an answer", plain(func(t *testing.T) string {
			return rawServer(t, func(c net.Conn) {
				readRequest(c)
				_, _ = io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf")
			})
		}), nil, problem.AnswerGarbled, "", "", true},
		{"certificate of nobody", plain(secure), nil, problem.NetworkInspected, "certificate not trusted", "HOST", false},
		{"certificate of nobody, but it was trusted", plain(secure), func(s *Store) { s.reached.Store(true) }, problem.NotTheService, "certificate not trusted", "", false},
		{"certificate of a sign-in page", plain(func(t *testing.T) string { return strings.Replace(secure(t), "127.0.0.1", "localhost", 1) }), nil, problem.NotTheService, "certificate of another name", "", false},
		{"no TLS", plain(func(t *testing.T) string {
			return "https" + rawServer(t,
				func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") })[len("http"):]
		}), nil, problem.NotTheService, "no TLS where it was due", "", false},
		{"no such name", plain(nowhere), dial(noSuchName), problem.AccountGone, "name not found", host, false},
		{"no such name, but it has answered", plain(nowhere), func(s *Store) { dial(noSuchName)(s); s.reached.Store(true) }, problem.NetworkDown, "name not found", "", false},
		{"no such name, and no network", plain(nowhere), func(s *Store) { dial(noSuchName)(s); s.offline = func() bool { return true } }, problem.NetworkDown, "name not found", "", false},
		{"no such proxy", plain(nowhere), dial(&net.DNSError{Err: "no such host", Name: "proxy.example", IsNotFound: true}), problem.NetworkDown, "name not found", "", false},
		{"a proxy that nobody knows", plain(nowhere), dial(silent(&net.DNSError{Err: "no such host", Name: "proxy.example", IsNotFound: true})), problem.ProxyDown, "name not found", "", false},
		{"a proxy that hangs up", plain(nowhere), dial(silent(io.EOF)), problem.ProxyDown, "connection closed", "", false},
		{"nobody says which proxy", plain(nowhere), dial(&proxydial.Error{Failure: proxydial.Undecided}), problem.ProxyUnknown, "no answer which proxy", "", false},
		{"certificate that is over", plain(nowhere), dial(x509.CertificateInvalidError{Reason: x509.Expired}), problem.CertificateDates, "certificate expired or not valid yet", host, false},
		{"names unavailable", plain(nowhere), dial(&net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}), problem.NetworkDown, "name service unavailable", "", false},
		{"timeout", plain(nowhere), dial(os.ErrDeadlineExceeded), problem.NetworkDown, "timed out", "", false},
		{"anything else", plain(nowhere), dial(errors.New("strange: " + secretQuery)), problem.NetworkDown, "connection failed", "", false},
		{"proxy wants a sign-in", proxy(http.StatusProxyAuthRequired), nil, problem.ProxySignIn, "proxy demands a sign-in", "", false},
		{"proxy forbids", proxy(http.StatusForbidden), nil, problem.ProxyRefused, "proxy refused the connection: 403", "HOST", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			address, options := c.server(t)
			token := testToken(address)
			s := openTest(t, token, options)
			if c.change != nil {
				c.change(s)
			}
			value := c.value
			if value == "HOST" {
				value = token.Inbox.Host
			}
			for _, op := range operations {
				_, err := op.call(t.Context(), s, "a")
				noSecret(t, err)
				e, ok := errors.AsType[*problem.Error](err)
				if !ok {
					t.Fatalf("%s: %v (%T)", op.name, err, err)
				}
				// As the certificate of package httptest has it.
				if want := e.Reason == problem.NetworkInspected; want != (e.Issuer == "Acme Co") {
					t.Errorf("%s: issuer %q", op.name, e.Issuer)
				}
				if e.Reason != c.reason || e.Cause != c.cause || e.Value != value ||
					e.Unanswered != c.sent || e.Path != "a" {
					t.Errorf("%s: got %#v\nwant %s, cause %q, value %q, unanswered %v", op.name, e,
						c.reason, c.cause, value, c.sent)
				}
			}
		})
	}
}

func TestACertificateAuthorityFromAFileIsTrusted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("HTTP/%d", r.ProtoMajor)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		created(w)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file,
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		0o600); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, testToken(server.URL), Options{CAFile: file})
	for _, op := range operations {
		if _, err := op.call(t.Context(), s, "a"); err != nil {
			t.Errorf("%s: %v", op.name, err)
		}
	}
}

// TestAServiceIsSpokenToInItsOwnProtocol meets servers that would rather speak HTTP/2, by each way.
func TestAServiceIsSpokenToInItsOwnProtocol(t *testing.T) {
	handle := func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("HTTP/%d", r.ProtoMajor)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		created(w)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(handle))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	p := uploadertest.NewProxy(t, server.Listener.Addr().String(), "", "").HTTP()
	if server.TLS.NextProtos[0] != "h2" {
		t.Fatal(server.TLS.NextProtos)
	}
	for _, choose := range []proxydial.Chooser{nil, through(t, p)} {
		s := openTest(t, testToken(server.URL), Options{Proxy: choose})
		trusted := server.Client().Transport.(*http.Transport).TLSClientConfig //nolint:errcheck // it is
		s.transport.TLSClientConfig.RootCAs = trusted.RootCAs
		for _, op := range operations {
			if _, err := op.call(t.Context(), s, "a"); err != nil {
				t.Errorf("%s: %v", op.name, err)
			}
		}
	}
}

func TestABrokenConnectionInMidBodyDidNothing(t *testing.T) {
	address := rawServer(t, func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 1<<20))
	})
	s := openTest(t, testToken(address), Options{})
	_, err := s.PutBlob(t.Context(), "a", store.NewBody(make([]byte, 32<<20), 0),
		store.Properties{}, always)
	noSecret(t, err)
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || !errors.Is(err, problem.ErrBusy) || e.Unanswered {
		t.Errorf("got %#v, want busy and not unanswered", err)
	}
}

// quiet swallows what a server of a test says of clients that hang up.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
