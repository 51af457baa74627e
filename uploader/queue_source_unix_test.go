//go:build unix

package uploader_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/uploadertest"
)

// TestAFileThatIsNeverReadDoesNotKeepTheQueueFromEnding: a pipe into which nobody writes hangs as a file on a dead network disk does.
func TestAFileThatIsNeverReadDoesNotKeepTheQueueFromEnding(t *testing.T) {
	uploader.SetClosePatience(t, time.Millisecond)
	b := newBench(t, "w", uploader.Config{Connections: 1})
	paths := []string{b.file("run/a", 10), b.file("run/b", 10)}
	gate := make(chan struct{})
	b.store.Fail(uploadertest.PutBlob, "run/a", 1, uploadertest.Hold(gate))
	b.add(uploader.AddOptions{}, filepath.Dir(paths[0]))
	for s := b.queue.Status(); s.Scanning || s.FilesTotal() != 2 || s.Busy != 1; s = b.queue.Status() {
		time.Sleep(time.Millisecond)
	}
	if err := os.Remove(paths[1]); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(paths[1], 0o600); err != nil {
		t.Fatal(err)
	}
	close(gate)
	for b.queue.Status().Files[uploader.Delivered] != 1 || b.queue.Status().Busy != 1 {
		time.Sleep(time.Millisecond)
	}
	b.close()
	// The disk answers: the goroutine that was left behind ends.
	pipe, err := os.OpenFile(paths[1], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = pipe.Close()
}
