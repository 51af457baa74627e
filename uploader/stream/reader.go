package stream

import (
	"context"
	"errors"
	"io"

	"inboxuploader/internal/crash"
)

// reader reads on a goroutine of its own, since nothing can interrupt a read of standard input.
type reader struct {
	in    io.Reader
	empty chan []byte // to be filled
	full  chan filled // holds one
	stuck bool        // a buffer is still being filled: nobody may use it any more
}

// filled is the result of filling a buffer: err is io.EOF if the data ended with it.
type filled struct {
	n   int
	err error
}

func newReader(in io.Reader) *reader {
	r := &reader{in: in, empty: make(chan []byte), full: make(chan filled, 1)}
	go func() { defer crash.Catch(); r.run() }()
	return r
}

func (r *reader) run() {
	for buf := range r.empty {
		n, err := fill(r.in, buf)
		r.full <- filled{n, err}
	}
}

// fill reads until a buffer is full or the data ends.
func fill(in io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var k int
		k, err = in.Read(buf[n:])
		n += k
	}
	return n, err
}

// fill fills a buffer as far as there is data, and reports whether the data has ended. When the
// context is cancelled, it returns the cause at once.
func (r *reader) fill(ctx context.Context, buf []byte) (n int, ended bool, err error) {
	select {
	case <-ctx.Done():
		return 0, false, context.Cause(ctx)
	case r.empty <- buf:
	}
	select {
	case <-ctx.Done():
		r.stuck = true
		return 0, false, context.Cause(ctx)
	case got := <-r.full:
		ended = errors.Is(got.err, io.EOF)
		if ended {
			got.err = nil
		}
		return got.n, ended, got.err
	}
}

// close ends the goroutine once its current read has ended. It does not wait for that.
func (r *reader) close() { close(r.empty) }
