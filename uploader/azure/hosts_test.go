package azure

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"inboxuploader/uploader/problem"
)

// TestRedirectsAreNeverFollowed: neither to another host nor to the same one, whatever the status;
// the token stays here.
func TestRedirectsAreNeverFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var asked, strays atomic.Int64
		elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { strays.Add(1) })
		var location string
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Header().Set("Location", location)
			w.WriteHeader(status)
		})
		s := openTest(t, testToken(server.URL), Options{})
		for _, to := range []string{elsewhere.URL + "/inbox/a", server.URL + "/inbox/a", "/elsewhere", "//" + strings.TrimPrefix(elsewhere.URL, "http://")} {
			location = to
			for _, op := range operations {
				before := asked.Load()
				_, err := op.call(t.Context(), s, "a")
				noSecret(t, err)
				if e, ok := errors.AsType[*problem.Error](err); !ok ||
					e.Reason != problem.NotTheService {
					t.Errorf("%d to %s, %s: %v", status, to, op.name, err)
				}
				if asked.Load() != before+1 || strays.Load() != 0 {
					t.Errorf("%d to %s, %s: %d requests here, %d elsewhere", status, to, op.name,
						asked.Load()-before, strays.Load())
				}
			}
		}
	}
}

// TestOldVersionsOfTLSAreRefused: nothing is sent to a server that can't do TLS 1.2.
func TestOldVersionsOfTLSAreRefused(t *testing.T) {
	for version, accepted := range map[uint16]bool{
		tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true,
		tls.VersionTLS13: true,
	} {
		var asked atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			created(w)
		}))
		server.Config.ErrorLog = quiet()
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
		server.StartTLS()
		t.Cleanup(server.Close)
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file,
			pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			0o600); err != nil {
			t.Fatal(err)
		}
		s := openTest(t, testToken(server.URL), Options{CAFile: file})
		_, err := operations[1].call(t.Context(), s, "a")
		noSecret(t, err)
		if accepted != (err == nil) || accepted != (asked.Load() == 1) {
			t.Errorf("%s: %v, %d requests", tls.VersionName(version), err, asked.Load())
		}
		if e, ok := errors.AsType[*problem.Error](err); !accepted &&
			(!ok || !errors.Is(err, problem.ErrBusy) || e.Unanswered) {
			t.Errorf("%s: %#v", tls.VersionName(version), err)
		}
	}
}

// TestVerificationCanNotBeSwitchedOff: neither the options nor the environment do it.
func TestVerificationCanNotBeSwitchedOff(t *testing.T) {
	c, err := Options{}.tlsConfig()
	if err != nil || c.InsecureSkipVerify || c.VerifyConnection != nil ||
		c.VerifyPeerCertificate != nil || c.MinVersion != tls.VersionTLS12 {
		t.Errorf("%+v, %v", c, err)
	}
}
