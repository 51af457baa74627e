//go:build !linux

package azure

import "net"

// sendBuffer bounds what the system holds of one connection's bytes, on their way or not. A
// connection can have this many on their way, 80 Mbit/s at a round trip of 100 ms, and a long fast
// line is filled by more connections.
const sendBuffer = 1 << 20

// boundAhead bounds by how much what the system takes is ahead of what the other side has;
// ahead_linux.go says why. What is on its way can't be told apart from what is not sent yet.
func boundAhead(conn *net.TCPConn) {
	_ = conn.SetWriteBuffer(sendBuffer) // only accuracy depends on it; a system that refuses is used as it is
}
