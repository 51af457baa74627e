package azure

import (
	"bytes"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// line is a connection under net/http. It knows what net/http doesn't say: how much of a request
// has left, and whether anything came that nobody asked for. That is, it
//
//   - notes when the last byte of a request has left,
//   - reads nothing between an answer and the next request, and hands out no byte beyond an answer,
//     so that a connection which was closed, or has something unread, is known before it carries
//     another request,
//   - keeps back the failure of a write until the answer has been heard that tells why,
//   - writes bodies from the caller's memory, and TLS's records in large pieces.
//
// A line on which something is written before a request has it, by whoever uses the transport
// without a Store, passes everything on as it comes.
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

	// Of whoever reads, and between an answer and the next request of whoever holds the line.
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

// begin makes the line carry k's request. A line that was used before, and does not stand any more,
// is closed.
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

// stands reports whether the other side has neither closed an idle line nor said anything unasked,
// which would be taken for the next request's answer.
func (l *line) stands(idle time.Duration) bool {
	return len(l.rest) == 0 && (l.records == nil || l.records.silent(l.Conn)) && silent(l.raw, idle)
}

// done says that the answer is complete.
func (l *line) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered++
}

// settle closes the line of a request that was answered before it had left, and waits for what is
// being written.
func (l *line) settle() {
	_ = l.Close()
	l.writing.Lock()
	defer l.writing.Unlock()
}

// Close implements net.Conn, in whatever state the line is. TLS would say goodbye, for which there
// may be no room for seconds.
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

// await waits until there is something to be read for, and reports whether it passes on everything.
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

// Read implements net.Conn. It ends at each blank line, which is where the head of an answer ends,
// or a body in chunks, and at the end of a body whose length is known: what comes after that stays
// here.
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

// lastWord is how long an answer is waited for after the other side stopped taking the request.
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

// copiedBody is how much of a body is copied behind its head, to be one piece with it; more than
// that only looks like one.
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

// ReadFrom implements io.ReaderFrom. net/http hands it what is left of a body once the beginning
// has gone through its buffer, and would copy the rest in small pieces.
func (l *line) ReadFrom(r io.Reader) (int64, error) {
	if limited, ok := r.(*io.LimitedReader); ok {
		if p, ok := limited.R.(*pass); ok {
			return p.writeTo(l)
		}
	}
	return io.Copy(struct{ io.Writer }{l}, r)
}
