package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"inboxuploader/internal/proxydial"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secretQuery is in the wildest order and encoding that a token can have. The signature is not one
// of any account.
const (
	signature   = "c2lnbmF0dXJlIG9mIG5vYm9keSBhdCBhbGwgMDE%3D"
	secretQuery = "spr=https&&sv=2021-12-02&se=2026-12-01T00%3A00%3A00+00:00&sr=c&&sp=cw&x=%7e~%2f/'&sig=" + signature + "&"
)

var (
	always     store.Condition
	absentOnly = store.Condition{IfAbsent: true}
)

// testToken leads to a server of a test.
func testToken(address string) token.Token {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return token.Token{
		Inbox:  token.Inbox{Scheme: u.Scheme, Host: u.Host, Container: "inbox"},
		Rights: token.Rights{Letters: "cw"},
		IP:     "192.0.2.7",
	}
}

func openTest(t *testing.T, token token.Token, o Options) *Store {
	t.Helper()
	s, err := open(token, secretQuery, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve starts a server for one test.
func serve(t *testing.T, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server
}

func created(w http.ResponseWriter) {
	w.Header().Set("x-ms-request-id", "11111111-2222-3333-4444-555555555555")
	w.Header().Set("ETag", `"0x1"`)
	w.WriteHeader(http.StatusCreated)
}

// operations are the three requests, each with content.
var operations = []struct {
	name     string
	replaces bool
	call     func(context.Context, *Store, string) (ledger.Answer, error)
}{
	{"put blob", false, func(ctx context.Context, s *Store, name string) (ledger.Answer, error) {
		return s.PutBlob(ctx, name, uploadertest.NewBody([]byte("content")),
			store.Properties{ContentType: "text/csv"}, absentOnly)
	}},
	{"put empty blob", true, func(ctx context.Context, s *Store, name string) (ledger.Answer, error) {
		return s.PutBlob(ctx, name, uploadertest.NewBody(nil), store.Properties{}, always)
	}},
	{"put block", false, func(ctx context.Context, s *Store, name string) (ledger.Answer, error) {
		return s.PutBlock(ctx, name, "aWQ+Pz8/aWQ=", uploadertest.NewBody([]byte("content")))
	}},
	{"put block list", false, func(ctx context.Context, s *Store, name string) (ledger.Answer, error) {
		return s.PutBlockList(ctx, name, []string{"aWQ+Pz8/aWQ="},
			store.Properties{ContentType: "text/csv"}, absentOnly)
	}},
	{"put block list again", true, func(ctx context.Context, s *Store, name string) (ledger.Answer, error) {
		return s.PutBlockList(ctx, name, []string{"aWQ+Pz8/aWQ="},
			store.Properties{ContentType: "text/csv"}, store.Condition{IfCommitted: true})
	}},
}

func TestTheQueryGoesOutByteForByte(t *testing.T) {
	var got []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.RequestURI)
		_, _ = io.Copy(io.Discard, r.Body)
		created(w)
	})
	s := openTest(t, testToken(server.URL), Options{})
	for _, op := range operations {
		if _, err := op.call(t.Context(), s, "folder/a 1+1=2 100% #1 what? é;&\"'"); err != nil {
			t.Fatalf("%s: %v", op.name, err)
		}
	}
	const path = "/inbox/folder/a%201+1=2%20100%25%20%231%20what%3F%20%C3%A9;&%22%27?"
	want := []string{
		path + secretQuery,
		path + secretQuery,
		path + secretQuery + "&blockid=aWQ%2BPz8%2FaWQ%3D&comp=block",
		path + secretQuery + "&comp=blocklist",
		path + secretQuery + "&comp=blocklist",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("request targets (-want +got):\n%s", d)
	}
}

