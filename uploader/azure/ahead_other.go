//go:build !linux

package azure

import "net"

// sendBuffer is the most bytes of one connection that the system may hold, in flight or not. That
// allows 80 Mbit/s at a round trip of 100 ms; more connections fill a long fast line.
const sendBuffer = 1 << 20

// boundAhead limits how many bytes the system accepts before the other side has them;
// ahead_linux.go says why. Here, bytes in flight can't be told apart from unsent ones.
func boundAhead(conn *net.TCPConn) {
	_ = conn.SetWriteBuffer(sendBuffer) // only accuracy depends on it; a system that refuses is used as it is
}
