package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/proxydial"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// password has all that an address needs escaped.
const password = "p@ss:w/o#r%d?&"

// distantInbox is a local inbox over https that only a proxy finds: no name service knows its host.
func distantInbox(
	t *testing.T,
) (server *blobserver.Server, tok token.Token, address, authority string) {
	t.Helper()
	return distantInboxAt(t, "storage")
}

func distantInboxAt(
	t *testing.T, host string,
) (server *blobserver.Server, tok token.Token, address, authority string) {
	t.Helper()
	server, err := blobserver.New(blobserver.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	config, authority, err := server.TLS(host)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(t.Context(), tls.NewListener(listener, config)) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-done); err != nil {
			t.Error(err)
		}
	})
	if err := server.CreateContainer("ws-1"); err != nil {
		t.Fatal(err)
	}
	link, err := server.Token(
		blobserver.TokenRequest{
			Base:      "https://" + host,
			Container: "ws-1",
			Rights:    "w",
			To:        time.Now().Add(time.Hour),
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	if tok, err = token.Parse(link, token.AllowHost(host)); err != nil {
		t.Fatal(err)
	}
	return server, tok, listener.Addr().String(), authority
}

// signedIn puts a sign-in into a proxy's address.
func signedIn(address, user, password string) string {
	scheme, host, _ := strings.Cut(address, "://")
	return scheme + "://" + url.UserPassword(user, password).String() + "@" + host
}

// through chooses one proxy for everything.
func through(t *testing.T, text string) proxydial.Chooser {
	t.Helper()
	p, err := proxydial.ParseProxy(text)
	if err != nil {
		t.Fatal(err)
	}
	return func(context.Context, *url.URL) ([]proxydial.Proxy, error) {
		return []proxydial.Proxy{p}, nil
	}
}

func TestFilesArriveThroughEachKindOfProxy(t *testing.T) {
	for _, kind := range []string{"http", "https", "socks"} {
		for _, user := range []string{"", "user"} {
			t.Run(kind+user, func(t *testing.T) {
				server, token, target, authority := distantInbox(t)
				p := uploadertest.NewProxy(t, target, user, password)
				trusted, err := os.ReadFile(authority)
				if err != nil {
					t.Fatal(err)
				}
				var address string
				switch kind {
				case "http":
					address = p.HTTP()
				case "https":
					var certificate []byte
					address, certificate = p.HTTPS()
					trusted = append(trusted, certificate...)
				case "socks":
					address = p.SOCKS()
				}
				if user != "" {
					address = signedIn(address, user, password)
				}
				options := Options{
					Proxy:  through(t, address),
					CAFile: filepath.Join(t.TempDir(), "ca.pem"),
				}
				if err := os.WriteFile(options.CAFile, trusted, 0o600); err != nil {
					t.Fatal(err)
				}
				root, want := writeTree(t)
				status := deliver(t, token, root, options)
				if diff := cmp.Diff(want, contents(t, server)); diff != "" ||
					status.Files[ledger.Delivered] != int64(len(want)) {
					t.Errorf(
						"%d files are said to be delivered; the inbox (-want +got):\n%s",
						status.Files[ledger.Delivered],
						diff,
					)
				}
				if len(p.Asked()) == 0 {
					t.Error("the proxy was not asked")
				}
				for _, host := range p.Asked() {
					if host != "storage:443" {
						t.Errorf("the proxy was asked for %s", host)
					}
				}
			})
		}
	}
}

// writeTree makes a folder with small files and one of several blocks.
func writeTree(t *testing.T) (root string, want map[string]string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "tree")
	want = map[string]string{
		"tree/a.txt": "a", "tree/empty": "", "tree/b 100%.csv": strings.Repeat("b,", 1000),
		"tree/large": strings.Repeat("a line of a file with several blocks\n", 10_000),
	}
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range want {
		if err := os.WriteFile(filepath.Join(filepath.Dir(root), filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root, want
}

// contents returns all blobs of the container ws-1.
func contents(t *testing.T, server *blobserver.Server) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, b := range server.Blobs("ws-1") {
		f, err := server.Open("ws-1", b.Name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		got[b.Name] = string(data)
	}
	return got
}

func TestAProxyThatDemandsASignInSaysSo(t *testing.T) {
	kinds := func(offers ...string) func(*uploadertest.Proxy) string {
		return func(p *uploadertest.Proxy) string { p.Authenticate = offers; return p.HTTP() }
	}
	for _, c := range []struct {
		name   string
		run    func(*uploadertest.Proxy) string
		signIn string // the password that is given; empty for no sign-in
		reason problem.Reason
		value  string
	}{
		{"http without sign-in", (*uploadertest.Proxy).HTTP, "", problem.ProxySignIn, ""},
		{"http with a wrong one", (*uploadertest.Proxy).HTTP, "wrong-secret", problem.ProxySignIn, ""},
		{"socks without sign-in", (*uploadertest.Proxy).SOCKS, "", problem.ProxySignIn, ""},
		{"socks with a wrong one", (*uploadertest.Proxy).SOCKS, "wrong-secret", problem.ProxySignIn, ""},
		{"Windows' own without sign-in", kinds("Negotiate", "NTLM"), "", problem.ProxySignIn, ""},
		{"Windows' own with a wrong one", kinds("Negotiate", "NTLM"), "wrong-secret", problem.ProxySignIn, ""},
		{"digest", kinds(`Digest realm="sig=x"`), "", problem.ProxySignInKind, "Digest"},
		{"one of several is known", kinds("Negotiate", `basic realm="x"`), "", problem.ProxySignIn, ""},
		{"none that has a name", kinds("X-Odd sig=x"), "", problem.ProxySignIn, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := uploadertest.NewProxy(t, "127.0.0.1:1", "user", password)
			address := c.run(p)
			if c.signIn != "" {
				address = signedIn(address, "user", c.signIn)
			}
			s := openTest(
				t,
				testToken("https://account.blob.core.windows.net"),
				Options{Proxy: through(t, address)},
			)
			for _, op := range operations {
				_, err := op.call(t.Context(), s, "a")
				noSecret(t, err)
				e, ok := errors.AsType[*problem.Error](err)
				if !ok || e.Reason != c.reason || e.Value != c.value || e.Unanswered ||
					!errors.Is(err, problem.ErrDenied) {
					t.Fatalf("%s: %#v", op.name, err)
				}
				if text := fmt.Sprintf("%+v %s", e, problem.Explain(e)); strings.Contains(
					text,
					"wrong-secret",
				) {
					t.Errorf("the password stands in %s", text)
				}
			}
		})
	}
}

func TestAProxyThatRefusesSaysSo(t *testing.T) {
	for _, c := range []struct {
		name   string
		run    func(*uploadertest.Proxy) string
		status int
	}{
		{"by its rules", (*uploadertest.Proxy).HTTP, http.StatusForbidden},
		{"that method", (*uploadertest.Proxy).HTTP, http.StatusMethodNotAllowed},
		{"without a way", (*uploadertest.Proxy).HTTP, http.StatusBadGateway},
		{"for now", (*uploadertest.Proxy).HTTP, http.StatusServiceUnavailable},
		{"over socks", (*uploadertest.Proxy).SOCKS, http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := uploadertest.NewProxy(t, "127.0.0.1:1", "user", "proxy-secret")
			p.Refuse(c.status)
			address := c.run(p)
			_, host, _ := strings.Cut(address, "://")
			s := openTest(
				t,
				testToken("https://account.blob.core.windows.net"),
				Options{Proxy: through(t, signedIn(address, "user", "proxy-secret"))},
			)
			for _, op := range operations {
				_, err := op.call(t.Context(), s, "a")
				noSecret(t, err)
				e, ok := errors.AsType[*problem.Error](err)
				if !ok || e.Reason != problem.ProxyRefused || e.Unanswered ||
					!errors.Is(err, problem.ErrBusy) {
					t.Fatalf("%s: %#v", op.name, err)
				}
				words := problem.Explain(e)
				if !strings.Contains(words.What, host) ||
					!strings.Contains(words.Do, "account.blob.core.windows.net") {
					t.Errorf("%s: %s", op.name, words)
				}
				if text := fmt.Sprintf("%+v %s", e, words); strings.Contains(text, "secret") ||
					strings.Contains(text, "user") {
					t.Errorf("the sign-in stands in %s", text)
				}
			}
		})
	}
}

// TestAProxyThatRefusesIsWaitedFor: no file fails, and all arrive once it has been told to let them
// through.
func TestAProxyThatRefusesIsWaitedFor(t *testing.T) {
	server, tok, target, authority := distantInbox(t)
	p := uploadertest.NewProxy(t, target, "", "")
	p.Refuse(http.StatusForbidden)
	options := Options{Proxy: through(t, p.HTTP()), CAFile: authority}
	queue, err := uploader.NewQueue(
		t.Context(),
		uploader.Config{
			Steady: time.Millisecond,
			Open:   func(t token.Token) (store.Store, error) { return Open(t, options) },
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := queue.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := queue.Use(tok); err != nil {
		t.Fatal(err)
	}
	root, want := writeTree(t)
	if _, err := queue.Add(t.Context(), tok.Inbox, []string{root}, ledger.AddOptions{Scan: scan.Options{Recursive: true}}); err != nil {
		t.Fatal(err)
	}
	for queue.Status().Inboxes[0].Trouble == nil {
		<-queue.Changed()
	}
	s := queue.Status()
	in := s.Inboxes[0]
	if in.Trouble.Reason != problem.ProxyRefused || in.Hold != nil ||
		s.Files[ledger.Failed]+s.Files[ledger.Attention] > 0 {
		t.Errorf("trouble %v, hold %v, files by state %v", in.Trouble, in.Hold, s.Files)
	}
	p.Refuse(0)
	queue.TryNow()
	if err := queue.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, contents(t, server)); diff != "" {
		t.Errorf("the inbox (-want +got):\n%s", diff)
	}
}
