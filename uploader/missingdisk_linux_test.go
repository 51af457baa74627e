package uploader_test

import (
	"context"
	"errors"
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

// disk mounts a file system in memory, as a disk that can be unplugged.
func disk(t *testing.T, at string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, "size=8m"); err != nil {
		t.Skip("mounting a disk needs root:", err)
	}
}

func unplug(t *testing.T, at string) {
	t.Helper()
	if err := syscall.Unmount(at, syscall.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
}

// usbDisk plugs a disk in at usb that has the files a, b, c and large in a folder run. plug does so
// again with the same files, once it is unplugged.
func usbDisk(t *testing.T, b *bench) (usb string, plug func()) {
	t.Helper()
	usb = filepath.Join(b.dir, "usb")
	if err := os.Mkdir(usb, 0o700); err != nil {
		t.Fatal(err)
	}
	plug = func() {
		disk(t, usb)
		for _, f := range []string{"usb/run/a", "usb/run/b", "usb/run/c"} {
			b.file(f, 100)
		}
		b.file("usb/run/large", 3*block)
	}
	plug()
	t.Cleanup(func() { _ = syscall.Unmount(usb, syscall.MNT_DETACH) })
	return usb, plug
}

// TestUnpluggedDiskHoldsItsTransfer: the files wait, others go on, and all is delivered when the
// disk is back.
func TestUnpluggedDiskHoldsItsTransfer(t *testing.T) {
	for name, removeMountPoint := range map[string]bool{"the folder stays": false, "the folder goes": true} {
		t.Run(name, func(t *testing.T) {
			uploader.TakeAllForOld(t)
			b := newBench(t, "w", uploader.Config{Connections: 1})
			usb, plug := usbDisk(t, b)
			gate := make(chan struct{})
			b.store.Fail(uploadertest.PutBlob, "run/a", 1, uploadertest.Hold(gate))
			b.add(ledger.AddOptions{}, filepath.Join(usb, "run"))
			b.await("all is found",
				func(s uploader.Status) bool { return !s.Scanning && s.FilesTotal() == 4 && s.Busy == 1 })
			unplug(t, usb)
			if removeMountPoint {
				if err := os.Remove(usb); err != nil {
					t.Fatal(err)
				}
			}
			close(gate)
			b.await("the transfer waits",
				func(s uploader.Status) bool { return s.Transfers[0].Away != nil && s.Busy == 0 })
			s := b.queue.Status()
			if s.Files[ledger.Attention] > 0 || s.Files[ledger.Waiting] == 0 {
				t.Errorf("files by state: %v", s.Files)
			}
			want := filepath.Join(usb, "run")
			if removeMountPoint {
				want = usb
			}
			if got := s.Transfers[0].Away; got.Reason != problem.SourceAway || got.Value != want {
				t.Errorf("away: %v, value %q, want %q", got, got.Value, want)
			}
			other := b.file("other", 10)
			b.add(ledger.AddOptions{}, other)
			b.await("another transfer goes on",
				func(s uploader.Status) bool { return s.Transfers[1].Files[ledger.Delivered] == 1 })
			if removeMountPoint {
				if err := os.Mkdir(usb, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			plug()
			b.queue.TryNow()
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			if n := b.queue.Status().Files[ledger.Delivered]; n != 5 {
				t.Errorf("%d delivered, want 5: %v", n, b.queue.Status().Files)
			}
		})
	}
}

// TestAnUnpluggedDiskHoldsNoFilesOfAnother: also not of the same transfer.
func TestAnUnpluggedDiskHoldsNoFilesOfAnother(t *testing.T) {
	uploader.TakeAllForOld(t)
	b := newBench(t, "w", uploader.Config{Connections: 1})
	usb, plug := usbDisk(t, b)
	stays := filepath.Dir(b.file("stays/x", 100))
	b.file("stays/y", 100)
	b.file("stays/large", 3*block)
	gate := make(chan struct{})
	b.store.Fail(uploadertest.PutBlob, "run/a", 1, uploadertest.Hold(gate))
	b.add(ledger.AddOptions{}, filepath.Join(usb, "run"), stays)
	b.await("all is found",
		func(s uploader.Status) bool { return !s.Scanning && s.FilesTotal() == 7 && s.Busy == 1 })
	unplug(t, usb)
	close(gate)
	b.await("the other disk's files go on",
		func(s uploader.Status) bool { return s.Files[ledger.Delivered] == 4 && s.Busy == 0 })
	if s := b.queue.Status(); s.Transfers[0].Away == nil || s.Files[ledger.Waiting] != 3 {
		t.Errorf("away: %v, files by state: %v", s.Transfers[0].Away, s.Files)
	}
	plug()
	b.queue.TryNow()
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if s := b.queue.Status(); s.Files[ledger.Delivered] != 7 || s.Transfers[0].Away != nil {
		t.Errorf("away: %v, files by state: %v", s.Transfers[0].Away, s.Files)
	}
}

// TestATokenThatEndsWhileADiskIsAwayIsNoticed: whoever waits for the disk learns of it at once, and
// nothing is lost.
func TestATokenThatEndsWhileADiskIsAwayIsNoticed(t *testing.T) {
	for name, end := range map[string]time.Duration{"at its own date": time.Hour, "without a date": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Connections: 1})
				b.store.SetClock(time.Now)
				usb := filepath.Join(b.dir, "usb")
				if err := os.Mkdir(usb, 0o700); err != nil {
					t.Fatal(err)
				}
				use := func() {
					b.store = b.store.With("w")
					next := tokenOf("w")
					if end > 0 {
						next.ValidTo = time.Now().Add(end)
					}
					if err := b.queue.Use(next); err != nil {
						t.Fatal(err)
					}
				}
				use()
				plug := func() {
					disk(t, usb)
					b.file("usb/run/a", 100)
					b.file("usb/run/b", 100)
				}
				plug()
				t.Cleanup(func() { _ = syscall.Unmount(usb, syscall.MNT_DETACH) })
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlob, "run/a", 1, uploadertest.Hold(gate))
				b.add(ledger.AddOptions{}, filepath.Join(usb, "run"))
				synctest.Wait()
				unplug(t, usb)
				close(gate)
				time.Sleep(time.Hour)
				if s := b.queue.Status(); s.Transfers[0].Away == nil || s.Inboxes[0].Hold != nil {
					t.Fatalf("away: %v, hold: %v", s.Transfers[0].Away, s.Inboxes[0].Hold)
				}
				b.store.Expire()
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if err := b.queue.Wait(ctx); !errors.Is(err, problem.ErrTokenExpired) {
					t.Fatalf("wait: %v", err)
				}
				if s := b.queue.Status(); s.Files[ledger.Waiting] != 1 {
					t.Errorf("files by state: %v", s.Files)
				}
				plug()
				use()
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if s := b.queue.Status(); s.Files[ledger.Delivered] != 2 {
					t.Errorf("files by state: %v", s.Files)
				}
				b.close()
			})
		})
	}
}

