//go:build unix

package uploader_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

// TestTooManyOpenFilesAreNoFaultOfAFile: it is opened a little later, with fewer requests under
// way.
func TestTooManyOpenFilesAreNoFaultOfAFile(t *testing.T) {
	for _, size := range []int{10, 6 * block} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, "w", uploader.Config{})
			path := b.file("file", size)
			mend := uploadertest.AllowNoOpenFile(t)
			b.add(ledger.AddOptions{}, path)
			time.Sleep(5 * time.Second)
			mend()
			b.delivered(path)
			b.close()
		})
	}
}

// TestTooManyOpenFilesAreNoFaultOfAFolder: it is read a little later, and what a pattern stands for
// is found then.
func TestTooManyOpenFilesAreNoFaultOfAFolder(t *testing.T) {
	for name, pattern := range map[string]string{"folder": "", "pattern": "b*/*", "pattern at any depth": "**/second"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{})
				b.file("tree/a/first", 10)
				b.file("tree/b/second", 10)
				root := filepath.Join(b.dir, "tree")
				mend := uploadertest.AllowNoOpenFile(t)
				b.add(ledger.AddOptions{}, filepath.Join(root, pattern))
				time.Sleep(5 * time.Second)
				if s := b.queue.Status(); !s.Scanning {
					t.Errorf("the scan has ended: %v", s.Files)
				}
				mend()
				if pattern == "" {
					b.delivered(root)
				} else if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if s := b.queue.Status(); s.Files[ledger.Delivered] == 0 ||
					s.Files[ledger.Attention] > 0 {
					t.Errorf("files by state: %v", s.Files)
				}
				b.close()
			})
		})
	}
}

// TestTooManyOpenFilesAfterALongOutageAreNoFaultOfAFileEither: what was tried for an hour is not
// given up at the first of them.
func TestTooManyOpenFilesAfterALongOutageAreNoFaultOfAFileEither(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{})
		path := b.file("file", 10)
		b.store.Fail(uploadertest.PutBlob, "", uploadertest.Always,
			uploadertest.Refuse(problem.NetworkDown))
		b.add(ledger.AddOptions{}, path)
		time.Sleep(time.Hour)
		mend := uploadertest.AllowNoOpenFile(t)
		time.Sleep(time.Minute)
		mend()
		b.store.ClearFaults()
		b.delivered(path)
		b.close()
	})
}

// TestAFileThatTheSystemMakesUpIsNoFile: those that only say they are empty, and those that say
// they are larger than they are.
func TestAFileThatTheSystemMakesUpIsNoFile(t *testing.T) {
	for _, path := range []string{"/proc/version", "/sys/kernel/uevent_seqnum"} {
		t.Run(path, func(t *testing.T) {
			if _, err := os.Stat(path); err != nil {
				t.Skip("there is no such file here")
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{})
				b.add(ledger.AddOptions{}, path)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if r := b.problem(ledger.Attention); r != problem.SourceNotAFile {
					t.Errorf("reason %q", r)
				}
				b.close()
			})
		})
	}
}

// TestAPipeInAFilesPlaceIsNotWaitedFor: opening it would hold a connection until somebody writes
// into the pipe.
func TestAPipeInAFilesPlaceIsNotWaitedFor(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "empty": 0, "large": 3 * block} {
		t.Run(name, func(t *testing.T) {
			uploader.TakeAllForOld(t) // the first holds the connection from its first reading on
			b := newBench(t, "w", uploader.Config{Connections: 1})
			gate := make(chan struct{})
			b.store.Fail(uploadertest.PutBlob, "first", 1, uploadertest.Hold(gate))
			first, pipe := b.file("first", 10), b.file("pipe", size)
			b.add(ledger.AddOptions{}, first, pipe)
			for b.queue.Status().Scanning {
				<-b.queue.Changed()
			}
			if err := syscall.Mkfifo(pipe+".new", 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(pipe+".new", pipe); err != nil { // at no moment there is nothing
				t.Fatal(err)
			}
			defer func() { // ends what waits nevertheless
				if fd, err := syscall.Open(pipe, syscall.O_WRONLY|syscall.O_NONBLOCK,
					0); err == nil {
					_ = syscall.Close(fd)
				}
			}()
			close(gate)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := b.queue.Wait(ctx); err != nil {
				t.Fatal(err)
			}
			if r := b.problem(ledger.Attention); r != problem.SourceReplaced {
				t.Errorf("the problem is %v", r)
			}
		})
	}
}
