package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/uploadertest"
)

// anyReason is for what depends on the machine.
const anyReason = "any"

// TestTheReportNamesWhatStandsInTheWay has "uploader network" look at networks in which something is
// wrong: it says what, in a sentence, and what to ask for.
func TestTheReportNamesWhatStandsInTheWay(t *testing.T) {
	const name = "storage.example.org"
	r := newLabAt(t, name, "127.0.0.1:0")
	r.begin(t)
	_, port, _ := net.SplitHostPort(r.address)
	known := nameService{name: {"127.0.0.1"}}.start(t)
	through := func(target string) *uploadertest.Proxy {
		return uploadertest.NewProxy(t, target, "", "")
	}
	dead := freePort(t, "127.0.0.1")
	page, turn := switched(t, r.address) // what stands there in place of the storage
	forbids := through(r.address)
	forbids.Refuse(http.StatusForbidden)
	for _, c := range []struct {
		name        string
		environment string
		args        []string
		code        int
		reason      string
		says        []string
	}{
		{
			name: "nothing is wrong", environment: known, args: []string{"--proxy", "none"},
			says: []string{
				"✓ No proxy, as set for this program.",
				"✓ The name leads to 127.0.0.1.", "✓ Connected to 127.0.0.1:" + port + " in ",
				"✓ TLS 1.3, with a certificate by CN=local inbox authority, which is trusted here.",
				"✓ This computer's clock is right.", "✓ The storage accepts this token.",
			},
		},
		{
			name: "a proxy", args: []string{"--proxy", through(r.address).HTTP()},
			says: []string{
				"as set for this program. It wanted no sign-in.", "✓ The proxy looks up the name.",
				"✓ Connected through the proxy in ",
			},
		},
		{
			name: "a dead proxy", args: []string{"--proxy", dead}, code: 1, reason: "proxy-down",
			says: []string{
				"✗ The proxy is http://" + dead + ", as set for this program.",
				"✗ Your proxy (" + dead + ") does not respond: connection refused.",
				"→ Is " + dead + " the right proxy for " + name + ":" + port + ", and is it running?",
			},
		},
		{
			name: "a proxy without a name", environment: known, code: 1, reason: "proxy-down",
			args: []string{"--proxy", "proxy.example.org:3128"},
			says: []string{"✗ Your proxy (proxy.example.org:3128) does not respond: name not found."},
		},
		{
			name: "a proxy that forbids it", args: []string{"--proxy", forbids.HTTP()}, code: 3,
			reason: "proxy-refused",
			says: []string{
				"It answered 403 Forbidden.", "→ Let CONNECT to " + name + " on port " + port +
					" through the proxy ",
			},
		},
		{
			name: "no script", args: []string{"--proxy", "pac+file:///nowhere/proxy.pac"}, code: 3,
			reason: "proxy-unknown",
			says: []string{
				"✗ The proxy script file:///nowhere/proxy.pac can't be read, or gives no answer.",
				"✗ This computer's proxy script or proxy setting gives no answer.",
			},
		},
		{
			name: "no name service", environment: namesVariable + "=" + dead, code: 1,
			args: []string{"--proxy", "none"}, reason: "network-down",
			says: []string{
				"✗ The name service does not answer.",
				"✗ The storage can't be reached: name service unavailable.",
			},
		},
		{
			name: "an unknown name", environment: nameService{}.start(t), code: 1,
			args: []string{"--proxy", "none"}, reason: anyReason, // another one without a network
			says: []string{"✗ The name service knows no “" + name + "”."},
		},
		{
			name: "nobody listens", environment: known, code: 1, reason: "network-down",
			args: []string{"--proxy", "none", name + ":" + dead[strings.LastIndex(dead, ":")+1:]},
			says: []string{
				"✗ The storage can't be reached: connection refused.",
				"→ May this computer reach " + name + " on port ",
			},
		},
		{
			name: "a page without TLS", args: []string{"--proxy", through(page).HTTP()}, code: 3,
			reason: "not-the-service",
			says:   []string{"✗ Something between this computer and the storage answered"},
		},
		{
			name: "a page with TLS", args: []string{"--proxy", through(page).HTTP()}, code: 3,
			reason: "not-the-service",
			says: []string{
				"which is for another host (example.com",
				"→ What answers in place of " + name + ":" + port + "?",
				"✗ Something between this computer and the storage answered",
			},
		},
		{
			name: "an old certificate", args: []string{"--proxy", through(page).HTTP()}, code: 3,
			reason: "certificate-dates",
			says: []string{
				"which is valid from 2 January 2019 to 3 January 2019; this computer's clock says ",
				"→ Is this computer's clock right?",
				"✗ By this computer's clock, the certificate of " + name, "→ Check this computer's date and time, then test again.",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			switch c.name {
			case "a page without TLS":
				s := httptest.NewServer(http.NotFoundHandler())
				t.Cleanup(s.Close)
				turn(s.Listener.Addr().String())
			case "a page with TLS":
				s := httptest.NewTLSServer(http.NotFoundHandler())
				s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
				t.Cleanup(s.Close)
				turn(s.Listener.Addr().String())
			case "an old certificate":
				turn(oldServer(t, name))
			}
			said, code := r.network(t, []string{c.environment}, c.args...)
			for _, words := range c.says {
				if !strings.Contains(said, words) {
					t.Errorf("it does not say %q", words)
				}
			}
			if code != c.code || strings.Contains(said, "by itself") {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if t.Failed() {
				t.Log(said)
			}
			said, _ = r.network(t, []string{c.environment}, append([]string{"--json"}, c.args...)...)
			var report struct{ Reason string }
			if err := json.Unmarshal([]byte(said), &report); err != nil ||
				report.Reason != c.reason && c.reason != anyReason {
				t.Errorf("reason %q, want %q: %v: %s", report.Reason, c.reason, err, said)
			}
		})
	}
}

// TestAPageInAnInspectedNetworkIsNamed: one that stands behind a certificate which is trusted.
func TestAPageInAnInspectedNetworkIsNamed(t *testing.T) {
	r := newLabAt(t, uploadertest.InspectedHost, "127.0.0.1:0")
	inspection := &uploadertest.Inspection{Early: func(int64) int { return http.StatusOK }}
	address, certificate := inspection.Start(t, r.address)
	r.authority = filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(r.authority, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	said, code := r.network(t, nil, "--proxy", uploadertest.NewProxy(t, address, "", "").HTTP())
	if code != 3 || !strings.Contains(said, "✗ Something between this computer and the storage "+
		"answered in its place") || !strings.Contains(said, "which is trusted here") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// oldServer runs a server whose certificate for a host ended years ago, and returns its HOST:PORT.
func oldServer(t *testing.T, host string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2019, time.January, 2, 0, 0, 0, 0, time.UTC)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host},
		NotBefore: begin, NotAfter: begin.AddDate(0, 0, 1),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}
