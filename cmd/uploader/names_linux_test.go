package main

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameService knows these names alone.
type nameService map[string][]string

// start runs it until the test ends, and returns the variable that has the program ask it.
func (n nameService) start(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := n.answer(buf[:size]); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return namesVariable + "=" + conn.LocalAddr().String()
}

func (n nameService) answer(packet []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(packet) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	known, ok := n[strings.TrimSuffix(q.Name.String(), ".")]
	m.Response, m.Additionals = true, nil
	if !ok {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range known {
		a := netip.MustParseAddr(text)
		head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: head, Body: &dnsmessage.AResource{A: a.As4()},
			})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()},
			})
		}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}

// silence makes an address of this computer that takes no connection and refuses none, as those of
// machines that are gone: the first connections to it fill its queue.
func silence(t *testing.T, ip [4]byte, port int) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: ip}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	address := netip.AddrPortFrom(netip.AddrFrom4(ip), uint16(port)).String()
	for range 10 {
		conn, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Fatal("it takes every connection")
}

// TestAddressesOfAStorage: a storage with a dead address, and one that is reached over IPv6 alone,
// get all files in the time that others take. "uploader network" names the dead address.
func TestAddressesOfAStorage(t *testing.T) {
	const name = "storage.example.org"
	t.Run("one of two is dead", func(t *testing.T) {
		r := newLabAt(t, name, "127.0.0.1:0")
		silence(t, [4]byte{127, 0, 0, 2}, int(netip.MustParseAddrPort(r.address).Port()))
		service := nameService{name: {"127.0.0.2", "127.0.0.1"}}.start(t)
		begun := time.Now()
		r.send(t, []string{service}, "--proxy", "none")
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("it took %v", took)
		}
		said, code := r.network(t, []string{service})
		if code != 0 || !strings.Contains(said, "✗ No answer from 127.0.0.2; another address "+
			"answers, so files go there.") || !strings.Contains(said, "✓ Connected to 127.0.0.1:") {
			t.Errorf("exit code %d: %s", code, said)
		}
	})
	t.Run("IPv6 alone", func(t *testing.T) {
		l, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip("this machine has no IPv6:", err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		r := newLabAt(t, name, "[::1]:0")
		service := nameService{name: {"::1"}}.start(t)
		r.send(t, []string{service}, "--proxy", "none")
		said, code := r.network(t, []string{service})
		if code != 0 || !strings.Contains(said, "✓ Connected to [::1]:") {
			t.Errorf("exit code %d: %s", code, said)
		}
	})
}

// network runs "uploader network" with the lab's token, and returns what it printed and its exit
// code. It fails where a secret was printed.
func (r *realLab) network(t *testing.T, environment []string, args ...string) (said string, code int) {
	t.Helper()
	if r.token == "" {
		r.begin(t)
	}
	c := r.command(append([]string{
		"network", "--token-file", r.tokenFile, "--state-dir", r.state, "--allow-host", r.host,
		"--ca-file", r.authority,
	}, args...)...)
	c.Env = append(c.Env, "HTTPS_PROXY=", "https_proxy=", "DBUS_SESSION_BUS_ADDRESS=", "NO_PROXY=")
	c.Env = append(c.Env, environment...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	_ = c.Run() // the exit code tells
	if strings.Contains(out.String(), canaryOf(r.token)) {
		t.Error("a secret was printed")
	}
	return out.String(), c.ProcessState.ExitCode()
}
