package blobserver_test

import (
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// soakVariable asks for the long versions of tests: .ci/soak sets it.
const soakVariable = "UPLOADER_SOAK"

func (in *inbox) dial() net.Conn {
	in.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(in.url, "http://"))
	if err != nil {
		in.t.Fatal(err)
	}
	return conn
}

// TestOversizedHeadersAreRefused: a request whose header is larger than any client's is not read to its end.
func TestOversizedHeadersAreRefused(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	for name, head := range map[string]string{
		"a long line":  "PUT / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n\r\n",
		"a long path":  "PUT /" + strings.Repeat("x", 200<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"many headers": "PUT / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: x\r\n", 40<<10) + "\r\n",
	} {
		conn := in.dial()
		go func() { _, _ = io.WriteString(conn, head) }() // the server may hang up before it has all
		answer, _ := io.ReadAll(io.LimitReader(conn, 1<<10))
		if !strings.HasPrefix(string(answer), "HTTP/1.1 431 ") {
			t.Errorf("%s: %.60q", name, answer)
		}
		_ = conn.Close()
	}
	if n := len(in.Requests()); n != 0 {
		t.Errorf("%d requests were looked at", n)
	}
}

// TestManySlowClientsKeepNobodyOut opens thousands of connections that send half a header and then nothing, delivers a blob
// meanwhile, and waits until the server has hung up on all of them.
func TestManySlowClientsKeepNobodyOut(t *testing.T) {
	clients, patience := 500, 2*time.Second
	if os.Getenv(soakVariable) != "" {
		clients, patience = 10_000, 10*time.Second
	}
	if free := openFiles()/2 - 200; clients > free { // both ends of a connection are this process's
		clients = free
	}
	in := start(t, t.TempDir(), func(c *blobserver.Config) { c.Stall = patience })
	conns := make([]net.Conn, clients)
	begun := time.Now()
	for i := range conns {
		conns[i] = in.dial()
		if _, err := io.WriteString(conns[i], "PUT /localinbox/practice-1/slow HTTP/1.1\r\nHost:"); err != nil {
			t.Fatal(err)
		}
	}
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := in.hear("PUT", named(in.token("cw"), "x"), blockBlob, []byte("text")); got.status != 201 {
		t.Errorf("status %d", got.status)
	}
	opened := time.Since(begun)
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() {
			_, _ = io.Copy(io.Discard, c) // until the server hangs up, with an answer or without
			_ = c.Close()
		})
	}
	wg.Wait()
	if n := len(in.Requests()); n != 1 {
		t.Errorf("%d requests were looked at", n)
	}
	if got := in.hear("PUT", named(in.token("cw"), "y"), blockBlob, []byte("text")); got.status != 201 {
		t.Errorf("afterwards: status %d", got.status)
	}
	perClient := float64(before.HeapInuse+before.StackInuse) / float64(max(clients, 1)) / 1024
	t.Logf("%d slow clients within %.1f s, %.0f KiB of memory for each with its own end, all hung up on after %.1f s",
		clients, opened.Seconds(), perClient, time.Since(begun).Seconds())
}
