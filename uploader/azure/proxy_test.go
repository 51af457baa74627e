package azure

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
)

// password has all that an address needs escaped.
const password = "p@ss:w/o#r%d?&"

// testProxy is a proxy that connects everybody to one server, whatever they ask for.
type testProxy struct {
	t            *testing.T
	target       string
	user         string // empty: no sign-in
	authenticate []string

	mu    sync.Mutex
	asked []string // host:port
	wg    sync.WaitGroup
	conns []net.Conn
}

func newTestProxy(t *testing.T, target, user string) *testProxy {
	p := &testProxy{t: t, target: target, user: user, authenticate: []string{`Basic realm="x"`}}
	t.Cleanup(func() {
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

// join connects a client with the server until both are done.
func (p *testProxy) join(client net.Conn, in io.Reader, host string) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, host)
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	p.wg.Go(func() { _, _ = io.Copy(server, in); _ = server.Close() })
	p.wg.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
}

// ServeHTTP is an HTTP proxy that makes tunnels.
func (p *testProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.URL.RawQuery != "" {
		p.t.Errorf("the proxy was asked to %s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	sign := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+password))
	if p.user != "" && r.Header.Get("Proxy-Authorization") != sign {
		w.Header()["Proxy-Authenticate"] = p.authenticate
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		p.t.Error("no connection to take over")
		return
	}
	conn, buffered, err := hijacker.Hijack()
	if err != nil {
		p.t.Error(err)
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	p.join(conn, buffered, r.Host)
}

// http runs it over http and returns its address.
func (p *testProxy) http() string {
	s := httptest.NewServer(p)
	p.t.Cleanup(s.Close)
	return s.URL
}

// https runs it over https and returns its address and its certificate.
func (p *testProxy) https() (string, []byte) {
	s := httptest.NewUnstartedServer(p)
	s.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	p.t.Cleanup(s.Close)
	return s.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// socks runs it as a SOCKS 5 proxy (RFC 1928, 1929) and returns its address.
func (p *testProxy) socks() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if err := p.greet(conn); err != nil {
				_ = conn.Close()
			}
		}
	}()
	p.t.Cleanup(func() { _ = l.Close(); <-done })
	return "socks5://" + l.Addr().String()
}

func (p *testProxy) greet(conn net.Conn) error {
	read := func(n byte) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(conn, b); err != nil {
			return make([]byte, n)
		}
		return b
	}
	methods := read(read(2)[1])
	method := byte(0)
	if p.user != "" {
		method = 2
	}
	if !bytes.Contains(methods, []byte{method}) {
		_, err := conn.Write([]byte{5, 0xff})
		return errors.Join(err, errors.New("no method"))
	}
	if _, err := conn.Write([]byte{5, method}); err != nil {
		return err
	}
	if method == 2 {
		user := string(read(read(2)[1]))
		if user != p.user || string(read(read(1)[0])) != password {
			_, err := conn.Write([]byte{1, 1})
			return errors.Join(err, errors.New("refused"))
		}
		if _, err := conn.Write([]byte{1, 0}); err != nil {
			return err
		}
	}
	if kind := read(4)[3]; kind != 3 {
		return fmt.Errorf("address of kind %d: the name was looked up here", kind)
	}
	name := string(read(read(1)[0]))
	port := read(2)
	if _, err := conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}); err != nil {
		return err
	}
	p.join(conn, conn, fmt.Sprintf("%s:%d", name, int(port[0])<<8|int(port[1])))
	return nil
}

