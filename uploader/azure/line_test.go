package azure

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/internal/proxydial"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// forwardProxy is a proxy to wherever it is asked for.
func forwardProxy(t *testing.T) proxydial.Chooser {
	t.Helper()
	return through(t, uploadertest.NewProxy(t, "", "", "").HTTP())
}

func TestBodiesArriveAsTheyAreOnEveryWay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var arrived atomic.Pointer[[]byte]
	handle := func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil || int64(len(data)) != r.ContentLength {
			t.Errorf("%d of %d bytes, %v", len(data), r.ContentLength, err)
		}
		arrived.Store(&data)
		created(w)
	}
	plain := serve(t, handle)
	secure := httptest.NewTLSServer(http.HandlerFunc(handle))
	t.Cleanup(secure.Close)
	for _, way := range []struct {
		name    string
		address string
		options Options
	}{
		{"http", plain.URL, Options{}},
		{"https", secure.URL, Options{}},
		{"proxy", plain.URL, Options{Proxy: forwardProxy(t)}},
		{"https by a proxy", secure.URL, Options{Proxy: forwardProxy(t)}},
	} {
		t.Run(way.name, func(t *testing.T) {
			s := openTest(t, testToken(way.address), way.options)
			s.transport.TLSClientConfig.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:errcheck // it is one
			for _, size := range []int{0, 1, 16 << 10, 16<<10 + 1, 64 << 10, 64<<10 + 1, smallBody - 1, smallBody, smallBody + 1, writeBuffer, 3<<20 + 7} {
				data := make([]byte, size)
				for i := range data {
					data[i] = byte(random.Uint32())
				}
				arrived.Store(&[]byte{})
				_, err := s.PutBlob(t.Context(), "a", uploadertest.NewBody(data),
					store.Properties{}, always)
				got := *arrived.Load()
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes: %d arrived, the same: %v, %v", size, len(got),
						bytes.Equal(got, data), err)
				}
			}
		})
	}
}

// smallBody is a size below the pieces in which bodies leave.
const smallBody = writeBuffer / 2

// opened are the connections that a store has opened.
type opened struct {
	mu  sync.Mutex
	all []net.Conn
}

// watch notes the connections that a store opens from now on.
func watch(s *Store) *opened {
	o := &opened{}
	dial := s.dialer.dial
	s.dialer.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.all = append(o.all, c)
		return c, err
	}
	return o
}

// hear waits until the system knows what the other side did to all of them, which is more than
// nothing.
func (o *opened) hear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.all {
		for silent(c, time.Minute) {
			runtime.Gosched()
		}
	}
	if runtime.GOOS == "windows" {
		time.Sleep(time.Second) // which can't be asked, see silent
	}
}

func TestAConnectionThatWasClosedIsNotUsedAgain(t *testing.T) {
	var accepted atomic.Int32
	answered := make(chan struct{}, 1)
	address := rawServer(t, func(c net.Conn) {
		accepted.Add(1)
		readRequest(c)
		_, _ = io.WriteString(c,
			"HTTP/1.1 201 Created\r\nx-ms-request-id: 1\r\nContent-Length: 0\r\n\r\n")
		answered <- struct{}{} // and it is closed without having said so
	})
	s := openTest(t, testToken(address), Options{})
	conns := watch(s)
	for n := range int32(3) {
		if _, err := s.PutBlob(t.Context(), "a", uploadertest.NewBody([]byte("content")),
			store.Properties{}, always); err != nil {
			t.Fatal(err)
		}
		<-answered
		conns.hear()
		if got := accepted.Load(); got != n+1 {
			t.Errorf("%d connections after %d requests", got, n+1)
		}
	}
}

func TestWhatComesUnaskedIsNoAnswer(t *testing.T) {
	for _, together := range []bool{true, false} {
		address := rawServer(t, func(c net.Conn) {
			const answer, more = "HTTP/1.1 201 Created\r\nx-ms-request-id: 1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
			readRequest(c)
			if together {
				_, _ = io.WriteString(c, answer+more)
				return
			}
			_, _ = io.WriteString(c, answer)
			_, _ = io.WriteString(c, more)
		})
		s := openTest(t, testToken(address), Options{})
		conns := watch(s)
		for range 2 {
			if _, err := s.PutBlob(t.Context(), "a", uploadertest.NewBody(nil), store.Properties{},
				always); err != nil {
				t.Errorf("together %v: %v", together, err)
			}
			conns.hear()
		}
	}
}

