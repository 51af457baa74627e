package azure

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// use is what the process holds of what can leak.
type use struct {
	goroutines, files int
	heap              uint64
}

// used measures after things have settled: connections that were given up end a little later.
func used() use {
	u := use{goroutines: 1 << 30}
	for range 50 {
		runtime.GC()
		if n := runtime.NumGoroutine(); n < u.goroutines {
			u.goroutines = n
		}
		time.Sleep(10 * time.Millisecond)
	}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil { // elsewhere files are not counted
		u.files = len(entries)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.heap = m.HeapAlloc
	return u
}

// TestASoakLeaksNothing sends the same files again and again on a bad day, by one queue, and
// watches goroutines, open files and memory: three rounds, or for as long as .ci/soak says.
func TestASoakLeaksNothing(t *testing.T) {
	rounds, until := 3, time.Time{}
	if text := os.Getenv(soakVariable); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		rounds, until = 1<<30, time.Now().Add(d)
	}
	// The server does not notice that a client which it does not listen to is gone, so its stalls
	// must end.
	faults, err := blobserver.ParseFaults(strings.ReplaceAll(badDay, "stall ", "stall for=3s ") +
		"truncate chance=0.5%\ngarbage chance=0.5%\ndamage chance=1%\necho chance=0.5%\n")
	if err != nil {
		t.Fatal(err)
	}
	server, err := blobserver.New(blobserver.Config{Dir: t.TempDir(), Faults: faults, Stall: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + serveOn(t, server, listen(t), "ws-1")
	tok := tokenFor(t, server, base, "ws-1", "cw", 24*time.Hour)
	root := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{7})
	const files, large = 200, 8 << 20
	for i := range files {
		write(t, filepath.Join(root, fmt.Sprint(i)), random, int64(i*50))
	}
	write(t, filepath.Join(root, "large"), random, large)

	queue, err := uploader.NewQueue(t.Context(), uploader.Config{
		Steady: time.Millisecond,
		Open: func(token token.Token) (store.Store,
			error,
		) {
			return Open(token, Options{Connections: 16})
		},
		BlockSize: 256 << 10, Connections: 16, NoProgress: time.Second, Memory: 16 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := queue.Close(); err != nil {
			t.Error(err)
		}
	}()
	var first, last use
	n := 0
	for ; n < rounds && (until.IsZero() || time.Now().Before(until)); n++ {
		if err := queue.Use(tok); err != nil { // a new store each time, as with a new token
			t.Fatal(err)
		}
		if _, err := queue.Add(t.Context(), tok.Inbox, []string{root},
			ledger.AddOptions{Scan: scan.Options{Recursive: true}, Replace: true}); err != nil {
			t.Fatal(err)
		}
		if err := queue.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := queue.Status(); s.Files[ledger.Delivered] != files+1 {
			t.Fatalf("round %d: %v", n, s.Files)
		}
		if _, err := queue.Do(t.Context(), ledger.Command{Verb: ledger.Clear}); err != nil {
			t.Fatal(err)
		}
		last = used()
		if n == 0 {
			first = last
		}
		if n%50 == 49 {
			t.Logf("after %d rounds: %v", n+1, last)
		}
		// Idle connections of up to 16 workers and what the server still holds for stalled ones
		// come and go.
		if last.goroutines > first.goroutines+64 || last.files > first.files+64 ||
			last.heap > first.heap+32<<20 {
			t.Fatalf("round %d: %+v, after the first it was %+v", n, last, first)
		}
	}
	for _, b := range server.Blobs("ws-1") {
		f, err := server.Open("ws-1", b.Name)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, filepath.Join(filepath.Dir(root), filepath.FromSlash(b.Name)), f)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	status := queue.Status()
	t.Logf("%d rounds of %d files: %d requests, %d of them again; goroutines, open files, bytes of heap after the first round %v, after the last %v",
		n, files+1, status.Requests, status.Retries, first, last)
}
