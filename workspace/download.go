package workspace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"inboxuploader/internal/crash"
)

const (
	fetchTries = 5         // of one piece without a byte of progress between them
	readBuffer = 128 << 10 // bytes

	// Files longer than a piece are read in pieces, several at once: a single connection to a
	// distant storage is far from filling the line.
	pieceSize    = 4 << 20 // bytes
	piecesAtOnce = 16      // of all files together, each held in memory until its turn comes
)

// errStill is the cause when a connection without progress is given up.
var errStill = errors.New("no progress")

// readBuffers are the buffers of connections, *[readBuffer]byte each.
var readBuffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// pieces are the free buffers for pieces. take waits for one.
type pieces chan *bytes.Buffer

func newPieces() pieces {
	p := make(pieces, piecesAtOnce)
	for range piecesAtOnce {
		p <- nil // made when it is first needed
	}
	return p
}

// take returns an empty buffer. The error is the context's cause.
func (p pieces) take(ctx context.Context) (*bytes.Buffer, error) {
	select {
	case b := <-p:
		if b == nil {
			b = bytes.NewBuffer(make([]byte, 0, pieceSize))
		}
		b.Reset()
		return b, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// download writes a blob's bytes from an offset on, each once and in order. After a fault it
// continues where it stopped, provided that the blob is still the same.
func (w *Workspace) download(
	ctx context.Context, container string, f File, from int64, out io.Writer,
) error {
	if f.Size-from <= pieceSize {
		return w.readSpan(ctx, container, f, from, f.Size, out)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	type piece struct {
		content *bytes.Buffer
		read    chan struct{} // closed when it was, after which err stays
		err     error
	}
	ahead := make(chan *piece, piecesAtOnce)
	var reading sync.WaitGroup
	defer func() { // wait until nothing of this file is in transit, and free its buffers
		cancel(nil)
		for p := range ahead {
			<-p.read
			w.pieces <- p.content
		}
		reading.Wait()
	}()
	reading.Go(func() {
		defer close(ahead)
		defer crash.Catch()
		for ; from < f.Size; from += pieceSize {
			content, err := w.pieces.take(ctx)
			if err != nil {
				return
			}
			p := &piece{content: content, read: make(chan struct{})}
			first, end := from, min(from+pieceSize, f.Size)
			reading.Go(func() {
				defer close(p.read)
				defer crash.Catch()
				p.err = w.readSpan(ctx, container, f, first, end, content)
			})
			ahead <- p
		}
	})
	for p := range ahead {
		<-p.read
		err := p.err
		if err == nil {
			_, err = out.Write(p.content.Bytes())
		}
		w.pieces <- p.content
		if err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// readSpan writes the blob's bytes from one offset up to another, and retries after faults.
func (w *Workspace) readSpan(
	ctx context.Context, container string, f File, from, to int64, out io.Writer,
) error {
	var last error
	for tries, wait := 0, time.Duration(0); tries < fetchTries; tries++ {
		if tries > 0 {
			wait = max(2*wait, w.delay)
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(wait):
			}
		}
		n, err := w.readOnce(ctx, container, f, from, to, out)
		if from += n; n > 0 {
			tries, wait = 0, 0
		}
		switch e, ok := errors.AsType[*Error](err); {
		case err == nil && from == to:
			return nil
		case err == nil:
			last = newError("fetch", NetworkDown) // it ended early
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !ok || !errors.Is(e, ErrBusy):
			return err
		default:
			last = err
		}
	}
	return last
}

// readOnce reads the blob from an offset as far as it gets, and returns how many bytes it wrote.
func (w *Workspace) readOnce(
	ctx context.Context, container string, f File, from, to int64, out io.Writer,
) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	still := time.AfterFunc(w.stall, func() { defer crash.Catch(); cancel(errStill) })
	defer still.Stop()
	c := call{op: "fetch", method: http.MethodGet, container: container, blob: f.Name, want: http.StatusOK, header: http.Header{"If-Match": {f.ETag}}}
	if from > 0 || to < f.Size {
		c.want = http.StatusPartialContent
		c.header["Range"] = []string{fmt.Sprintf("bytes=%d-%d", from, to-1)}
	}
	resp, err := w.do(policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1}), c)
	if err != nil {
		if errors.Is(err, errStill) {
			return 0, newError("fetch", NetworkDown)
		}
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	buffer, _ := readBuffers.Get().(*[readBuffer]byte)
	defer readBuffers.Put(buffer)
	var n int64
	for {
		got, err := resp.Body.Read(buffer[:])
		if got > 0 {
			if from+n+int64(got) > to {
				return n, newError("fetch", FileChanged)
			}
			if _, err := out.Write(buffer[:got]); err != nil {
				return n, err
			}
			n += int64(got)
			w.received.Add(int64(got))
			still.Reset(w.stall)
		}
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case errors.Is(context.Cause(ctx), errStill):
			return n, newError("fetch", NetworkDown)
		case err != nil:
			return n, w.unanswered("fetch", err)
		}
	}
}