func TestAnyNameArrivesAsItIs(t *testing.T) {
	var got string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Path
		created(w)
	})
	token := testToken(server.URL)
	token.Inbox.Account = "account"
	s := openTest(t, token, Options{})
	for r := rune(0x20); r < 0x250; r++ {
		if r == 0x7f {
			continue
		}
		name := fmt.Sprintf("x%cy%%%02X/%cz", r, r&0xff, r)
		if r == '/' {
			continue
		}
		if _, err := s.PutBlob(t.Context(), name, uploadertest.NewBody(nil), store.Properties{},
			always); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if want := "/account/inbox/" + name; got != want {
			t.Errorf("%q arrived as %q", want, got)
		}
	}
}

func TestNamesThatWouldLeadElsewhereAreNotSent(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	s := openTest(t, testToken(server.URL), Options{})
	for _, name := range []string{"", ".", "..", "../other/a", "a/../../b", "a/./b", "a/.."} {
		for _, op := range operations {
			if _, err := op.call(t.Context(), s, name); !errors.Is(err, problem.ErrName) {
				t.Errorf("%s %q: %v, want ErrName", op.name, name, err)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	type seen struct {
		Length                                          int64
		CRC, Type, BlobType, Agent, IfNone, IfMod, Body string
		Version                                         []string
		Encoding, Expect                                string
	}
	var got seen
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		got = seen{
			r.ContentLength, h.Get("x-ms-content-crc64"), h.Get("x-ms-blob-content-type"),
			h.Get("x-ms-blob-type"), r.UserAgent(),
			h.Get("If-None-Match"), h.Get("If-Modified-Since"), string(body),
			h.Values("x-ms-version"), h.Get("Accept-Encoding"), h.Get("Expect"),
		}
		created(w)
	})
	s := openTest(t, testToken(server.URL), Options{UserAgent: "test/1"})
	csv := store.Properties{ContentType: "text/csv"}
	version := []string{Version}
	moment := time.Date(2026, 3, 1, 13, 0, 59, 999, time.FixedZone("", 3600))
	// The check value of CRC-64/NVME, little-endian, in base64.
	check := func() *store.Body { return store.NewBody([]byte("123456789"), 0xAE8B14860A799888) }
	const crc = "iJh5CoYUi64="
	cases := []struct {
		name string
		call func() (ledger.Answer, error)
		want seen
	}{
		{"put blob", func() (ledger.Answer, error) {
			return s.PutBlob(t.Context(), "a", check(), csv, store.Condition{IfAbsent: true})
		}, seen{CRC: crc, Type: "text/csv", BlobType: "BlockBlob", IfNone: "*", Body: "123456789"}},
		{"put empty blob", func() (ledger.Answer, error) {
			return s.PutBlob(t.Context(), "a", uploadertest.NewBody(nil), store.Properties{},
				store.Condition{IfModifiedSince: moment})
		}, seen{CRC: "AAAAAAAAAAA=", BlobType: "BlockBlob", IfMod: "Sun, 01 Mar 2026 12:00:59 GMT"}},
		{"put block", func() (ledger.Answer, error) {
			return s.PutBlock(t.Context(), "a", "aWQ=", check())
		}, seen{CRC: crc, Body: "123456789"}},
		{"put block list", func() (ledger.Answer, error) {
			return s.PutBlockList(t.Context(), "a", []string{"aWQ=", "aWI="}, csv,
				store.Condition{IfAbsent: true})
		}, seen{
			Type: "text/csv", IfNone: "*",
			Body: `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
				`<BlockList><Latest>aWQ=</Latest><Latest>aWI=</Latest></BlockList>`,
		}},
		{"put block list again", func() (ledger.Answer, error) {
			return s.PutBlockList(t.Context(), "a", []string{"aWQ=", "aWI="}, csv,
				store.Condition{IfCommitted: true, IfModifiedSince: moment})
		}, seen{
			Type: "text/csv", IfMod: "Sun, 01 Mar 2026 12:00:59 GMT",
			Body: `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
				`<BlockList><Committed>aWQ=</Committed><Committed>aWI=</Committed></BlockList>`,
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, err := c.call()
			if err != nil {
				t.Fatal(err)
			}
			if a.ETag != `"0x1"` || a.RequestID != "11111111-2222-3333-4444-555555555555" ||
				time.Since(a.Date).Abs() > time.Minute {
				t.Errorf("answer %+v", a)
			}
			want := c.want
			want.Agent, want.Version, want.Length = "test/1", version, int64(len(want.Body))
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("request (-want +got):\n%s", d)
			}
		})
	}
}

