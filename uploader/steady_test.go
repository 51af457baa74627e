package uploader_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// steady is the queue's own pause between two readings of a file.
const steady = 2500 * time.Millisecond

// step is how long a program takes to write half of a file.
const step = 37 * time.Millisecond

// edition is a file's content in the n-th edition: a mixture of two shows.
func edition(n, size int) []byte {
	data := make([]byte, 0, size+8)
	for len(data) < size {
		data = binary.BigEndian.AppendUint64(data, uint64(n))
	}
	return data[:size]
}

// whole reports whether data is one edition and no mixture.
func whole(data []byte) bool {
	return len(data) < 8 || string(data) == string(edition(int(binary.BigEndian.Uint64(data)),
		len(data)))
}

// rewrite writes one edition after the other in place, without a pause, half of the file at a time,
// until the context ends and the last edition is complete. aged is how old the file then says it
// is.
func rewrite(ctx context.Context, t *testing.T, path string, size int, aged time.Duration) {
	for n := 1; ctx.Err() == nil; n++ {
		data := edition(n, size)
		for _, half := range [][2]int{{0, size / 2}, {size / 2, size}} {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteAt(data[half[0]:half[1]], int64(half[0]))
				err = errors.Join(err, f.Close())
			}
			when := time.Now().Add(-aged)
			if err = errors.Join(err, os.Chtimes(path, when, when)); err != nil {
				t.Error(err)
			}
			time.Sleep(step)
		}
	}
}

// fresh writes a file's first edition that says it was modified just now.
func (b *bench) fresh(name string, size int) string {
	b.Helper()
	path, now := filepath.Join(b.dir, filepath.FromSlash(name)), time.Now()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700),
		os.WriteFile(path, edition(0, size), 0o600), os.Chtimes(path, now, now)); err != nil {
		b.Fatal(err)
	}
	return path
}

// ways are all the ways in which a file is sent.
var ways = map[string]struct {
	letters string
	size    int
	options ledger.AddOptions
	taken   bool // there is a blob of its name
	name    string
}{
	"one request":                 {"w", block / 2, ledger.AddOptions{}, false, "f"},
	"blocks":                      {"w", 5*block - 7, ledger.AddOptions{}, false, "f"},
	"one request, replacing":      {"w", block, ledger.AddOptions{Replace: true}, true, "f"},
	"blocks, replacing":           {"w", 3 * block, ledger.AddOptions{Replace: true}, true, "f"},
	"one request, beside another": {"w", block / 2, ledger.AddOptions{KeepBoth: true}, true, "f (2)"},
	"blocks, beside another":      {"w", 3 * block, ledger.AddOptions{KeepBoth: true}, true, "f (2)"},
	"one large request":           {"c", 5 * block, ledger.AddOptions{}, false, "f"},
	"more than all buffers":       {"c", 3 << 20, ledger.AddOptions{}, false, "f"},
}

// TestATornFileNeverStandsUnderTheName: a program that rewrites a file in place without a pause.
// While it goes on, the file is given to a person; when it has ended soon enough, what it wrote
// last is delivered.
func TestATornFileNeverStandsUnderTheName(t *testing.T) {
	for way, c := range ways {
		for how, ends := range map[string]time.Duration{"for ever": time.Hour, "for seconds": 4 * time.Second} {
			t.Run(way+"/"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, c.letters, uploader.Config{Steady: steady, Memory: mib})
					path := b.fresh("f", c.size)
					if c.taken {
						put(b, "f", "somebody else's")
					}
					ctx, stop := context.WithTimeout(t.Context(), ends)
					var writer sync.WaitGroup
					writer.Go(func() { rewrite(ctx, t, path, c.size, 0) })
					time.Sleep(step + time.Microsecond)
					b.add(c.options, path)
					if err := b.wait(); err != nil {
						t.Fatal(err)
					}
					stop()
					writer.Wait()
					checkWhole(b, c.name, path, ends == time.Hour)
					b.close()
				})
			})
		}
	}
}

// put stores a blob.
func put(b *bench, name, content string) {
	b.Helper()
	if _, err := b.store.PutBlob(b.Context(), name, uploadertest.NewBody([]byte(content)),
		store.Properties{}, store.Condition{}); err != nil {
		b.Fatal(err)
	}
}

// checkWhole makes sure that a blob is no mixture: it is not there, or was not written, if the file
// never rested; else it is the file.
func checkWhole(b *bench, name, path string, restless bool) {
	b.Helper()
	got, ok := b.store.Blob(name)
	if restless {
		if r := b.problem(ledger.Attention); r != problem.SourceChanged {
			b.Errorf("reason %q", r)
		}
		if ok && string(got) != "somebody else's" {
			b.Errorf("delivered, and whole: %v", whole(got))
		}
		return
	}
	if !ok || !whole(got) {
		b.Errorf("delivered: %v, whole: %v", ok, whole(got))
	}
	if want, err := os.ReadFile(path); err != nil || string(got) != string(want) {
		b.Errorf("not what was written last: %v", err)
	}
}

