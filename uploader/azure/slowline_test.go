package azure

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// narrow accepts connections with a small buffer: over a line that is really slow, no more than
// trickles through it waits at the other end.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = errors.Join(err, tcp.SetReadBuffer(64<<10))
	}
	return conn, err
}

// TestASlowLineIsNotCutOff: a request that takes many times the limit for standing still is not
// given up as long as it moves, though much of what is on its way lies in the systems' buffers and
// moves unseen. The limit is 1/150 of the real one and the line 150 times as fast: 5 kB/s for each
// of four connections. A few requests may be given up until that is known.
func TestASlowLineIsNotCutOff(t *testing.T) {
	t.Parallel() // it mostly waits
	const limit, rate, blocks, size = 400 * time.Millisecond, 750_000, 4, 4 << 20
	faults, err := blobserver.ParseFaults(fmt.Sprintf("slow %d op=PutBlock", rate))
	if err != nil {
		t.Fatal(err)
	}
	server, err := blobserver.New(blobserver.Config{Dir: t.TempDir(), Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + serveOn(t, server, narrow{listen(t)}, "ws-1")
	tok := tokenFor(t, server, base, "ws-1", "cw", time.Hour)
	source := filepath.Join(t.TempDir(), "file")
	write(t, source, rand.NewChaCha8([32]byte{}), blocks*size)
	queue, err := uploader.NewQueue(t.Context(), uploader.Config{
		Steady:    time.Millisecond,
		Open:      func(token token.Token) (store.Store, error) { return Open(token, Options{}) },
		BlockSize: size, Connections: blocks, NoProgress: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := queue.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := queue.Use(tok); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Add(t.Context(), tok.Inbox, []string{source},
		ledger.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := queue.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := queue.Status()
	if s.Files[ledger.Delivered] != 1 || s.Retries > 4*blocks {
		t.Errorf("%d delivered, %d bytes sent again in %d requests", s.Files[ledger.Delivered],
			s.BytesResent, s.Retries)
	}
	t.Logf("%d requests were given up", s.Retries)
}

// TestWhatBuffersBodiesIsWaitedFor: a network that takes bodies at once and passes them on slowly, as
// one does that looks for viruses in them, answers later than a request may stand still. Each worker
// finds that out once, not with each block.
func TestWhatBuffersBodiesIsWaitedFor(t *testing.T) {
	t.Parallel() // it mostly waits
	const limit, rate, workers, blocks, size = 400 * time.Millisecond, 3 << 20, 4, 16, 1 << 20
	server, tok, target, _ := distantInboxAt(t, uploadertest.InspectedHost)
	inspection := &uploadertest.Inspection{Buffers: true, Rate: rate}
	address, certificate := inspection.Start(t, target)
	options := Options{
		Proxy:  through(t, uploadertest.NewProxy(t, address, "", "").HTTP()),
		CAFile: filepath.Join(t.TempDir(), "ca.pem"),
	}
	if err := os.WriteFile(options.CAFile, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(t.TempDir(), "file")
	write(t, source, rand.NewChaCha8([32]byte{}), blocks*size)
	queue, err := uploader.NewQueue(t.Context(), uploader.Config{
		Steady:    time.Millisecond,
		Open:      func(token token.Token) (store.Store, error) { return Open(token, options) },
		BlockSize: size, Connections: workers, NoProgress: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := queue.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := queue.Use(tok); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Add(t.Context(), tok.Inbox, []string{source},
		ledger.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := queue.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := queue.Status()
	if s.Files[ledger.Delivered] != 1 || len(contents(t, server)["file"]) != blocks*size {
		t.Errorf("%d delivered", s.Files[ledger.Delivered])
	}
	if s.Retries > 8*workers {
		t.Errorf("%d requests were given up", s.Retries)
	}
	t.Logf("%d requests were given up", s.Retries)
}