// TestALineHandsOutNoByteBeyondAnAnswer: net/http might take what it has for the answer of the next
// request.
func TestALineHandsOutNoByteBeyondAnAnswer(t *testing.T) {
	const surplus = "HTTP/1.1 201 Created\r\n\r\n"
	for _, c := range []struct {
		head, body string
		left       int64
	}{
		{"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "", -1},
		{"HTTP/1.1 201 Created\n\n", "", -1},
		{"HTTP/1.1 409 Conflict\r\nContent-Length: 6\r\n\r\n", "a\r\n\r\nb", 6},
		{"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n", -1},
	} {
		ours, theirs := net.Pipe()
		l := newLine(ours, ours, nil)
		l.begin(&call{}, false, 0)
		go func() { _, _ = io.WriteString(theirs, c.head+c.body+surplus) }()
		read := func(want string) {
			t.Helper()
			got, p := "", make([]byte, 1<<10)
			for len(got) < len(want) {
				n, err := l.Read(p)
				if err != nil {
					t.Fatal(err)
				}
				got += string(p[:n])
			}
			if got != want {
				t.Errorf("%q is handed out, want %q", got, want)
			}
		}
		read(c.head)
		l.left = c.left
		read(c.body)
		l.done()
		if string(l.rest) != surplus {
			t.Errorf("%q is kept back, want %q", l.rest, surplus)
		}
		_ = l.Close()
		_ = theirs.Close()
	}
}

func TestARequestIsRepeatedOnlyIfNothingOfItWasWritten(t *testing.T) {
	var requests atomic.Int32
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		requests.Add(1)
		created(w)
	})
	s := openTest(t, testToken(server.URL), Options{})
	conns := watch(s)
	for _, size := range []int{0, 100, 1 << 20} {
		put := func() error {
			_, err := s.PutBlob(t.Context(), "a", uploadertest.NewBody(make([]byte, size)),
				store.Properties{}, always)
			return err
		}
		if err := put(); err != nil {
			t.Fatal(err)
		}
		// The next write fails at once, as on a connection that the system knows to be gone.
		if err := conns.all[len(conns.all)-1].Close(); err != nil {
			t.Fatal(err)
		}
		requests.Store(0)
		if err := put(); err != nil || requests.Load() != 1 {
			t.Errorf("%d bytes: %v, %d requests", size, err, requests.Load())
		}
	}
}

// TestARequestThatLeftIsNotRepeated loses the answer over a connection that was used before, where
// net/http repeats requests that it takes for idempotent.
func TestARequestThatLeftIsNotRepeated(t *testing.T) {
	for _, size := range []int{0, 100, 1 << 20} {
		var requests atomic.Int32
		address := rawServer(t, func(c net.Conn) {
			in := bufio.NewReader(c)
			for {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				if requests.Add(1) > 1 {
					return
				}
				confirm(c, "")
			}
		})
		s := openTest(t, testToken(address), Options{})
		if _, err := put(t.Context(), s, size); err != nil {
			t.Fatal(err)
		}
		_, err := put(t.Context(), s, size)
		e, ok := errors.AsType[*problem.Error](err)
		if !ok || e.Reason != problem.NetworkDown || !e.Unanswered || requests.Load() != 2 {
			t.Errorf("%d bytes: %v, %d requests", size, err, requests.Load())
		}
	}
}

// TestARequestThatLeftIsNotRepeatedOnceItsLineHasAnother: net/http gives a connection to the next
// request before the answer of the one before is heard, and fails both if it breaks just then.
func TestARequestThatLeftIsNotRepeatedOnceItsLineHasAnother(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	l := newLine(ours, ours, nil)
	first := &call{used: true}
	l.begin(first, false, 0)
	if !first.mayRepeat() {
		t.Error("what has not begun to leave could be repeated")
	}
	if _, err := io.WriteString(l, "PUT /a HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	l.done()
	l.begin(&call{}, false, 0)
	if first.mayRepeat() {
		t.Error("what has left would be sent again")
	}
	_ = l.Close()
	_ = theirs.Close()
}

func TestARefusalInMidBodyIsHeard(t *testing.T) {
	address := rawServer(t, func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 1<<20))
		_, _ = io.WriteString(
			c,
			"HTTP/1.1 403 Forbidden\r\nx-ms-request-id: 1\r\nx-ms-error-code: AuthorizationPermissionMismatch\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		)
		_, _ = io.Copy(io.Discard, io.LimitReader(c, 1<<20)) // it closes, but not with a reset
	})
	s := openTest(t, testToken(address), Options{})
	_, err := s.PutBlob(t.Context(), "a", slowBody(), store.Properties{}, always)
	if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.PermissionMissing ||
		e.Status != http.StatusForbidden {
		t.Errorf("got %v", err)
	}
}

