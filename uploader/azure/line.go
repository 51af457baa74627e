package azure

import (
	"bytes"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// line is a connection below net/http. It knows what net/http doesn't say: how much of a request
// has left, and whether unrequested bytes have arrived. It
//
//   - notes when the last byte of a request has left,
//   - reads nothing between an answer and the next request, and returns no byte beyond an answer,
//     so that it detects a connection that is closed or has unread bytes before the next request,
//   - holds back a write error until it has read the answer that explains it,
//   - writes bodies from the caller's memory, and TLS records in large pieces.
//
// A line that is written to before it has a request, by a user of the transport without a Store,
// passes everything through.
type line struct {
	net.Conn           // what is read from and written to
	raw      net.Conn  // the same without TLS
	records  *gathered // between the two; nil without TLS

	mu       sync.Mutex // of what follows
	change   sync.Cond
	asked    int  // requests that the line was given
	answered int  // those whose answers are complete
	free     bool // it passes everything on
	closed   bool
	over     chan struct{} // closed then

	// These belong to the reader and, between an answer and the next request, to the line's holder.
	rest    []byte // read beyond the blank line that was handed out last
	newline bool   // what was handed out ends with one
	left    int64  // of the answer's body; negative where that is not known

	writing sync.Mutex // of what follows
	call    *call      // whose request is carried
	need    int64      // its bytes; negative before the first
	head    []byte     // those that wait for the first of the body
	wrote   int64      // those that have left
	fault   error      // the line's own, of writing
}

func newLine(conn, raw net.Conn, records *gathered) *line {
	l := &line{Conn: conn, raw: raw, records: records, over: make(chan struct{}), left: -1}
	l.change.L = &l.mu
	return l
}

// begin makes the line carry k's request. It closes a used line that no longer stands.
func (l *line) begin(k *call, used bool, idle time.Duration) {
	if used && !l.stands(idle) {
		_ = l.Close()
	}
	l.writing.Lock()
	l.call, l.need, l.head, l.wrote, l.fault = k, -1, l.head[:0], 0, nil
	l.writing.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left, l.newline, l.free = -1, false, false
	l.asked++
}

// stands reports whether the other side has neither closed an idle line nor sent anything
// unrequested, which would count as the next request's answer.
func (l *line) stands(idle time.Duration) bool {
	return len(l.rest) == 0 && (l.records == nil || l.records.silent(l.Conn)) && silent(l.raw, idle)
}

// done says that the answer is complete.
func (l *line) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered++
}

// settle closes the line of a request that was answered before all of it had left, and waits for a
// write in progress.
func (l *line) settle() {
	_ = l.Close()
	l.writing.Lock()
	defer l.writing.Unlock()
}

// Close implements net.Conn, in any state of the line. It skips TLS's closing message, for which
// there may be no room for seconds.
func (l *line) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.over)
		l.change.Broadcast()
	}
	return l.raw.Close()
}

// await blocks until a request expects an answer, and reports whether the line passes everything
// through.
func (l *line) await() (free bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.free && l.asked == l.answered && !l.closed {
		l.change.Wait()
	}
	if l.closed {
		return false, net.ErrClosed
	}
	return l.free, nil
}

// Read implements net.Conn. It stops at each blank line, where the head of an answer or a chunked
// body ends, and at the end of a body of known length. The line keeps what follows.
func (l *line) Read(p []byte) (n int, err error) {
	free, err := l.await()
	if free || err != nil {
		if err == nil {
			n, err = l.Conn.Read(p)
		}
		return n, err
	}
	switch {
	case l.left == 0:
		return 0, io.EOF
	case l.left > 0:
		p = p[:min(int64(len(p)), l.left)]
	}
	n = copy(p, l.rest)
	l.rest = l.rest[n:]
	if n == 0 {
		if n, err = l.Conn.Read(p); n == 0 {
			if err != nil {
				_ = l.Close() // nobody is going to answer
			}
			return 0, err
		}
	}
	if end := l.blank(p[:n]); end < n {
		l.rest = slices.Concat(p[end:n], l.rest)
		n = end
	}
	if l.left > 0 {
		l.left -= int64(n)
	}
	return n, nil
}

// blank returns where the first blank line of p ends, or else p.
func (l *line) blank(p []byte) int {
	for i, b := range p {
		switch {
		case b == '\n' && l.newline:
			l.newline = false
			return i + 1
		case b != '\r':
			l.newline = b == '\n'
		}
	}
	return len(p)
}

// lastWord is how long to wait for an answer after the other side stopped accepting the request.
const lastWord = time.Second

// Write implements net.Conn.
func (l *line) Write(p []byte) (int, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.call == nil {
		l.mu.Lock()
		l.free = true
		l.change.Broadcast()
		l.mu.Unlock()
		return l.Conn.Write(p)
	}
	select {
	case <-l.over: // p may be the caller's, whose call is over
		l.fault = net.ErrClosed
		return 0, l.fault
	default:
	}
	if l.need < 0 {
		head := bytes.Index(p, []byte("\r\n\r\n")) + 4
		l.need = int64(head) + l.call.size
		if l.call.size > 0 && len(p) == head {
			// net/http sends it alone, as a body may be long in coming.
			l.head = append(l.head, p...)
			return len(p), nil
		}
	}
	head := len(l.head)
	if l.wrote+int64(head+len(p)) < l.need {
		l.change.Broadcast() // a refusal may come before all has left
	}
	n, err := l.send(p)
	l.change.Broadcast()
	l.wrote += int64(n)
	if n > 0 {
		l.call.begun.Store(true)
	}
	switch {
	case err == nil && l.wrote >= l.need:
		l.call.wrote.Store(true)
	case err != nil:
		l.fault = err
		if l.wrote > 0 {
			select {
			case <-l.over:
			case <-time.After(lastWord):
			}
		}
	}
	return max(n-head, 0), err
}

// copiedBody is the most bytes that are copied after a head, so that both leave in one piece.
const copiedBody = 4 << 10

// send writes p, after the head if that is still to be sent, and returns how much of it has left:
// nothing only where that is so.
func (l *line) send(p []byte) (int, error) {
	if l.records == nil {
		return l.sendAll(p)
	}
	all := int64(len(l.head) + len(p))
	before := l.records.hold(int(all))
	_, err := l.sendAll(p)
	sent, ferr := l.records.flush()
	if err == nil {
		err = ferr
	}
	if err == nil {
		return int(all), nil
	}
	return int(min(sent-before, all)), err // what TLS took may have gone nowhere
}

func (l *line) sendAll(p []byte) (int, error) {
	switch {
	case len(l.head) == 0:
		return l.Conn.Write(p)
	case len(p) <= copiedBody:
		l.head = append(l.head, p...)
		p = l.head
		l.head = l.head[:0]
		return l.Conn.Write(p)
	}
	n, err := (&net.Buffers{l.head, p}).WriteTo(l.Conn)
	l.head = l.head[:0]
	return int(n), err
}

// ReadFrom implements io.ReaderFrom. net/http passes it the rest of a body after the part in its
// buffer; without ReadFrom it would copy the rest in small pieces.
func (l *line) ReadFrom(r io.Reader) (int64, error) {
	if limited, ok := r.(*io.LimitedReader); ok {
		if p, ok := limited.R.(*pass); ok {
			return p.writeTo(l)
		}
	}
	return io.Copy(struct{ io.Writer }{l}, r)
}
