package azure

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// badDay is a service and a network in a poor state.
const badDay = `
seed 6
refuse ServerBusy  chance=5%
reset              chance=0.5%
reset at=body      chance=0.5%
reset at=answer    chance=1%
stall              chance=0.5%
`

// mostSent is how many bytes may be sent for each byte that is delivered on such a day.
const mostSent = 1.15

// soakVariable asks for the long versions of tests: .ci/soak sets it.
const soakVariable = "UPLOADER_SOAK"

// TestABadDayCostsLittle sends many small files and a large one where one request in thirteen fails
// in some way: 1,500 and 32 MiB, or 5,000 and 2 GiB with .ci/soak.
func TestABadDayCostsLittle(t *testing.T) {
	files, large, blocks, noProgress := 1500, int64(32<<20), int64(512<<10), time.Second
	if os.Getenv(soakVariable) != "" {
		files, large, blocks, noProgress = 5000, 2<<30, 8<<20, 3*time.Second
	}
	root := filepath.Join(t.TempDir(), "data")
	random := rand.NewChaCha8([32]byte{6})
	sizes := rand.New(random)
	total := int64(0)
	for i := range files {
		name := filepath.Join(root, fmt.Sprintf("d%02d", i%50), fmt.Sprintf("f%04d", i))
		if i < 50 {
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		total += write(t, name, random, sizes.Int64N(8<<10))
	}
	total += write(t, filepath.Join(root, "large.bin"), random, large)

	faults, err := blobserver.ParseFaults(badDay)
	if err != nil {
		t.Fatal(err)
	}
	server, err := blobserver.New(blobserver.Config{Dir: t.TempDir(), Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + serveOn(t, server, listen(t), "ws-1")
	tok := tokenFor(t, server, base, "ws-1", "cw", time.Hour)
	queue, err := uploader.NewQueue(t.Context(), uploader.Config{
		Steady:    time.Millisecond,
		Open:      func(token token.Token) (store.Store, error) { return Open(token, Options{}) },
		BlockSize: blocks, NoProgress: noProgress,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := queue.Close(); err != nil {
			t.Error(err)
		}
	}()
	begun := time.Now()
	if err := queue.Use(tok); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Add(t.Context(), tok.Inbox, []string{root},
		ledger.AddOptions{Scan: scan.Options{Recursive: true}}); err != nil {
		t.Fatal(err)
	}
	if err := queue.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)

	status := queue.Status()
	if n := status.Files[ledger.Delivered]; n != int64(files)+1 || status.FilesTotal() != n {
		t.Errorf("%d of %d files are delivered", n, status.FilesTotal())
	}
	ratio := float64(status.BytesSent) / float64(total)
	if ratio > mostSent {
		t.Errorf("%.3f bytes were sent for each one, want at most %.2f", ratio, mostSent)
	}
	for i, n := range faults.Met() {
		if n == 0 {
			t.Errorf("fault %d was never met", i+1)
		}
	}
	stored := server.Blobs("ws-1")
	if len(stored) != files+1 {
		t.Errorf("%d blobs", len(stored))
	}
	for _, b := range stored {
		f, err := server.Open("ws-1", b.Name)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, filepath.Join(filepath.Dir(root), filepath.FromSlash(b.Name)), f)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d files and one of %d MiB, %d requests, faults met %v (busy, reset, reset in the body, answer lost, stall): "+
		"%.3f bytes sent for each one, %.1f s, %d connections at last", files, large>>20,
		status.Requests, faults.Met(), ratio,
		took.Seconds(), status.Connections)
}

// write makes a file of random bytes.
func write(t *testing.T, name string, from io.Reader, size int64) int64 {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.CopyN(f, from, size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return size
}

// equal compares a file with what was delivered, byte by byte.
func equal(t *testing.T, name string, got io.Reader) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = f.Close() }() // it was only read
	a, b := bufio.NewReader(f), bufio.NewReader(got)
	x, y := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errX := io.ReadFull(a, x)
		m, errY := io.ReadFull(b, y)
		if n != m || !bytes.Equal(x[:n], y[:m]) {
			t.Errorf("%s arrived changed", name)
			return
		}
		if errX != nil || errY != nil {
			if ends(errX) && ends(errY) {
				return
			}
			t.Errorf("%s: %v, %v", name, errX, errY)
			return
		}
	}
}

func ends(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
