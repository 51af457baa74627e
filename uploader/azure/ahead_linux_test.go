package azure

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestConnectionsBoundWhatIsUnsentAlone: a bound on all that a connection holds would be one on the
// speed into the distance, and none at all would have progress and pauses run ahead by megabytes.
func TestConnectionsBoundWhatIsUnsentAlone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	tr, err := NewTransport(Options{})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := tr.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ours.Close() }()
	plain, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	ours = ours.(*line).raw //nolint:errcheck // it is one
	if got := option(t, ours, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT); got != unsent {
		t.Errorf("%d bytes may wait to be sent, want %d", got, unsent)
	}
	if got, want := option(t, ours, unix.SOL_SOCKET, unix.SO_SNDBUF),
		option(t, plain, unix.SOL_SOCKET, unix.SO_SNDBUF); got != want {
		t.Errorf("the system's own bound of %d bytes has become %d", want, got)
	}
}

func option(t *testing.T, c net.Conn, level, name int) (value int) {
	t.Helper()
	s, ok := c.(syscall.Conn)
	if !ok {
		t.Fatalf("%T is no connection of the system", c)
	}
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if e := raw.Control(func(fd uintptr) { value, err = unix.GetsockoptInt(int(fd), level, name) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return value
}
