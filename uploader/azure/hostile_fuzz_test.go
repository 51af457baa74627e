package azure

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// FuzzAHostileServerGetsAnErrorInWords lets the other side send any bytes in place of an answer.
// QUERY in them stands for the request's own query and SIGNATURE for the signature, so that they
// can come back in any place.
func FuzzAHostileServerGetsAnErrorInWords(f *testing.F) {
	for _, head := range []string{
		"HTTP/1.1 403 Forbidden\r\nx-ms-error-code: AuthenticationFailed\r\nx-ms-request-id: QUERY\r\n",
		"HTTP/1.1 403 QUERY\r\nx-ms-error-code: QUERY\r\nDate: QUERY\r\n",
		"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/?QUERY\r\n",
		"HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999\r\nx-ms-retry-after-ms: -1\r\n",
		"HTTP/1.1 201 Created\r\nETag: \"QUERY\"\r\nx-ms-content-crc64: QUERY\r\n",
		"HTTP/1.1 201 Created\r\nETag: \"SIGNATURE\"\r\nx-ms-request-id: 1\r\n",
		"HTTP/1.1 201 Created\r\nETag: \"0x8D\"\r\nx-ms-request-id: SIGNATURE\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Error\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: QUERY\r\nConnection: upgrade\r\n",
		"HTTP/9.9 QUERY\r\n", "QUERY", "",
	} {
		body := "\ufeff<?xml version=\"1.0\"?><Error><Code>QUERY</Code><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [QUERY] - Expiry [\x1b[2J] - Current []</AuthenticationErrorDetail></Error>"
		f.Add([]byte(head + "\r\n" + body))
		f.Add([]byte(head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body)+1, body)))
		f.Add([]byte(head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nQUERY"))
	}
	var answer atomic.Pointer[[]byte]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_, query, _ := strings.Cut(r.RequestURI, "?")
				text := bytes.ReplaceAll(*answer.Load(), []byte("QUERY"), []byte(query))
				_, _ = conn.Write(bytes.ReplaceAll(text, []byte("SIGNATURE"),
					[]byte(signature[:20])))
			}
			_ = conn.Close()
		}
	}()
	f.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	s, err := open(testToken("http://"+listener.Addr().String()), secretQuery, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, bytes []byte) {
		answer.Store(&bytes)
		for _, op := range operations[1:4] {
			got, err := op.call(t.Context(), s, "folder/a")
			if err == nil {
				for _, text := range []string{got.RequestID, got.ETag} {
					if strings.Contains(text, "sig=") || strings.Contains(text, signature[:20]) {
						t.Errorf("%s: an answer holds the secret: %q", op.name, text)
					}
				}
				continue
			}
			noSecret(t, err)
			e, ok := errors.AsType[*problem.Error](err)
			if !ok || e.Err == nil || !errors.Is(err, problem.New("", "", e.Reason).Err) ||
				e.RetryAfter < 0 || e.RetryAfter > longestWait {
				t.Fatalf("%s: %#v", op.name, err)
			}
			if e.Reason == problem.Unexpected && e.Status == 0 {
				t.Errorf("%s: nobody expects %v", op.name, err)
			}
			for _, text := range []string{err.Error(), problem.Explain(err).String()} {
				noSecret(t, errors.New(text))
				if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Errorf("%s: not for a terminal: %q", op.name, text)
				}
			}
		}
	})
}

// FuzzAPlannedNameIsStoredAsPlanned: the service stores each name that PlanName makes, under that
// very name and no other.
func FuzzAPlannedNameIsStoredAsPlanned(f *testing.F) {
	for _, rel := range []string{"a/b", "a b+c%20#?&='\"", "é\u0301", "../x", "a./b..", `a\b`, "\x00\x7f\u0081\u0085\u00a0", "\xff", "CON", "a:b*", "~", strings.Repeat("é", 600), "%2e%2e/%2F", ";x=1", "数字/🧬"} {
		f.Add("", rel)
		f.Add("in/box", rel)
	}
	server, err := blobserver.New(blobserver.Config{Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	f.Cleanup(func() {
		web.Close()
		_ = server.Close()
	})
	var stores atomic.Int64
	f.Fuzz(func(t *testing.T, prefix, rel string) {
		n, err := scan.PlanName(prefix, rel)
		if err != nil || n.Blob == "" {
			return
		}
		if again, err := scan.PlanName("", prefix); prefix != "" &&
			(err != nil || again.Blob != prefix) {
			return // no token has such a prefix
		}
		container := fmt.Sprintf("c-%d", stores.Add(1))
		if err := server.CreateContainer(container); err != nil {
			t.Fatal(err)
		}
		link, err := server.Token(blobserver.TokenRequest{Base: web.URL, Container: container, Rights: "w", To: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		token, err := token.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Open(token, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		if _, err := s.PutBlob(t.Context(), n.Blob, uploadertest.NewBody([]byte("x")),
			store.Properties{}, always); err != nil {
			t.Fatalf("PlanName(%q, %q) = %q: %v", prefix, rel, n.Blob, err)
		}
		if blobs := server.Blobs(container); len(blobs) != 1 || blobs[0].Name != n.Blob {
			t.Fatalf("PlanName(%q, %q) = %q, stored as %+v", prefix, rel, n.Blob, blobs)
		}
	})
}