// TestWhatWasDeletedIsNotWaitedFor: the root is there, so its disk is, whatever device the file was
// on when it was found.
func TestWhatWasDeletedIsNotWaitedFor(t *testing.T) {
	uploader.TakeAllForOld(t)
	b := newBench(t, "w", uploader.Config{Connections: 1})
	usb := filepath.Join(b.dir, "usb")
	if err := os.MkdirAll(filepath.Join(usb, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	disk(t, filepath.Join(usb, "run"))
	mounted := true
	t.Cleanup(func() {
		if mounted {
			unplug(t, filepath.Join(usb, "run"))
		}
	})
	b.file("usb/run/a", 100)
	other := b.file("usb/other", 100)
	gate := make(chan struct{})
	b.store.Fail(uploadertest.PutBlob, "usb/other", 1, uploadertest.Hold(gate))
	b.add(ledger.AddOptions{}, usb)
	for s := b.queue.Status(); s.Scanning || s.FilesTotal() != 2 ||
		s.Busy != 1; s = b.queue.Status() {
		time.Sleep(time.Millisecond)
	}
	unplug(t, filepath.Join(usb, "run")) // the folder's files are gone; their root is not
	mounted = false
	close(gate)
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if r := b.problem(ledger.Attention); r != problem.SourceGone {
		t.Errorf("reason %q", r)
	}
	if got := b.queue.Status().Files[ledger.Delivered]; got != 1 {
		t.Errorf("%d delivered, want %q alone", got, other)
	}
}
