package uploader_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uploadertest"
)

// mapped maps a file into memory for the test's time, with all of its pages written to: so that the
// system, until it brings them to the disk, changes the file's times no more, whatever is written
// there.
func mapped(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(data); err != nil {
			t.Error(err)
		}
	})
	copy(data, edition(0, len(data)))
	now := time.Now()
	if err := os.Chtimes(path, now, now); err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAMappedFileIsNeverDeliveredMixed: its times say nothing of what a program writes into its
// mapped pages.
func TestAMappedFileIsNeverDeliveredMixed(t *testing.T) {
	for way, c := range ways {
		for how, ends := range map[string]time.Duration{"for ever": time.Hour, "for seconds": 4 * time.Second} {
			t.Run(way+"/"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, c.letters, uploader.Config{Steady: steady, Memory: mib})
					path := b.file("f", c.size)
					data := mapped(t, path)
					if c.taken {
						put(b, "f", "somebody else's")
					}
					ctx, stop := context.WithTimeout(t.Context(), ends)
					var writer sync.WaitGroup
					writer.Go(func() {
						for n := 1; ctx.Err() == nil; n++ {
							next := edition(n, c.size)
							copy(data[:c.size/2], next)
							time.Sleep(step)
							copy(data[c.size/2:], next[c.size/2:])
							time.Sleep(step)
						}
					})
					time.Sleep(time.Microsecond)
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

// TestBlocksOfAMappedFileAreReadAgainAfterAResume: what was acknowledged in the run before may have
// been read in the middle of a change.
func TestBlocksOfAMappedFileAreReadAgainAfterAResume(t *testing.T) {
	journal := ledger.NewMemoryJournal()
	b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
	path := b.file("f", 6*block)
	data := mapped(t, path)
	gate := make(chan struct{})
	b.store.Fail(uploadertest.PutBlock, "f", 3, uploadertest.Hold(closed))
	b.store.Fail(uploadertest.PutBlock, "f", 1, uploadertest.Hold(gate))
	b.add(ledger.AddOptions{}, path)
	b.await("three blocks are there",
		func(s uploader.Status) bool { return s.BytesDone == 3*block })
	b.close()
	b.store.ClearFaults()
	copy(data, edition(1, len(data)))
	b.restart(journal, uploader.Config{})
	b.delivered(path)
	if got, _ := b.store.Blob("f"); !whole(got) {
		t.Error("delivered mixed")
	}
}
