package azure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// TestEveryFaultEndsDeliveredOrWaitsWithTheRightReason plays every fault at every kind of request,
// with every kind of token, on free and taken names, over the wire with the real queue.
func TestEveryFaultEndsDeliveredOrWaitsWithTheRightReason(t *testing.T) {
	w := newFaultWorld(t)
	var strays atomic.Int64
	w.elsewhere = serve(t, func(http.ResponseWriter, *http.Request) { strays.Add(1) }).URL + "/"
	all := runs()
	var wg sync.WaitGroup
	places := make(chan struct{}, 48) // most of a case is waiting
	for i, r := range all {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			w.run(t, i, r)
		})
	}
	wg.Wait()
	if n := strays.Load(); n != 0 {
		t.Errorf("%d requests went where a redirect led", n)
	}
	w.secrets.Range(func(sig, _ any) bool {
		if s, ok := sig.(string); !ok || strings.Contains(w.log.buf.String(), s) {
			t.Error("a signature was logged")
		}
		return true
	})
	t.Logf("%d cases: %d faults at up to 5 spots, tokens w, cw, c, racwdl, names free, taken, replaced", len(all), len(faultCases))
}

// faultWorld is what all cases share.
type faultWorld struct {
	base      string // a folder for what the cases leave behind
	elsewhere string // another server's address, on which nothing may arrive
	taken     string // a server's folder with a stranger's files in it
	secrets   sync.Map
	log       lockedBuffer
}

// lockedBuffer gathers what several queues log.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

const strangersText = "somebody else's file"

var (
	matrixKey   = bytes.Repeat([]byte("k"), 64)
	matrixNames = map[spot]string{smallFile: "small.bin"} // the others send large.bin
)

func (r faultRun) file() string {
	if n, ok := matrixNames[r.spot]; ok {
		return n
	}
	return "large.bin"
}

