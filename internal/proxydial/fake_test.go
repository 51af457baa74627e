package proxydial

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"inboxuploader/internal/secret"
)

// fakeProxy answers CONNECT as a test's function says and, once that returns 200, echoes.
type fakeProxy struct {
	address string
	answer  func(conn int, authorization string) string // a whole answer; "" hangs up

	mu    sync.Mutex
	asked []string // the authorizations, with the connection's number in front
	conns int
}

// newFakeProxy runs one until the test ends.
func newFakeProxy(t *testing.T, answer func(conn int, authorization string) string) *fakeProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &fakeProxy{address: l.Addr().String(), answer: answer}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			wg.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return p
}

func (p *fakeProxy) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	p.mu.Lock()
	p.conns++
	n := p.conns
	p.mu.Unlock()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		authorization := r.Header.Get("Proxy-Authorization")
		p.mu.Lock()
		p.asked = append(p.asked, fmt.Sprintf("%d %s", n, authorization))
		p.mu.Unlock()
		text := p.answer(n, authorization)
		if _, err := io.WriteString(conn, text); err != nil || text == "" {
			return
		}
		if strings.HasPrefix(text, "HTTP/1.1 200") {
			_, _ = io.Copy(conn, in)
			return
		}
		if strings.Contains(text, "Connection: close") {
			return
		}
	}
}

// kinds returns the schemes of what was asked, with the connections' numbers.
func (p *fakeProxy) kinds() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, a := range p.asked {
		n, rest, _ := strings.Cut(a, " ")
		scheme, _, _ := strings.Cut(rest, " ")
		all = append(all, n+scheme)
	}
	return strings.Join(all, " ")
}

const yes = "HTTP/1.1 200 Connection established\r\n\r\n"

// demand is a 407 with a page, and these offers.
func demand(offers ...string) string {
	text := "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 5\r\n"
	for _, o := range offers {
		text += "Proxy-Authenticate: " + o + "\r\n"
	}
	return text + "\r\n<p>no"
}

// through returns a Dialer whose only way is this proxy.
func through(p *fakeProxy, s SignIn, discovered bool) *Dialer {
	d := net.Dialer{}
	way := Proxy{Scheme: "http", Host: p.address, SignIn: s, Discovered: discovered}
	return &Dialer{
		Dial:   d.DialContext,
		Choose: func(context.Context, *url.URL) ([]Proxy, error) { return []Proxy{way}, nil },
	}
}

func given(name, password string) SignIn {
	return SignIn{Name: name, Password: secret.New(password)}
}

// open opens a tunnel and sends something through it.
func open(t *testing.T, d *Dialer) error {
	t.Helper()
	conn, err := d.Open(t.Context(), "https", "tcp", "storage.example.org:443")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "hello"); err != nil {
		return err
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "hello" {
		return errors.Join(fmt.Errorf("got %q", got), err)
	}
	return nil
}

func failure(err error) Failure {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return -1
	}
	return e.Failure
}

func basicOf(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}
