package uploadertest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// Proxy is a proxy that connects everybody to one server, whatever they ask for, and so to hosts
// that no name service knows. It ends with its test.
type Proxy struct {
	// Authenticate is what it says of the sign-in that it wants, a header's value each. Set it, and
	// what follows, before it runs.
	Authenticate []string
	// Most is how many tunnels it has at once over HTTP, 0 for any number, and Beyond what becomes
	// of whoever asks for one more.
	Most   int
	Beyond Crowd

	t              testing.TB
	target         string
	user, password string

	mu      sync.Mutex
	refusal int // status; 0: none
	asked   []string
	turned  int           // away, for Most
	room    chan struct{} // of Most; nil before the first
	conns   []net.Conn
	wg      sync.WaitGroup
}

// Crowd is what a proxy does with whoever is one too many.
type Crowd int

// The crowds.
const (
	Refuses Crowd = iota // with 503
	HangsUp
	Waits // until another tunnel has ended
)

// NewProxy returns a proxy to the server at target, HOST:PORT, or to whatever it is asked for where
// target is empty. It demands a sign-in unless user is empty.
func NewProxy(t testing.TB, target, user, password string) *Proxy {
	p := &Proxy{
		t:            t,
		target:       target,
		user:         user,
		password:     password,
		Authenticate: []string{`Basic realm="x"`},
	}
	t.Cleanup(func() {
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close() // may be closed already
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

// Asked returns which hosts, with their ports, it was asked for, once for each connection.
func (p *Proxy) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// Refuse makes it refuse whoever asks from now on, with this status over HTTP, or by its rules over
// SOCKS; 0 ends that.
func (p *Proxy) Refuse(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusal = status
}

func (p *Proxy) refusing() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refusal
}

// Turned returns how many were turned away since it has no more than Most tunnels.
func (p *Proxy) Turned() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.turned
}

// enter takes the room of a tunnel, and reports whether there was any; leave gives it back.
func (p *Proxy) enter(ctx context.Context) (leave func(), ok bool) {
	if p.Most == 0 {
		return func() {}, true
	}
	p.mu.Lock()
	if p.room == nil {
		p.room = make(chan struct{}, p.Most)
	}
	room := p.room
	p.mu.Unlock()
	leave = func() { <-room }
	select {
	case room <- struct{}{}:
		return leave, true
	default:
	}
	p.mu.Lock()
	p.turned++
	p.mu.Unlock()
	if p.Beyond == Waits {
		select {
		case room <- struct{}{}:
			return leave, true
		case <-ctx.Done():
		}
	}
	return nil, false
}

// join connects a client with the server until both are done.
func (p *Proxy) join(client net.Conn, in io.Reader, host string, leave func()) {
	target := p.target
	if target == "" {
		target = host
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		_ = client.Close()
		leave()
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, host)
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(server, in); _ = server.Close() })
	both.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
	p.wg.Go(func() { both.Wait(); leave() })
}

// ServeHTTP is an HTTP proxy that makes tunnels.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.URL.RawQuery != "" {
		p.t.Errorf("the proxy was asked to %s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	sign := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password))
	if p.user != "" && r.Header.Get("Proxy-Authorization") != sign {
		w.Header()["Proxy-Authenticate"] = p.Authenticate
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if status := p.refusing(); status != 0 {
		w.WriteHeader(status)
		return
	}
	leave, ok := p.enter(r.Context())
	if !ok && p.Beyond == Refuses {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	} else if !ok {
		panic(http.ErrAbortHandler) // hangs up
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
	p.join(conn, buffered, r.Host, leave)
}

// HTTP runs it over http and returns its address.
func (p *Proxy) HTTP() string {
	s := httptest.NewServer(p)
	p.t.Cleanup(s.Close)
	return s.URL
}

// HTTPS runs it over https and returns its address and its certificate.
func (p *Proxy) HTTPS() (string, []byte) {
	s := httptest.NewUnstartedServer(p)
	s.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	p.t.Cleanup(s.Close)
	return s.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// SOCKS runs it as a SOCKS 5 proxy (RFC 1928, 1929) and returns its address.
func (p *Proxy) SOCKS() string {
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

func (p *Proxy) greet(conn net.Conn) error {
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
		if user != p.user || string(read(read(1)[0])) != p.password {
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
	reply := byte(0)
	if p.refusing() != 0 {
		reply = 2
	}
	if _, err := conn.Write([]byte{5, reply, 0, 1, 0, 0, 0, 0, 0, 0}); err != nil || reply != 0 {
		return errors.Join(err, errors.New("refused"))
	}
	p.join(conn, conn, fmt.Sprintf("%s:%d", name, int(port[0])<<8|int(port[1])), func() {})
	return nil
}
