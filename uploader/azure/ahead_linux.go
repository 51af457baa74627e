package azure

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsent bounds what the system holds of one connection's bytes before it sends them.
const unsent = 256 << 10

// boundAhead bounds by how much what the system takes is ahead of what it sends. Bytes count as
// handed over when the system has taken them, so progress, the speed limit and a pause are ahead of
// the truth by this, per connection, and by what is on its way. Left alone, Linux takes 4 MiB and
// more: with 32 connections a slow line would show 128 MiB that nobody received, and a pause would
// go on sending for minutes.
//
// What is on its way is not bounded: the system finds what the distance needs, up to 4 MiB
// (tcp_wmem in tcp(7)). A bound on both together (SO_SNDBUF) is capped at net.core.wmem_max, by
// default 208 KiB, counted twice: ten blocks of 8 MiB at once were held to 490 Mbit/s by that at 50
// ms, and go at 2.4 Gbit/s without (docs/BENCHMARKS.md).
func boundAhead(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err == nil {
		// Only accuracy depends on it; a system that refuses is used as it is.
		_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent) })
	}
}