// distantInbox is a local inbox over https that only a proxy finds: no name service knows its host.
func distantInbox(t *testing.T) (server *blobserver.Server, token uploader.Token, address, authority string) {
	t.Helper()
	server, err := blobserver.New(blobserver.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	config, authority, err := server.TLS("storage")
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
	link, err := server.Token(blobserver.TokenRequest{Base: "https://storage", Container: "ws-1", Rights: "w", To: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if token, err = uploader.ParseToken(link, uploader.AllowHost("storage")); err != nil {
		t.Fatal(err)
	}
	return server, token, listener.Addr().String(), authority
}

// signedIn puts a sign-in into a proxy's address.
func signedIn(address, user, password string) string {
	scheme, host, _ := strings.Cut(address, "://")
	return scheme + "://" + url.UserPassword(user, password).String() + "@" + host
}

func parseProxy(t *testing.T, text string) Proxy {
	t.Helper()
	p, err := ParseProxy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFilesArriveThroughEachKindOfProxy(t *testing.T) {
	for _, kind := range []string{"http", "https", "socks"} {
		for _, user := range []string{"", "user"} {
			t.Run(kind+user, func(t *testing.T) {
				server, token, target, authority := distantInbox(t)
				p := newTestProxy(t, target, user)
				trusted, err := os.ReadFile(authority)
				if err != nil {
					t.Fatal(err)
				}
				var address string
				switch kind {
				case "http":
					address = p.http()
				case "https":
					var certificate []byte
					address, certificate = p.https()
					trusted = append(trusted, certificate...)
				case "socks":
					address = p.socks()
				}
				if user != "" {
					address = signedIn(address, user, password)
				}
				options := Options{Proxy: parseProxy(t, address).For, CAFile: filepath.Join(t.TempDir(), "ca.pem")}
				if err := os.WriteFile(options.CAFile, trusted, 0o600); err != nil {
					t.Fatal(err)
				}
				root, want := writeTree(t)
				status := deliver(t, token, root, options)
				if diff := cmp.Diff(want, contents(t, server)); diff != "" || status.Files[uploader.Delivered] != int64(len(want)) {
					t.Errorf("%d files are said to be delivered; the inbox (-want +got):\n%s", status.Files[uploader.Delivered], diff)
				}
				p.mu.Lock()
				defer p.mu.Unlock()
				if len(p.asked) == 0 {
					t.Error("the proxy was not asked")
				}
				for _, host := range p.asked {
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
	kinds := func(offers ...string) func(*testProxy) string {
		return func(p *testProxy) string { p.authenticate = offers; return p.http() }
	}
	for _, c := range []struct {
		name   string
		run    func(*testProxy) string
		signIn string // the password that is given; empty for no sign-in
		reason uploader.Reason
		value  string
	}{
		{"http without sign-in", (*testProxy).http, "", uploader.ProxySignIn, ""},
		{"http with a wrong one", (*testProxy).http, "wrong-secret", uploader.ProxySignIn, ""},
		{"socks without sign-in", (*testProxy).socks, "", uploader.ProxySignIn, ""},
		{"socks with a wrong one", (*testProxy).socks, "wrong-secret", uploader.ProxySignIn, ""},
		{"Windows' own", kinds("Negotiate", "NTLM"), "wrong-secret", uploader.ProxySignInKind, "Negotiate, NTLM"},
		{"digest", kinds(`Digest realm="sig=x"`), "", uploader.ProxySignInKind, "Digest"},
		{"one of several is known", kinds("Negotiate", `basic realm="x"`), "", uploader.ProxySignIn, ""},
		{"none that has a name", kinds("X-Odd sig=x"), "", uploader.ProxySignIn, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newTestProxy(t, "127.0.0.1:1", "user")
			address := c.run(p)
			if c.signIn != "" {
				address = signedIn(address, "user", c.signIn)
			}
			s := openTest(t, testToken("https://account.blob.core.windows.net"), Options{Proxy: parseProxy(t, address).For})
			for _, op := range operations {
				_, err := op.call(t.Context(), s, "a")
				noSecret(t, err)
				e, ok := errors.AsType[*uploader.Error](err)
				if !ok || e.Reason != c.reason || e.Value != c.value || e.Unanswered || !errors.Is(err, uploader.ErrDenied) {
					t.Fatalf("%s: %#v", op.name, err)
				}
				if text := fmt.Sprintf("%+v %s", e, uploader.Explain(e)); strings.Contains(text, "wrong-secret") {
					t.Errorf("the password stands in %s", text)
				}
			}
		})
	}
}

func TestParseProxy(t *testing.T) {
	storage, own := &url.URL{Scheme: "https", Host: "account.blob.core.windows.net"}, &url.URL{Scheme: "http", Host: "127.0.0.1:10000"}
	for _, c := range []struct{ text, want string }{ // want is empty where it is refused
		{"proxy.example:8080", "http://proxy.example:8080"},
		{" http://proxy.example:8080/ ", "http://proxy.example:8080"},
		{"https://proxy.example", "https://proxy.example"},
		{"socks5://[2001:db8::1]:1080", "socks5://[2001:db8::1]:1080"},
		{"socks5h://proxy.example:1080", "socks5h://proxy.example:1080"},
		{"user:s3cret@proxy.example:8080", "http://proxy.example:8080"},
		{"http://user:s3cret%40%2F%23@proxy.example:8080", "http://proxy.example:8080"},
		{"None", "none"},
		{"", "environment"},
		{"ftp://user:s3cret@proxy.example", ""},
		{"http://user:s3cret@", ""},
		{"http://user:s3#cret@proxy.example", ""},
		{"http://user:s3/cret@proxy.example", ""},
		{"http://user:s3cret@proxy.example:port", ""},
		{"http://user:s3cret@proxy.example:0", ""},
		{"http://user:s3cret@proxy.example:99999", ""},
		{"http://user:s3cret@proxy.example/path", ""},
		{"http://user:s3cret@proxy.example?x=y", ""},
		{"http://user:s3cret%zz@proxy.example", ""},
	} {
		p, err := ParseProxy(c.text)
		if c.want == "" {
			if err == nil || strings.Contains(err.Error(), "s3") {
				t.Errorf("%q: %v, %v", c.text, p, err)
			}
			continue
		}
		if err != nil || p.String() != c.want {
			t.Errorf("%q: %q, %v", c.text, p, err)
			continue
		}
		text, err := json.Marshal(map[string]any{"proxy": p})
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "proxy", p)
		if shown := fmt.Sprintf("%v %+v %#v %s %s", p, p, struct{ P Proxy }{p}, text, log.String()); strings.Contains(shown, "s3cret") {
			t.Errorf("the password stands in %s", shown)
		}
		if c.want == "environment" {
			continue // that is read once in a process, by net/http
		}
		to, err := p.For(storage)
		if err != nil || (to == nil) != (c.want == "none") || to != nil && to.Scheme+"://"+to.Host != c.want {
			t.Errorf("%q: for the storage %v, %v", c.text, to, err)
		}
		if to, err := p.For(own); to != nil || err != nil {
			t.Errorf("%q: for this computer %v, %v", c.text, to, err)
		}
	}
}
