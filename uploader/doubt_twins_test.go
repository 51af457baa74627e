package uploader_test

import (
	"fmt"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uploadertest"
)

// TestTwoUploadsOfOneFileInDoubtAreNoTwoFiles: where a process was cut off while two uploads had
// the same file, what is there is that file, whichever of them wrote it. It is not left alone as
// somebody else's, and gets no second copy.
func TestTwoUploadsOfOneFileInDoubtAreNoTwoFiles(t *testing.T) {
	for _, both := range []bool{false, true} {
		t.Run(fmt.Sprint(both), func(t *testing.T) {
			// In real time, since the system's own clock tells when the file changed.
			journal := ledger.NewMemoryJournal()
			b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 2})
			path := b.file("f.txt", 1000)
			b.store.Fail(uploadertest.PutBlob, "f.txt", 1, uploadertest.LoseAnswer())
			b.store.Fail(uploadertest.PutBlob, "", uploadertest.Always, uploadertest.Stall())
			b.add(ledger.AddOptions{KeepBoth: both}, path)
			b.add(ledger.AddOptions{KeepBoth: both}, path)
			for b.store.Count(uploadertest.PutBlob) < 3 {
				time.Sleep(time.Millisecond)
			}
			b.store.ClearFaults()
			b.restart(journal, uploader.Config{Connections: 2})
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			if names := b.store.Names(); len(names) != 1 {
				t.Errorf("the inbox has %q", names)
			}
			if s := b.queue.Status(); s.Files[ledger.Delivered] == 0 {
				t.Errorf("no upload says that it delivered the file: %v", s.Files)
			}
		})
	}
}
