package azure

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// network stands between a computer and a server. It can change: what was connected before is then
// dead.
type network struct {
	t       *testing.T
	listen  net.Listener
	server  string
	stalled chan struct{} // something was sent into a dead connection

	mu    sync.Mutex
	conns []net.Conn // those that are not dead
	wg    sync.WaitGroup
	made  atomic.Int64
}

func newNetwork(t *testing.T, server string) *network {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{t: t, listen: l, server: u.Host, stalled: make(chan struct{}, 100)}
	n.wg.Go(n.serve)
	t.Cleanup(func() {
		_ = l.Close()
		n.mu.Lock()
		for _, c := range n.conns {
			_ = c.Close()
		}
		n.mu.Unlock()
		n.wg.Wait()
	})
	return n
}

func (n *network) address() string { return "http://" + n.listen.Addr().String() }

func (n *network) serve() {
	for {
		near, err := n.listen.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", n.server)
		if err != nil {
			_ = near.Close()
			continue
		}
		n.made.Add(1)
		n.mu.Lock()
		n.conns = append(n.conns, near, far)
		n.mu.Unlock()
		n.wg.Go(func() { n.pass(far, near) })
		n.wg.Go(func() { n.pass(near, far) })
	}
}

// pass hands bytes on until the network has changed; then it takes them and tells nobody.
func (n *network) pass(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		m, err := from.Read(buffer)
		if err != nil {
			_ = to.Close()
			return
		}
		if n.isDead(from) {
			n.stalled <- struct{}{}
			continue
		}
		if _, err := to.Write(buffer[:m]); err != nil {
			_ = from.Close()
			return
		}
	}
}

// isDead reports whether the connection is from before the change.
func (n *network) isDead(c net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !slices.Contains(n.conns, c)
}

// change makes all present connections dead: silently, or with a reset as some routers send it.
func (n *network) change(reset bool) {
	n.mu.Lock()
	old := n.conns
	n.conns = nil
	n.mu.Unlock()
	n.t.Cleanup(func() {
		for _, c := range old {
			_ = c.Close()
		}
	})
	if !reset {
		return
	}
	for _, c := range old {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}

// send sends a small file, and gives up, as the queue does after a minute, where it went into a
// dead connection.
func (n *network) send(s *Store) error {
	ctx, cancel := context.WithCancelCause(n.t.Context())
	defer cancel(nil)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-n.stalled:
			cancel(problem.New("", "", problem.NoProgress))
		case <-done:
		}
	}()
	_, err := s.PutBlob(ctx, "a", uploadertest.NewBody([]byte("content")), store.Properties{},
		always)
	return err
}

// warm leaves n idle connections behind.
func warm(t *testing.T, s *Store, n int) {
	t.Helper()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if _, err := s.PutBlob(t.Context(), "warm", uploadertest.NewBody(make([]byte,
				smallBody+1)), store.Properties{}, always); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// together answers no request before n are there.
func together(n int64) http.HandlerFunc {
	var there atomic.Int64
	all := make(chan struct{})
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if there.Add(1) == n {
			close(all)
		}
		<-all
		created(w)
	}
}

// TestAfterAChangeOfNetworkOneRequestIsLostAtMost has eight connections that nobody says are dead.
// The queue gives up the first request that stands still; the others must not have to find out for
// themselves.
func TestAfterAChangeOfNetworkOneRequestIsLostAtMost(t *testing.T) {
	server := serve(t, together(8))
	n := newNetwork(t, server.URL)
	s := openTest(t, testToken(n.address()), Options{})
	warm(t, s, 8)
	if made := n.made.Load(); made != 8 {
		t.Fatalf("%d connections", made)
	}
	n.change(false)

	err := n.send(s)
	if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.NoProgress {
		t.Fatalf("the first request: %v", err)
	}
	for range 8 {
		if err := n.send(s); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAfterAResetOneRequestIsLostAtMost is the same with a router that says so.
func TestAfterAResetOneRequestIsLostAtMost(t *testing.T) {
	server := serve(t, together(8))
	n := newNetwork(t, server.URL)
	s := openTest(t, testToken(n.address()), Options{})
	warm(t, s, 8)
	n.change(true)
	lost := 0
	for range 8 {
		if err := n.send(s); err != nil {
			lost++
			if !errors.Is(err, problem.ErrBusy) {
				t.Fatal(err)
			}
		}
	}
	if lost > 1 {
		t.Errorf("%d requests were lost", lost)
	}
}

// TestAfterSleepNoOldConnectionIsUsed lets the wall clock go on while the other one stands still.
func TestAfterSleepNoOldConnectionIsUsed(t *testing.T) {
	server := serve(t, together(8))
	n := newNetwork(t, server.URL)
	s := openTest(t, testToken(n.address()), Options{})
	warm(t, s, 8)
	n.change(false)
	s.used.Store(time.Now().Add(-time.Hour).UnixNano())
	for range 8 {
		if err := n.send(s); err != nil {
			t.Fatal(err)
		}
	}
	if made := n.made.Load(); made != 9 {
		t.Errorf("%d connections, want the eight old ones and a new one", made)
	}
}
