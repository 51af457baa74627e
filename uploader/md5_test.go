package uploader_test

import (
	"crypto/md5"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uploadertest"
)

// hasMD5 checks that the storage was told the MD5 of a file's content.
func (b *bench) hasMD5(blob, path string) {
	b.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	sum := md5.Sum(data)
	if p, ok := b.store.Properties(blob); !ok || p.MD5 != string(sum[:]) {
		b.Errorf("%s: MD5 %x, want %x", blob, p.MD5, sum)
	}
}

// TestTheMD5OfWhatIsSentIsKept, in one request or in blocks, also through faults.
func TestTheMD5OfWhatIsSentIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 8})
		sizes := map[string]int{
			"d/empty": 0, "d/small": 10, "d/large": 40*block + 7, "d/larger": 90 * block,
		}
		for name, size := range sizes {
			b.file(name, size)
		}
		b.store.Fail(uploadertest.PutBlock, "", 3, uploadertest.Busy(time.Second))
		b.store.Fail(uploadertest.PutBlock, "", 3, uploadertest.Corrupt())
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Reset())
		b.add(ledger.AddOptions{PutMD5: true}, filepath.Join(b.dir, "d"))
		b.delivered(filepath.Join(b.dir, "d"))
		for name := range sizes {
			b.hasMD5(name, filepath.Join(b.dir, filepath.FromSlash(name)))
		}
		b.close()
	})
}

// TestTheMD5IsOfTheWholeFileAfterAResume: what an earlier run sent is read again, and not sent.
func TestTheMD5IsOfTheWholeFileAfterAResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
		path := b.file("large", 10*block-9)
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlock, "", 6, uploadertest.Hold(closed))
		b.store.Fail(uploadertest.PutBlock, "", 1, uploadertest.Hold(gate))
		b.add(ledger.AddOptions{PutMD5: true}, path)
		synctest.Wait()
		time.Sleep(time.Second) // the acknowledgements are committed
		b.store.ClearFaults()
		b.close()
		before := b.store.Count(uploadertest.PutBlock)
		b.restart(journal, uploader.Config{Connections: 3})
		b.delivered(path)
		b.hasMD5("large", path)
		if n := b.store.Count(uploadertest.PutBlock) - before; n != 4 {
			t.Errorf("%d blocks were sent in the second run, want 4", n)
		}
		b.close()
	})
}

// TestTheMD5IsOfWhatStandsThere, though the file changed while it was sent.
func TestTheMD5IsOfWhatStandsThere(t *testing.T) {
	for name, change := range map[string]func(old []byte) []byte{
		"one byte": func(old []byte) []byte { old[block+3] ^= 1; return old },
		"grown":    func(old []byte) []byte { return append(old, random(9, 2*block)...) },
		"shrunk":   func(old []byte) []byte { return old[:2*block+7] },
		"touched":  func(old []byte) []byte { return old },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Connections: 2})
				path := b.file("large", 6*block)
				old, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlockList, "large", 2, uploadertest.Hold(gate))
				b.store.Fail(uploadertest.PutBlock, "large", 3, uploadertest.Hold(gate))
				b.add(ledger.AddOptions{PutMD5: true}, path)
				synctest.Wait()
				if err := os.WriteFile(path, change(old), 0o600); err != nil {
					t.Fatal(err)
				}
				later := time.Now().Add(time.Hour)
				if err := os.Chtimes(path, later, later); err != nil {
					t.Fatal(err)
				}
				close(gate)
				b.delivered(path)
				b.hasMD5("large", path)
				b.close()
			})
		})
	}
}