func TestAnEchoOfOtherBytesIsCorruption(t *testing.T) {
	echo := ""
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["x-ms-content-crc64"] = []string{echo}
		created(w)
	})
	s := openTest(t, testToken(server.URL), Options{})
	body := func() *store.Body { return uploadertest.NewBody([]byte("content")) }
	for _, c := range []struct {
		name, echo string
		want       error
	}{
		{"none", "", nil},
		{"the same", checksum(body().CRC64()), nil},
		{"another", checksum(body().CRC64() + 1), problem.ErrCorrupt},
		{"no checksum at all", "garbage!", problem.ErrBusy},
	} {
		t.Run(c.name, func(t *testing.T) {
			echo = c.echo
			_, err := s.PutBlob(t.Context(), "a", body(), store.Properties{}, always)
			_, err2 := s.PutBlock(t.Context(), "a", "aWQ=", body())
			if !errors.Is(err, c.want) || !errors.Is(err2, c.want) {
				t.Errorf("got %v and %v, want %v", err, err2, c.want)
			}
			if e, ok := errors.AsType[*problem.Error](err); ok &&
				(!e.Unanswered || e.Status != 201) {
				t.Errorf("got %+v, want unanswered and status 201", e)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	good := testToken("https://account.blob.core.windows.net")
	change := func(f func(*token.Token)) token.Token {
		token := good
		f(&token)
		return token
	}
	for _, c := range []struct {
		name   string
		token  token.Token
		query  string
		reason problem.Reason
	}{
		{"no query", good, "", problem.NoSignature},
		{"no host", change(func(t *token.Token) { t.Inbox.Host = "" }), "sig=a", problem.NoAddress},
		{"other scheme", change(func(t *token.Token) { t.Inbox.Scheme = "ftp" }), "sig=a", problem.NoAddress},
		{"no container", change(func(t *token.Token) { t.Inbox.Container = "" }), "sig=a", problem.NoContainer},
		{"space", good, "sig=a b", problem.NotAToken},
		{"line break", good, "sig=a\r\nHost: b", problem.NotAToken},
		{"fragment", good, "sig=a#b", problem.NotAToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(c.token, c.query, Options{})
			e, ok := errors.AsType[*problem.Error](err)
			if !ok || e.Reason != c.reason {
				t.Errorf("got %v, want %s", err, c.reason)
			}
		})
	}
	if _, err := Open(token.Token{}, Options{}); !errors.Is(err, problem.ErrTokenInvalid) {
		t.Errorf("the zero token: %v", err)
	}
	if _, err := open(good, "sig=a", Options{CAFile: t.TempDir() + "/missing.pem"}); !errors.Is(err,
		os.ErrNotExist) {
		t.Errorf("a CA file that is missing: %v", err)
	}
	empty := t.TempDir() + "/empty.pem"
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	endless := t.TempDir() + "/endless.pem"
	if err := os.WriteFile(endless, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(endless, maxAuthorities+1); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{os.DevNull, "/dev/zero", endless, t.TempDir()} { // the second is no file on Windows
		if _, err := open(good, "sig=a", Options{CAFile: file}); err == nil {
			t.Errorf("%s was read to its end", file)
		}
	}
	if _, err := open(good, "sig=a", Options{CAFile: empty}); err == nil {
		t.Error("a CA file without a certificate was accepted")
	}
}

func TestNeitherTheProxyFunctionNorTheSDKSeeTheSecret(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-ms-error-code", "InternalError")
		w.WriteHeader(http.StatusInternalServerError)
	})
	var mu sync.Mutex
	var seen []string
	note := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, text)
	}
	azlog.SetListener(func(_ azlog.Event, text string) { note(text) })
	defer azlog.SetListener(nil)
	s := openTest(t, testToken(server.URL), Options{Proxy: func(_ context.Context, u *url.URL) ([]proxydial.Proxy, error) {
		note("proxy for " + u.String())
		return []proxydial.Proxy{{}}, nil
	}})
	for _, op := range operations {
		if _, err := op.call(t.Context(), s, "a"); err == nil {
			t.Fatal("no error")
		}
	}
	mu.Lock()
	defer mu.Unlock()
	proxied, logged := false, false
	for _, text := range seen {
		proxied = proxied || strings.HasPrefix(text, "proxy for http://")
		logged = logged || strings.Contains(text, "InternalError")
		if strings.Contains(text, "sig=") || strings.Contains(text, signature) ||
			strings.HasPrefix(text, "proxy for") && text != "proxy for "+server.URL+"/" {
			t.Errorf("seen: %s", text)
		}
	}
	if !proxied || !logged {
		t.Errorf("the proxy function (%v) or the SDK's log (%v) was not used", proxied, logged)
	}
}

