package azure

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync"
)

// gathered is a connection below TLS. TLS writes each record of 16 KiB separately, and a system
// call for each costs as much as encrypting it. So what is written between hold and flush leaves in
// pieces of writeBuffer.
type gathered struct {
	net.Conn

	mu      sync.Mutex // TLS may have to write while it reads
	pending []byte
	holding bool
	sent    int64 // bytes that the connection has taken

	dry bool // nothing is read
}

// Read implements net.Conn.
func (g *gathered) Read(p []byte) (int, error) {
	if g.dry {
		return 0, os.ErrDeadlineExceeded // after which TLS can still be read
	}
	return g.Conn.Read(p)
}

// silent reports whether TLS above holds no unread bytes. No read or write may be in progress.
func (g *gathered) silent(tls net.Conn) bool {
	g.dry = true
	defer func() { g.dry = false }()
	n, err := tls.Read(make([]byte, 1))
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}

// Write implements net.Conn.
func (g *gathered) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.holding {
		n, err := g.Conn.Write(p)
		g.sent += int64(n)
		return n, err
	}
	g.pending = append(g.pending, p...)
	if len(g.pending) < writeBuffer {
		return len(p), nil
	}
	return len(p), g.send()
}

// hold lets what is written wait for more, n bytes before TLS, and returns how many bytes the
// connection has taken so far.
func (g *gathered) hold(n int) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding = true
	const record, around = 16 << 10, 64 // bytes in a record, and around them at most
	g.pending = slices.Grow(g.pending, min(n+(n/record+2)*around, writeBuffer+record+around))
	return g.sent
}

// flush sends what waits, and returns how many bytes the connection has taken by then.
func (g *gathered) flush() (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding = false
	err := g.send()
	return g.sent, err
}

// send empties pending. The caller holds the lock.
func (g *gathered) send() error {
	if len(g.pending) == 0 {
		return nil
	}
	n, err := g.Conn.Write(g.pending)
	g.sent += int64(n)
	g.pending = g.pending[:0]
	return err
}