// TestAShareWhoseClockIsBehindHidesNoWriter: what was seen to change is not taken for old because
// its times say so.
func TestAShareWhoseClockIsBehindHidesNoWriter(t *testing.T) {
	for name, size := range map[string]int{"small": block / 2, "large": 3 * block} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Steady: steady, Connections: 1})
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlob, "first", 1, uploadertest.Hold(gate))
				first, path := b.file("first", 10), b.fresh("f", size)
				old := time.Now().Add(-time.Hour)
				if err := os.Chtimes(path, old, old); err != nil {
					t.Fatal(err)
				}
				b.add(ledger.AddOptions{}, first, path)
				synctest.Wait()
				ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
				defer stop()
				var writer sync.WaitGroup
				writer.Go(func() { rewrite(ctx, t, path, size, time.Hour) })
				time.Sleep(step + time.Microsecond)
				close(gate)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				writer.Wait()
				checkWhole(b, "f", path, false)
				b.close()
			})
		})
	}
}

// TestAFileThatGrowsIsDeliveredWhole: it is copied into the folder while it is sent; small at
// first, or empty, and many times as large in the end.
func TestAFileThatGrowsIsDeliveredWhole(t *testing.T) {
	for _, begins := range []int{0, 2_000, 2 * block} {
		t.Run(fmt.Sprint(begins), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Steady: steady})
				path := b.fresh("f", begins)
				var writer sync.WaitGroup
				writer.Go(func() {
					for range 60 {
						time.Sleep(100 * time.Millisecond)
						f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
						if err == nil {
							_, err = f.Write(random(1, 2_000+begins))
							err = errors.Join(err, f.Close())
						}
						now := time.Now()
						if err = errors.Join(err, os.Chtimes(path, now, now)); err != nil {
							t.Error(err)
						}
					}
				})
				b.add(ledger.AddOptions{}, path)
				b.delivered(path)
				writer.Wait()
				b.close()
			})
		})
	}
}

// TestFreshFilesWaitTogether: a thousand cost one pause and no connection or buffer, so that what
// is at rest goes on.
func TestFreshFilesWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const files = 1_000
		b := newBench(t, "w", uploader.Config{Steady: steady, Connections: 2, Memory: mib})
		for i := range files {
			b.fresh(fmt.Sprintf("tree/%03d", i), 100)
		}
		for i := range 3 {
			b.fresh(fmt.Sprintf("tree/large%d", i), 3*block)
		}
		root := filepath.Dir(b.file("tree/old", 100))
		b.file("tree/old and large", 20*block)
		begun := time.Now()
		b.add(ledger.AddOptions{}, root)
		time.Sleep(steady / 2)
		if s := b.queue.Status(); s.Files[ledger.Delivered] != 2 || s.Busy != 0 {
			t.Errorf("before the pause is over %d are delivered, and %d requests under way",
				s.Files[ledger.Delivered], s.Busy)
		}
		b.delivered(root)
		if took := time.Since(begun); took < steady || took > steady+time.Second {
			t.Errorf("took %v", took)
		}
		if s := b.queue.Status(); s.BytesSent != s.Bytes[ledger.Delivered] {
			t.Errorf("%d bytes sent of %d", s.BytesSent, s.Bytes[ledger.Delivered])
		}
		b.close()
	})
}

// TestHurryDoesNotShortenThePause: "try now" is about the network.
func TestHurryDoesNotShortenThePause(t *testing.T) {
	for _, size := range []int{100, 3 * block} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, "w", uploader.Config{Steady: steady})
			path := b.fresh("f", size)
			begun := time.Now()
			b.add(ledger.AddOptions{}, path)
			synctest.Wait()
			b.queue.TryNow()
			b.delivered(path)
			if took := time.Since(begun); took < steady {
				t.Errorf("%d bytes: took %v", size, took)
			}
			b.close()
		})
	}
}

// TestADocumentIsSentAtOnce: nobody but this program has written it, and it is complete.
func TestADocumentIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Steady: steady})
		begun := time.Now()
		b.add(ledger.AddOptions{
			Accompanies: []ledger.Accompanied{{Transfer: 1, Files: 1}},
		}, b.fresh("SHA256SUMS", 100))
		if err := b.wait(); err != nil || time.Since(begun) >= steady {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		b.add(ledger.AddOptions{}, b.fresh("data", 100))
		if err := b.wait(); err != nil || time.Since(begun) < steady {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		b.close()
	})
}
