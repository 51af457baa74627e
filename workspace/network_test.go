package workspace

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/proxydial"
	"inboxuploader/uploader/azure"
)

// TestNetworks is about what stands between this computer and the service.
func TestNetworks(t *testing.T) {
	refused := func(t *testing.T) (string, Options) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		return "http://" + l.Addr().String() + "/localinbox", Options{}
	}
	answering := func(h http.HandlerFunc) func(t *testing.T) (string, Options) {
		return func(t *testing.T) (string, Options) {
			server := httptest.NewServer(h)
			t.Cleanup(server.Close)
			return server.URL + "/localinbox", Options{}
		}
	}
	proxied := func(status int, scheme string) func(t *testing.T) (string, Options) {
		return func(t *testing.T) (string, Options) {
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Proxy-Authenticate", scheme)
				w.WriteHeader(status)
			}))
			t.Cleanup(proxy.Close)
			p, err := proxydial.ParseProxy(proxy.URL)
			if err != nil {
				t.Fatal(err)
			}
			return labAddress, Options{Connection: azure.Options{
				Proxy: func(context.Context, *url.URL) ([]proxydial.Proxy, error) {
					return []proxydial.Proxy{p}, nil
				},
			}}
		}
	}
	for name, c := range map[string]struct {
		site func(t *testing.T) (string, Options)
		want Reason
	}{
		"nobody listens": {refused, NetworkDown},
		"a sign-in page": {answering(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>Welcome to the hotel</html>"))
		}), NotTheService},
		"a redirect": {answering(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://portal.example.org/")
			w.WriteHeader(http.StatusFound)
		}), NotTheService},
		"a stranger's refusal":                    {answering(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }), NotTheService},
		"a proxy that wants a sign-in":            {proxied(http.StatusProxyAuthRequired, "Basic"), ProxySignIn},
		"a proxy that wants another kind of that": {proxied(http.StatusProxyAuthRequired, "Digest"), ProxySignInKind},
		"a proxy that refuses":                    {proxied(http.StatusForbidden, ""), ProxyRefused},
		"a certificate that nobody vouches for": {func(t *testing.T) (string, Options) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			return server.URL + "/localinbox", Options{}
		}, NetworkInspected},
		"a certificate that a file vouches for": {func(t *testing.T) (string, Options) {
			server := httptest.NewTLSServer(http.NotFoundHandler())
			t.Cleanup(server.Close)
			file := filepath.Join(t.TempDir(), "ca.pem")
			text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			return server.URL + "/localinbox", Options{Connection: azure.Options{CAFile: file}}
		}, NotTheService},
	} {
		t.Run(name, func(t *testing.T) {
			address, o := c.site(t)
			key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, keySize))
			account, err := ParseAccount(key, address)
			if err != nil {
				t.Fatal(err)
			}
			w := openWith(t, account, "ws", o)
			for op, err := range everywhere(t.Context(), w, t.TempDir()) {
				if reasonOf(err) != c.want {
					t.Errorf("%s: %v, want %s", op, err, c.want)
				}
				sayable(t, err)
			}
		})
	}
}

// TestAListThatIsNone has the service's mark and no list.
func TestAListThatIsNone(t *testing.T) {
	s := newSite(t, blobserver.Config{Before: func(*blobserver.Op) *blobserver.Answer {
		return &blobserver.Answer{Status: 200, Raw: []byte("<html>")}
	}})
	w := s.open(t, "ws")
	if _, err := w.List(t.Context()); reasonOf(err) != NotTheService {
		t.Errorf("list: %v", err)
	}
	if _, _, err := w.Issue(t.Context(), Request{Reason: "x"}); reasonOf(err) != NotTheService {
		t.Errorf("issue: %v", err)
	}
}

// TestCodesThatCanBeNoneAreNotKept, since they could carry a page into a log.
func TestCodesThatCanBeNoneAreNotKept(t *testing.T) {
	a, err := ParseAccount(testKey, labAddress)
	if err != nil {
		t.Fatal(err)
	}
	answer := &http.Response{StatusCode: 400, Header: http.Header{"X-Ms-Error-Code": {"<script>"}, "X-Ms-Request-Id": {strings.Repeat("a", 65)}}, Body: http.NoBody}
	if err := openWith(t, a, "ws", Options{}).refused("test", answer); err.Code != "" ||
		err.RequestID != "" {
		t.Errorf("kept %+v", err)
	}
}
