package blobserver_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
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

// TestOversizedHeadersAreRefused: a request whose header is larger than any client's is not read to
// its end.
func TestOversizedHeadersAreRefused(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	for name, head := range map[string]string{
		"a long line": "PUT / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 200<<10) +
			"\r\n\r\n",
		"a long path": "PUT /" + strings.Repeat("x", 200<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"many headers": "PUT / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: x\r\n", 40<<10) +
			"\r\n",
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

// slowVariable makes the test binary a process of slow clients of the server at its value's
// address; slowClients says how many.
const (
	slowVariable = "BLOBSERVER_TEST_SLOW"
	slowClients  = "BLOBSERVER_TEST_CLIENTS"
)

// beSlow opens connections that send half a header and then nothing, prints a line, and ends when
// the server has hung up on all of them.
func beSlow(address string) {
	n, err := strconv.Atoi(os.Getenv(slowClients))
	conns := make([]net.Conn, n)
	for i := range conns {
		if err == nil {
			conns[i], err = net.Dial("tcp", address)
		}
		if err == nil {
			_, err = io.WriteString(conns[i], "PUT /localinbox/practice-1/slow HTTP/1.1\r\nHost:")
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	for _, c := range conns {
		_, _ = io.Copy(io.Discard, c) // until the server hangs up, with an answer or without
	}
}

// TestManySlowClientsKeepNobodyOut opens thousands of connections from another process, delivers a
// blob meanwhile, and waits until the server has hung up on all of them.
func TestManySlowClientsKeepNobodyOut(t *testing.T) {
	clients, patience := 500, 2*time.Second
	if os.Getenv(soakVariable) != "" {
		clients, patience = 10_000, 10*time.Second
	}
	clients = min(clients, openFiles()-200)
	in := start(t, t.TempDir(), func(c *blobserver.Config) { c.Stall = patience })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	slow := exec.Command(self)
	slow.Env = append(os.Environ(), slowVariable+"="+strings.TrimPrefix(in.url, "http://"),
		slowClients+"="+strconv.Itoa(clients))
	said, err := slow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	before := inUse()
	begun := time.Now()
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(said)
	if line, err := lines.ReadString('\n'); err != nil || line != "open\n" {
		t.Errorf("the clients say %q: %v", line, err)
	}
	opened, during := time.Since(begun), inUse()
	if got := in.hear("PUT", named(in.token("cw"), "x"), blockBlob,
		[]byte("text")); got.status != 201 {
		t.Errorf("status %d", got.status)
	}
	if err := slow.Wait(); err != nil {
		t.Errorf("the clients: %v", err)
	}
	if n := len(in.Requests()); n != 1 {
		t.Errorf("%d requests were looked at", n)
	}
	if got := in.hear("PUT", named(in.token("cw"), "y"), blockBlob,
		[]byte("text")); got.status != 201 {
		t.Errorf("afterwards: status %d", got.status)
	}
	t.Logf("%d slow clients within %.1f s, %.0f KiB of memory for each, all hung up on after %.1f s",
		clients, opened.Seconds(), float64(during-before)/float64(clients)/1024,
		time.Since(begun).Seconds())
}

// inUse is how much memory this process uses.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
