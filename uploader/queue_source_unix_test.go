//go:build unix

package uploader_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/uploadertest"
)

// TestAFileWhoseTimeIsPutBackIsNeverDeliveredMixed: as by programs that keep an encrypted disk in a file. The size and the modification
// time say that nothing has changed, in the same run and in the next one.
func TestAFileWhoseTimeIsPutBackIsNeverDeliveredMixed(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("the system's times of change are not read here")
	}
	for _, restarted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			journal := uploader.NewMemoryJournal()
			b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
			path := b.file("large", 6*block)
			old, _ := os.ReadFile(path)
			gate := make(chan struct{})
			b.store.Fail(uploadertest.PutBlock, "large", 3, uploadertest.Hold(closed))
			b.store.Fail(uploadertest.PutBlock, "large", 1, uploadertest.Hold(gate))
			b.add(uploader.AddOptions{}, path)
			synctest.Wait()
			before, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			now := append([]byte(nil), old...)
			now[3] ^= 1
			now[5*block+3] ^= 1
			if err := os.WriteFile(path, now, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
				t.Fatal(err)
			}
			if restarted {
				time.Sleep(time.Second) // the acknowledgements are committed
				b.store.ClearFaults()
				b.restart(journal, uploader.Config{})
			} else {
				close(gate)
			}
			b.delivered(path)
			b.close()
		})
	}
}

// TestTooManyOpenFilesAreNoFaultOfAFile: it is opened a little later, with fewer requests under way.
func TestTooManyOpenFilesAreNoFaultOfAFile(t *testing.T) {
	for _, size := range []int{10, 6 * block} {
		synctest.Test(t, func(t *testing.T) {
			var limit syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				t.Fatal(err)
			}
			b := newBench(t, "w", uploader.Config{})
			path := b.file("file", size)
			full := limit
			full.Cur = 0
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &full); err != nil {
				t.Fatal(err)
			}
			b.add(uploader.AddOptions{}, path)
			time.Sleep(5 * time.Second)
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				t.Fatal(err)
			}
			b.delivered(path)
			b.close()
		})
	}
}

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

// TestAFileThatOnlySaysItIsEmptyIsNotDeliveredEmpty: as those that Linux makes up.
func TestAFileThatOnlySaysItIsEmptyIsNotDeliveredEmpty(t *testing.T) {
	const path = "/proc/version"
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Skip("there is no such file here")
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{})
		b.add(uploader.AddOptions{}, path)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if r := b.problem(uploader.Attention); r != uploader.SourceChanged {
			t.Errorf("reason %q", r)
		}
		b.close()
	})
}
