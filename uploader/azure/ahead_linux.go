package azure

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsent is the most bytes of one connection that the system may hold before it sends them.
const unsent = 256 << 10

// boundAhead limits how many bytes the system accepts before it sends them. Bytes count as sent
// once the system has accepted them. Progress, the speed limit and a pause are therefore ahead of
// the truth by this limit, per connection, and by the bytes in flight. By default Linux accepts 4
// MiB and more: with 32 connections, a slow line would show 128 MiB that nobody received, and a
// pause would keep sending for minutes.
//
// Bytes in flight have no limit here: the system adapts to the distance, up to 4 MiB (tcp_wmem in
// tcp(7)). A limit on both together (SO_SNDBUF) is capped at net.core.wmem_max, by default 208 KiB,
// counted twice: at 50 ms it held ten concurrent blocks of 8 MiB to 490 Mbit/s; without it they
// reach 2.4 Gbit/s (docs/BENCHMARKS.md).
func boundAhead(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err == nil {
		// Only accuracy depends on it, so a failure is ignored.
		_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent) })
	}
}
