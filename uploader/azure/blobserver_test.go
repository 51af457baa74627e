package azure

import (
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// serveInbox runs a local inbox with one container until the test ends, and returns it with its
// address.
func serveInbox(t *testing.T, container string) (*blobserver.Server, string) {
	t.Helper()
	server, err := blobserver.New(blobserver.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return server, "http://" + serveOn(t, server, listen(t), container)
}

// listen returns a listener on a free port of this computer.
func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// serveOn runs a local inbox with one container until the test ends, and returns its host.
func serveOn(
	t *testing.T, server *blobserver.Server, listener net.Listener, container string,
) string {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- server.Serve(t.Context(), listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if err := server.CreateContainer(container); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// tokenFor returns a token for a container of a local inbox that is good for as long as life.
func tokenFor(
	t *testing.T, server *blobserver.Server, base, container, rights string, life time.Duration,
) token.Token {
	t.Helper()
	link, err := server.Token(blobserver.TokenRequest{Base: base, Container: container, Rights: rights, To: time.Now().Add(life)})
	if err != nil {
		t.Fatal(err)
	}
	token, err := token.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestTimesAreKeptAsRcloneKeepsThem, of a whole blob and of one made of blocks, also where the list
// is sent once more.
func TestTimesAreKeptAsRcloneKeepsThem(t *testing.T) {
	server, base := serveInbox(t, "ws-1")
	s, err := Open(tokenFor(t, server, base, "ws-1", "w", time.Hour), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	p := store.Properties{
		ContentType: "text/csv",
		ModTime:     time.Date(2026, 1, 2, 3, 4, 5, 60_000_000, time.FixedZone("", 3600)),
	}
	body := uploadertest.NewBody([]byte("data"))
	if _, err := s.PutBlob(t.Context(), "whole", body, p, store.Condition{}); err != nil {
		t.Fatal(err)
	}
	ids := []string{uploadertest.NewID(1)}
	if _, err := s.PutBlock(t.Context(), "blocks", ids[0], body); err != nil {
		t.Fatal(err)
	}
	for _, c := range []store.Condition{{IfAbsent: true}, {IfCommitted: true}} {
		if _, err := s.PutBlockList(t.Context(), "blocks", ids, p, c); err != nil {
			t.Fatal(err)
		}
		for _, b := range server.Blobs("ws-1") {
			if got := b.Metadata["mtime"]; got != "2026-01-02T02:04:05.060000000Z" ||
				len(b.Metadata) != 1 || b.Type != "text/csv" {
				t.Errorf("%s: %q, %s", b.Name, b.Metadata, b.Type)
			}
		}
	}
	p.ModTime = time.Time{}
	if _, err := s.PutBlob(t.Context(), "whole", body, p, store.Condition{}); err != nil {
		t.Fatal(err)
	}
	if b := server.Blobs("ws-1"); len(b[1].Metadata) > 0 {
		t.Errorf("%q is kept unasked", b[1].Metadata)
	}
}

// TestAFolderIsKeptAsAzCopyKeepsOne: it has no bytes and no time.
func TestAFolderIsKeptAsAzCopyKeepsOne(t *testing.T) {
	server, base := serveInbox(t, "ws-1")
	s, err := Open(tokenFor(t, server, base, "ws-1", "c", time.Hour), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	p := store.Properties{Folder: true, ContentType: "application/octet-stream"}
	answer, err := s.PutBlob(t.Context(), "d/empty", store.NewBody(nil, 0), p, store.Condition{IfAbsent: true})
	if err != nil || !answer.Checked {
		t.Fatalf("%+v, %v", answer, err)
	}
	b := server.Blobs("ws-1")
	if len(b) != 1 || b[0].Size != 0 || len(b[0].Metadata) != 1 || b[0].Metadata["hdi_isfolder"] != "true" {
		t.Errorf("there is %+v", b)
	}
}

// TestTheMD5IsKept, of a whole blob, where the service compares it, and of one made of blocks.
func TestTheMD5IsKept(t *testing.T) {
	server, base := serveInbox(t, "ws-1")
	s, err := Open(tokenFor(t, server, base, "ws-1", "w", time.Hour), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	body := uploadertest.NewBody([]byte("data"))
	sum, err := body.Sums(source.MD5)
	if err != nil {
		t.Fatal(err)
	}
	p := store.Properties{MD5: sum.MD5}
	if _, err := s.PutBlob(t.Context(), "whole", body, p, store.Condition{}); err != nil {
		t.Fatal(err)
	}
	ids := []string{uploadertest.NewID(1)}
	if _, err := s.PutBlock(t.Context(), "blocks", ids[0], body); err != nil {
		t.Fatal(err)
	}
	for _, c := range []store.Condition{{IfAbsent: true}, {IfCommitted: true}} {
		if _, err := s.PutBlockList(t.Context(), "blocks", ids, p, c); err != nil {
			t.Fatal(err)
		}
		for _, b := range server.Blobs("ws-1") {
			if b.MD5 != "jXd/OF09/siBXSD3SWAm3A==" { // what md5sum says of it, in base64
				t.Errorf("%s: %q", b.Name, b.MD5)
			}
		}
	}
	if _, err := s.PutBlob(t.Context(), "other", uploadertest.NewBody([]byte("other")), p,
		store.Condition{}); err == nil {
		t.Error("the MD5 of other bytes was taken")
	}
}

// TestTheLocalInboxKeepsThePromises runs the store suite over the wire against internal/blobserver,
// which lacks nothing.
func TestTheLocalInboxKeepsThePromises(t *testing.T) {
	uploadertest.TestStore(t, blobserverSubject(Options{}))
}

// TestTheLocalInboxKeepsThePromisesThroughAProxy does the same with a proxy on the way.
func TestTheLocalInboxKeepsThePromisesThroughAProxy(t *testing.T) {
	uploadertest.TestStore(t, blobserverSubject(Options{Proxy: forwardProxy(t)}))
}

// blobserverSubject opens empty local inboxes for a suite.
func blobserverSubject(options Options) func(*testing.T) uploadertest.Subject {
	return func(t *testing.T) uploadertest.Subject {
		server, base := serveInbox(t, "inbox")
		var mu sync.Mutex
		var secrets []string
		return uploadertest.Subject{
			Open: func(t *testing.T, rights string) store.Store {
				link, err := server.Token(blobserver.TokenRequest{
					Base: base, Container: "inbox", Rights: rights, To: time.Now().Add(time.Hour),
				})
				if err != nil {
					t.Fatal(err)
				}
				address, query, _ := strings.Cut(link, "?")
				u, err := url.Parse(address)
				if err != nil {
					t.Fatal(err)
				}
				account, container, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
				values, err := url.ParseQuery(query)
				if err != nil {
					t.Fatal(err)
				}
				mu.Lock()
				secrets = append(secrets, values.Get("sig"), url.QueryEscape(values.Get("sig")))
				mu.Unlock()
				store, err := open(token.Token{
					Inbox:  token.Inbox{Scheme: u.Scheme, Host: u.Host, Account: account, Container: container},
					Rights: token.Rights{Letters: rights},
				}, query, options)
				if err != nil {
					t.Fatal(err)
				}
				return store
			},
			Read: func(t *testing.T, name string) ([]byte, store.Properties, bool) {
				for _, b := range server.Blobs("inbox") {
					if b.Name != name {
						continue
					}
					f, err := server.Open("inbox", name)
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = f.Close() }()
					data, err := io.ReadAll(f)
					if err != nil {
						t.Fatal(err)
					}
					return data, store.Properties{ContentType: b.Type}, true
				}
				return nil, store.Properties{}, false
			},
			Secrets: func() []string {
				mu.Lock()
				defer mu.Unlock()
				return append([]string(nil), secrets...)
			},
		}
	}
}