// slowBody is endless from the point of view of a test: a body that is larger than all buffers on
// the way.
func slowBody() *store.Body { return store.NewBody(make([]byte, 32<<20), 0) }

func TestACancelledCallReturnsWithItsCause(t *testing.T) {
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 1<<20 {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		arrived <- struct{}{}
		<-release
	})
	defer close(release)
	s := openTest(t, testToken(server.URL), Options{})
	paused := errors.New("paused")
	small := func() *store.Body { return uploadertest.NewBody([]byte("content")) }
	for _, c := range []struct {
		name       string
		body       func() *store.Body
		cause      error
		unanswered bool
	}{
		{"whole request sent", small, problem.New("", "", problem.NoProgress), true},
		{"half a request sent", slowBody, problem.New("", "", problem.NoProgress), false},
		{"nothing but headers to send", func() *store.Body { return uploadertest.NewBody(nil) }, problem.New("", "", problem.NoProgress), true},
		{"another cause", slowBody, paused, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				<-arrived
				cancel(c.cause)
			}()
			_, err := s.PutBlob(ctx, "a", c.body(), store.Properties{}, always)
			if errors.Is(c.cause, paused) {
				if !errors.Is(err, paused) {
					t.Errorf("got %v, want the cause itself", err)
				}
				return
			}
			e, ok := errors.AsType[*problem.Error](err)
			if !ok || e.Reason != problem.NoProgress || e.Unanswered != c.unanswered ||
				e.Op != "put blob" || e.Path != "a" {
				t.Errorf("got %#v, want no progress, unanswered %v", err, c.unanswered)
			}
			if shared, _ := errors.AsType[*problem.Error](c.cause); shared.Op != "" ||
				shared.Unanswered {
				t.Error("the cause itself was changed")
			}
		})
	}
}

// TestTheBodyIsNotReadAfterTheCall gives the buffer back at once, as the queue does; the race
// detector watches.
func TestTheBodyIsNotReadAfterTheCall(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		// The answer comes while the body is still on its way.
		w.Header().Set("x-ms-error-code", "AuthorizationFailure")
		w.Header().Set("x-ms-request-id", "1")
		w.WriteHeader(http.StatusForbidden)
	})
	s := openTest(t, testToken(server.URL), Options{})
	buffer := make([]byte, 4<<20)
	for i := range 8 {
		body := store.NewBody(buffer, 0)
		_, err := s.PutBlock(t.Context(), "a", "aWQ=", body)
		if err == nil {
			t.Fatal("no error")
		}
		for j := range buffer {
			buffer[j] = byte(i)
		}
	}
}