// newFaultWorld writes the files that are sent and those that stand in the inbox before, since an
// hour.
func newFaultWorld(t *testing.T) *faultWorld {
	t.Helper()
	w := &faultWorld{base: t.TempDir()}
	for name, size := range map[string]int{"small.bin": smallSize, "large.bin": largeSize} {
		data := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(data) // never fails
		if err := os.WriteFile(filepath.Join(w.base, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.taken = filepath.Join(w.base, "taken")
	_, token, stop := w.start(t,
		blobserver.Config{Dir: w.taken, Now: func() time.Time { return time.Now().Add(-time.Hour) }}, "cw")
	defer stop()
	st, err := Open(token, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"small.bin", "large.bin"} {
		text := []byte(strangersText)
		if _, err := st.PutBlob(t.Context(), name, store.NewBody(text, nvme(text)),
			store.Properties{}, always); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

var nvmeTable = crc64.MakeTable(0x9A6C9329AC4BC9B5)

func nvme(data []byte) uint64 { return crc64.Checksum(data, nvmeTable) }

// start runs a server with a container and signs a token for it.
func (w *faultWorld) start(
	t *testing.T, c blobserver.Config, rights string,
) (*blobserver.Server, token.Token, func()) {
	c.Key = matrixKey
	server, err := blobserver.New(c)
	if err != nil {
		t.Error(err)
		return nil, token.Token{}, func() {}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return nil, token.Token{}, func() {}
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background(), listener) }()
	stop := func() {
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	}
	if err := server.CreateContainer("ws-1"); err != nil &&
		!errors.Is(err, blobserver.ErrContainerExists) {
		t.Error(err)
	}
	now := time.Now()
	link, err := server.Token(blobserver.TokenRequest{
		Base: "http://" + listener.Addr().String(), Container: "ws-1", Rights: rights,
		From: now.Add(-24 * time.Hour), To: now.Add(24 * time.Hour),
	})
	if err != nil {
		t.Error(err)
	}
	token, err := token.Parse(link)
	if err != nil {
		t.Error(err)
	}
	_, sig, _ := strings.Cut(token.Query(), "sig=")
	w.secrets.Store(sig, true)
	return server, token, stop
}

// run plays one case.
func (w *faultWorld) run(t *testing.T, number int, r faultRun) {
	fail := func(format string, args ...any) {
		t.Errorf("%v: %s", r, fmt.Sprintf(format, args...))
	}
	faults, err := blobserver.ParseFaults(r.script(w.elsewhere))
	if err != nil {
		fail("%v", err)
		return
	}
	dir := filepath.Join(w.base, fmt.Sprint("case", number))
	defer func() { _ = os.RemoveAll(dir) }()
	if r.mode != free {
		if err := os.CopyFS(dir, os.DirFS(w.taken)); err != nil {
			fail("%v", err)
			return
		}
	}
	server, tok, stop := w.start(t, blobserver.Config{Dir: dir, Faults: faults}, r.rights)
	if server == nil {
		return
	}
	defer stop()
	queue, err := uploader.NewQueue(t.Context(), uploader.Config{
		Steady:    time.Millisecond,
		Open:      func(token token.Token) (store.Store, error) { return Open(token, Options{}) },
		BlockSize: plan.MinBlockSize, Connections: 1, NoProgress: r.noProgress(),
		Log: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		fail("%v", err)
		return
	}
	defer func() {
		if err := queue.Close(); err != nil {
			fail("close: %v", err)
		}
	}()
	if err := queue.Use(tok); err != nil {
		fail("%v", err)
		return
	}
	source := filepath.Join(w.base, r.file())
	if _, err := queue.Add(t.Context(), tok.Inbox, []string{source},
		ledger.AddOptions{Replace: r.mode == replace}); err != nil {
		fail("%v", err)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end := r.ending()
	switch err := w.await(ctx, queue, end); {
	case end.holds:
		e, ok := errors.AsType[*problem.Error](err)
		if !ok || e.Reason != end.reason || !problem.ConcernsToken(err) {
			fail("the queue waits for %v, want %s", err, end.reason)
		}
		w.compare(fail, server, r, source, false)
		if err := queue.Use(tok); err != nil {
			fail("%v", err)
		}
	case err != nil:
		fail("%v", err)
		return
	case end.waits:
		w.compare(fail, server, r, source, false)
		faults.Off()
	}
	if err := queue.Wait(ctx); err != nil {
		fail("at last: %v", err)
	}
	if faults.Met()[0] == 0 {
		fail("the fault was never met")
	}
	last := r.afterwards(end)
	job := w.look(ctx, fail, server, queue, r, source, last)
	if job.State == ledger.Attention && job.Problem.Reason != problem.AlreadyThereByUs ||
		job.State == ledger.Failed {
		// The cause is mended and the person tries again.
		faults.Off()
		if err := server.DiscardBlocks("ws-1", r.file()); err != nil {
			fail("%v", err)
		}
		if n, err := queue.Do(ctx, ledger.Command{Verb: ledger.Retry}); n != 1 || err != nil {
			fail("%d jobs are tried again, %v", n, err)
		}
		if err := queue.Wait(ctx); err != nil {
			fail("tried again: %v", err)
		}
		last = delivered
		if r.mode == taken {
			last = leftAlone
		}
		w.look(ctx, fail, server, queue, r, source, last)
	}
	for op := range server.Counts() {
		if op != blobserver.PutBlob && op != blobserver.PutBlock && op != blobserver.PutBlockList {
			fail("a %s was asked for", op)
		}
	}
}

// look checks that the job has come to its ending and that the inbox shows that, and returns the
// job.
func (w *faultWorld) look(
	ctx context.Context, fail func(string, ...any), server *blobserver.Server,
	queue *uploader.Queue, r faultRun, source string, want ending,
) ledger.Job {
	rows, err := queue.Rows(ctx, ledger.Filter{}, 0, 2)
	if err != nil || len(rows) != 1 {
		fail("%d jobs, %v", len(rows), err)
		return ledger.Job{}
	}
	job := rows[0]
	reason := problem.Reason("")
	if job.Problem != nil {
		reason = job.Problem.Reason
	}
	if job.State != want.state || reason != want.reason {
		fail("the job is %v (%v), want %v (%s)", job.State, job.Problem, want.state, want.reason)
	}
	content := w.compare(fail, server, r, source, job.State == ledger.Delivered)
	if job.State == ledger.Delivered && job.CRC64 != nvme(content) {
		fail("the receipt's checksum is not the content's")
	}
	return job
}

// await waits for the case's first ending.
func (w *faultWorld) await(ctx context.Context, q *uploader.Queue, end ending) error {
	if !end.waits {
		return q.Wait(ctx)
	}
	for {
		for _, in := range q.Status().Inboxes {
			if in.Trouble != nil && in.Trouble.Reason == end.reason {
				return nil
			}
		}
		select {
		case <-q.Changed():
		case <-ctx.Done():
			return fmt.Errorf("%s was never said", end.reason)
		}
	}
}

// compare checks that nothing stands in the inbox but what may, and returns the content of the
// file's name.
func (w *faultWorld) compare(
	fail func(string, ...any), server *blobserver.Server, r faultRun, source string, delivered bool,
) []byte {
	want, err := os.ReadFile(source)
	if err != nil {
		fail("%v", err)
	}
	var got []byte
	there := false
	for _, b := range server.Blobs("ws-1") {
		f, err := server.Open("ws-1", b.Name)
		if err != nil {
			fail("%v", err)
			return nil
		}
		data, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			fail("%v", err)
		}
		switch {
		case b.Name == r.file():
			got, there = data, true
		case r.mode == free || string(data) != strangersText:
			fail("%s is in the inbox: %.20q", b.Name, data)
		}
	}
	switch {
	case delivered && (!there || !bytes.Equal(got, want)):
		fail("said to be delivered, but in the inbox: %v, %d bytes", there, len(got))
	case r.mode == taken && string(got) != strangersText:
		fail("another's file was touched: %.20q", got)
	case there && string(got) != strangersText && !bytes.Equal(got, want):
		fail("half a file, or a mixture, is in the inbox: %d bytes", len(got))
	}
	return got
}
