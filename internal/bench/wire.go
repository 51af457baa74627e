package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// inbox is where the floor sends to.
type inbox struct {
	address string      // host and port
	path    string      // of the container
	query   string      // the token's
	tls     *tls.Config // nil: http
}

func newInbox(link, caFile string) (*inbox, error) {
	u, err := url.Parse(link)
	if err != nil {
		return nil, errors.New("floor: the inbox is no address") // the error would have all of it
	}
	i := &inbox{address: u.Host, path: strings.TrimSuffix(u.Path, "/"), query: u.RawQuery}
	if u.Scheme != "https" {
		return i, nil
	}
	pool := x509.NewCertPool()
	if caFile != "" {
		text, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		pool.AppendCertsFromPEM(text)
	}
	i.tls = &tls.Config{RootCAs: pool, ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	return i, nil
}

const (
	// headRoom is for a request's head, in bytes, in front of its body: both go out by one write.
	headRoom = 8 << 10
	// gathered is how many bytes of TLS's records, which have 16 KiB, go out by one write.
	gathered = 256 << 10
)

// wire is one connection for one request after the other. It is opened with the first.
type wire struct {
	inbox *inbox
	conn  net.Conn
	in    *bufio.Reader
	buf   []byte
}

// body returns the room for a body. What it held before is lost when it grows.
func (w *wire) body(n int) []byte {
	if len(w.buf) < headRoom+n {
		w.buf = make([]byte, headRoom+n)
	}
	return w.buf[headRoom : headRoom+n]
}

// put sends what stands in the wire's body, and waits for the answer. headers are whole lines.
func (w *wire) put(ctx context.Context, name, operation, headers string, body []byte) error {
	head, err := w.head(ctx, name, operation, headers, int64(len(body)))
	if err != nil {
		return err
	}
	begin := headRoom - len(head)
	copy(w.buf[begin:], head)
	if _, err := w.conn.Write(w.buf[begin : headRoom+len(body)]); err != nil {
		return err
	}
	return w.answer(name)
}

// putFile has the system send so many bytes of a file from where it stands, over http alone.
func (w *wire) putFile(
	ctx context.Context, name, operation, headers string, f *os.File, size int64,
) error {
	head, err := w.head(ctx, name, operation, headers, size)
	if err != nil {
		return err
	}
	if _, err := w.conn.Write(head); err != nil {
		return err
	}
	if _, err := io.CopyN(w.conn, f, size); err != nil {
		return err
	}
	return w.answer(name)
}

// head opens the connection, if that is not open, and returns a request's lines.
func (w *wire) head(
	ctx context.Context, name, operation, headers string, size int64,
) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	if operation != "" {
		operation = "&" + operation
	}
	w.body(0)
	head := append(w.buf[:0], "PUT "...)
	head = append(head, w.inbox.path...)
	head = append(head, '/')
	head = append(head, escapePath(name)...)
	head = append(head, '?')
	head = append(head, w.inbox.query...)
	head = append(head, operation...)
	head = append(head, " HTTP/1.1\r\nHost: "...)
	head = append(head, w.inbox.address...)
	head = append(head, "\r\nx-ms-version: 2021-12-02\r\nContent-Length: "...)
	head = strconv.AppendInt(head, size, 10)
	head = append(head, "\r\n"...)
	head = append(head, headers...)
	head = append(head, "\r\n"...)
	if len(head) > headRoom/2 { // it is moved to the end of the room
		return nil, fmt.Errorf("%s: the name is too long", name)
	}
	return head, nil
}

func (w *wire) open(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", w.inbox.address)
	if err != nil {
		return err
	}
	w.conn = conn
	if w.inbox.tls != nil {
		below := &gathering{Conn: conn, out: bufio.NewWriterSize(conn, gathered)}
		w.conn = tls.Client(below, w.inbox.tls)
	}
	w.in = bufio.NewReader(w.conn)
	return nil
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close() // all was answered, or an error says more
	}
}

// answer reads one, and takes none but success.
func (w *wire) answer(name string) error {
	status, err := w.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 201 ")) {
		_, said, _ := strings.Cut(strings.TrimSpace(string(status)), " ")
		return fmt.Errorf("%s: the sink answered %s", name, said)
	}
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			return nil
		}
		key, value, _ := bytes.Cut(line, []byte(":"))
		if string(key) == "Content-Length" && string(bytes.TrimSpace(value)) != "0" {
			return fmt.Errorf("%s: the sink's answer has a body", name)
		}
	}
}

// gathering is a connection below TLS that holds back what is written until there is enough of it,
// or something is to be read.
type gathering struct {
	net.Conn
	out *bufio.Writer
}

func (g *gathering) Write(record []byte) (int, error) { return g.out.Write(record) }

func (g *gathering) Read(p []byte) (int, error) {
	if err := g.out.Flush(); err != nil {
		return 0, err
	}
	return g.Conn.Read(p)
}

// escapePath writes a name as a path has it.
func escapePath(name string) string {
	plain := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '/' || c == '.' || c == '-' || c == '_'
	}
	if !slices.ContainsFunc([]byte(name), func(c byte) bool { return !plain(c) }) {
		return name
	}
	return (&url.URL{Path: name}).EscapedPath()
}

func escapeQuery(text string) string { return url.QueryEscape(text) }
