package azure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"

	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// counted is a connection that counts how often it is written to.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// SyscallConn lets the store look whether an idle connection still stands.
func (c counted) SyscallConn() (syscall.RawConn, error) {
	return c.Conn.(*net.TCPConn).SyscallConn() //nolint:errcheck // it is one
}

// TestABodyLeavesInFewPieces: each piece is a way to the system and back, which is what a fast line
// spends its time on.
func TestABodyLeavesInFewPieces(t *testing.T) {
	body := bytes.Repeat([]byte("content "), 1<<20)
	handle := func(w http.ResponseWriter, r *http.Request) {
		if got, err := io.ReadAll(r.Body); err != nil || len(got) > 1 && !bytes.Equal(got, body) {
			t.Errorf("%d bytes arrived, %v", len(got), err)
		}
		created(w)
	}
	plain := serve(t, handle)
	secure := httptest.NewTLSServer(http.HandlerFunc(handle))
	t.Cleanup(secure.Close)
	for name, address := range map[string]string{"http": plain.URL, "https": secure.URL} {
		t.Run(name, func(t *testing.T) {
			var writes atomic.Int64
			s := openTest(t, testToken(address), Options{})
			s.transport.TLSClientConfig.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:errcheck // it is one
			dial := s.dialer.dial
			s.dialer.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := dial(ctx, network, address)
				return counted{c, &writes}, err
			}
			put := func(data []byte) {
				if _, err := s.PutBlob(t.Context(), "a", uploadertest.NewBody(data),
					store.Properties{}, always); err != nil {
					t.Fatal(err)
				}
			}
			put([]byte("x")) // opens the connection
			writes.Store(0)
			put(body)
			if most := int64(2 * len(body) / writeBuffer); writes.Load() > most {
				t.Errorf("%d pieces for %d bytes, want at most %d", writes.Load(), len(body), most)
			}
			writes.Store(0)
			put([]byte("x"))
			if writes.Load() != 1 {
				t.Errorf("%d pieces for a small body, want 1", writes.Load())
			}
		})
	}
}

// refusing takes so many bytes and then fails.
type refusing struct {
	net.Conn
	room int
	got  []byte
}

var errRefusing = errors.New("no room")

func (r *refusing) Write(p []byte) (int, error) {
	n := min(len(p), r.room)
	r.room -= n
	r.got = append(r.got, p[:n]...)
	if n < len(p) {
		return n, errRefusing
	}
	return n, nil
}

func TestGatheredSaysWhatTheConnectionHasTaken(t *testing.T) {
	for _, c := range []struct {
		name   string
		room   int
		writes []int
		sent   int64
		fails  bool
	}{
		{"all of some records", 1 << 20, []int{100, 200, 300}, 600, false},
		{"more than it gathers", 1 << 20, []int{writeBuffer - 1, 1, 5}, writeBuffer + 5, false},
		{"nothing", 0, []int{100, 200}, 0, true},
		{"a part", 150, []int{100, 200}, 150, true},
		{"nothing to send", 0, nil, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			under := &refusing{room: c.room}
			g := &gathered{Conn: under}
			var want []byte
			if sent := g.hold(8); sent != 0 {
				t.Errorf("%d bytes sent before the first", sent)
			}
			for i, n := range c.writes {
				p := bytes.Repeat([]byte{byte(i + 1)}, n)
				want = append(want, p...)
				if m, err := g.Write(p); m != n || err != nil {
					t.Fatalf("%d, %v", m, err)
				}
			}
			sent, err := g.flush()
			if sent != c.sent || errors.Is(err, errRefusing) != c.fails {
				t.Errorf("sent %d, %v; want %d, failure %v", sent, err, c.sent, c.fails)
			}
			if !slices.Equal(under.got, want[:c.sent]) {
				t.Error("other bytes were sent")
			}
		})
	}
}
