package store

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"inboxuploader/uploader/problem"
)

// failingWriter takes some bytes and then no more.
type failingWriter struct {
	bytes.Buffer
	room int
}

var errFull = errors.New("full")

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.room {
		p = p[:w.room]
		n, _ := w.Buffer.Write(p)
		w.room = 0
		return n, errFull
	}
	w.room -= len(p)
	return w.Buffer.Write(p)
}

func TestBodyIsTheSameReadOrWritten(t *testing.T) {
	data := make([]byte, 3*paceStep+5)
	for i := range data {
		data[i] = byte(i * 7)
	}
	errSlow := errors.New("slow")
	for _, c := range []struct {
		name string
		body func() *Body
	}{
		{"in memory", func() *Body { return NewBody(data, 1) }},
		{"in a file", func() *Body {
			return &Body{file: bytes.NewReader(append([]byte("head"), data...)), start: 4, size: int64(len(data))}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, from := range []int64{0, 1, paceStep, int64(len(data)) - 1, int64(len(data))} {
				paced := 0
				b := c.body()
				b.SetPace(func(n int) error { paced += n; return nil })
				if _, err := b.Seek(from, io.SeekStart); err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				n, err := b.WriteTo(&out)
				if err != nil || n != int64(len(data))-from ||
					!bytes.Equal(out.Bytes(), data[from:]) || int64(paced) != n {
					t.Errorf("from %d: wrote %d, paced %d, the same: %v, %v", from, n, paced,
						bytes.Equal(out.Bytes(), data[from:]), err)
				}
				if _, err := b.Seek(from, io.SeekStart); err != nil {
					t.Fatal(err)
				}
				if read, err := io.ReadAll(struct{ io.Reader }{b}); err != nil ||
					!bytes.Equal(read, data[from:]) {
					t.Errorf("from %d: read %d, %v", from, len(read), err)
				}
			}
			w := &failingWriter{room: paceStep + 9}
			if n, err := c.body().WriteTo(w); !errors.Is(err, errFull) || n != paceStep+9 ||
				!bytes.Equal(w.Bytes(), data[:n]) {
				t.Errorf("a writer that fails: %d, %v", n, err)
			}
			b := c.body()
			b.SetPace(func(int) error { return errSlow })
			if n, err := b.WriteTo(io.Discard); n != 0 || !errors.Is(err, errSlow) {
				t.Errorf("a pace that fails: %d, %v", n, err)
			}
		})
	}
	b := &Body{file: bytes.NewReader(data[:10]), size: 20}
	if _, err := b.WriteTo(io.Discard); !errors.Is(err, problem.ErrSourceChanged) {
		t.Errorf("a file that has shrunk: %v", err)
	}
}