func TestStrangeAnswers(t *testing.T) {
	const ok = "HTTP/1.1 201 Created\r\nx-ms-request-id: 1\r\nContent-Length: 0\r\n\r\n"
	for _, c := range []struct {
		name, answer string
		large        bool // the answer comes before the body
		want         problem.Reason
	}{
		{"a provisional one first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + ok, false, ""},
		{"provisional ones alone", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 100), false, problem.AnswerGarbled},
		{"headers without end", "HTTP/1.1 201 Created\r\n" + strings.Repeat("x: "+strings.Repeat("y", 1000)+"\r\n", 1000), false, problem.AnswerGarbled},
		{"a line without end", "HTTP/1.1 201 Created\r\nx: " + strings.Repeat("y", 1<<20), false, problem.AnswerGarbled},
		{"of an older protocol", "HTTP/1.0 201 Created\r\nx-ms-request-id: 1\r\n\r\n", false, ""},
		{"in chunks", "HTTP/1.1 201 Created\r\nx-ms-request-id: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", false, ""},
		{"in chunks that are none", "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", false, problem.AnswerGarbled},
		{"created before it was sent", ok, true, problem.AnswerGarbled},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := rawServer(t, func(conn net.Conn) {
				if !c.large {
					readRequest(conn)
				} else if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					return
				}
				_, _ = io.WriteString(conn, c.answer)
				if c.large {
					_, _ = io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
				}
			})
			s := openTest(t, testToken(address), Options{})
			conns := watch(s)
			for range 2 { // what is left of one answer must not be the next one's
				conns.hear()
				body := uploadertest.NewBody([]byte("content"))
				if c.large {
					body = slowBody()
				}
				_, err := s.PutBlock(t.Context(), "a", "aWQ=", body)
				e, _ := errors.AsType[*problem.Error](err)
				switch {
				case c.want == "" && err != nil, c.want != "" && (e == nil || e.Reason != c.want):
					t.Errorf("got %v, want %q", err, c.want)
				case e != nil && e.Unanswered == c.large:
					t.Errorf("unanswered %v", e.Unanswered)
				}
			}
		})
	}
}

func TestAHeaderCanNotBringAnother(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	s := openTest(t, testToken(server.URL), Options{})
	for _, text := range []string{"text/plain\r\nx-ms-blob-type: AppendBlob", "text/plain\n", "a\x00b", "\x7f"} {
		p := store.Properties{ContentType: text}
		if _, err := s.PutBlob(t.Context(), "a", uploadertest.NewBody(nil), p,
			always); !errors.Is(err, problem.ErrInternal) {
			t.Errorf("put blob, %q: %v, want ErrInternal", text, err)
		}
		if _, err := s.PutBlockList(t.Context(), "a", []string{"aWQ="}, p, always); !errors.Is(err,
			problem.ErrInternal) {
			t.Errorf("put block list, %q: %v, want ErrInternal", text, err)
		}
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTest(t, testToken("http://192.0.2.1"), Options{Connections: 2})
		type other struct{ answer, end chan struct{} }
		var others []other
		s.dialer.dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			o := other{make(chan struct{}), make(chan struct{})}
			others = append(others, o)
			go func() {
				answered(theirs, func(int, *http.Request) {
					<-o.answer
					confirm(theirs, "")
				})
				close(o.end)
			}()
			return ours, nil
		}
		// give sends a request, of which the connection is idle once it is answered.
		give := func() func() func() bool {
			go func() { _, _ = put(t.Context(), s, 10) }()
			synctest.Wait()
			o := others[len(others)-1]
			return func() func() bool {
				close(o.answer)
				synctest.Wait()
				return func() bool {
					synctest.Wait()
					select {
					case <-o.end:
						return true
					default:
						return false
					}
				}
			}
		}
		one, two, three := give(), give(), give()
		first := one()
		time.Sleep(time.Minute)
		second := two()
		if third := three(); !third() {
			t.Error("more connections than wanted are kept")
		}
		time.Sleep(idleTimeout - time.Minute)
		if !first() || second() {
			t.Errorf("after %v the first has ended: %v, the second: %v", idleTimeout, first(),
				second())
		}
		time.Sleep(time.Minute)
		if !second() {
			t.Error("the second has not ended")
		}
		four, five := give(), give()
		fourth := four()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if fifth := five(); !fourth() || !fifth() {
			t.Error("a connection outlived the store")
		}
	})
}

// TestACancelledCallOverTLSReturnsAtOnce fills the connection, so that there is no room for TLS's
// goodbye.
func TestACancelledCallOverTLSReturnsAtOnce(t *testing.T) {
	release := make(chan struct{})
	arrived := make(chan struct{}, 1)
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	t.Cleanup(server.Close)
	defer close(release)
	s := openTest(t, testToken(server.URL), Options{})
	s.transport.TLSClientConfig = &tls.Config{
		//nolint:errcheck // it is one
		RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
	}
	var order []string
	paused := errors.New("paused")
	ctx, cancel := context.WithCancelCause(t.Context())
	dial := s.dialer.dial
	s.dialer.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return &noted{c, &order}, err
	}
	go func() {
		<-arrived
		cancel(paused)
	}()
	if _, err := s.PutBlob(ctx, "a", slowBody(), store.Properties{}, always); !errors.Is(err,
		paused) {
		t.Errorf("got %v", err)
	}
	if i := slices.Index(order, "write after the end"); i >= 0 {
		t.Errorf("%v", order)
	}
}

// noted notes what is written to a connection after its deadline was set into the past.
type noted struct {
	net.Conn
	order *[]string
}

func (n *noted) SetWriteDeadline(at time.Time) error {
	if at.After(time.Now()) { // TLS gives its goodbye some seconds
		*n.order = append(*n.order, "write after the end")
	}
	return n.Conn.SetWriteDeadline(at)
}
