package uploader_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

func TestNetworkThatIsDownIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 16})
		var root string
		for i := range 100 {
			root = filepath.Dir(b.file(fmt.Sprintf("tree/%02d", i), 10))
		}
		const failures = 60
		b.store.Fail(uploadertest.PutBlob, "", failures, uploadertest.Refuse(problem.NetworkDown))
		b.add(ledger.AddOptions{}, root)
		begun := time.Now()
		b.delivered(root)
		if waited := time.Since(begun); waited < time.Minute {
			t.Errorf("%d failures in %v: the storage was hammered", failures, waited)
		}
		b.close()
	})
}

// Waiting for a busy storage takes nothing from the patience with damaged bytes.
func TestBusyAnswersDoNotCountAsDamage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 1})
		b.store.Fail(uploadertest.PutBlob, "", 6, uploadertest.Busy(0))
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Corrupt())
		b.add(ledger.AddOptions{}, b.file("a", 10))
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if s := b.queue.Status(); s.Files[ledger.Delivered] != 1 {
			t.Errorf("%v", s.Files)
		}
		b.close()
	})
}

// TestWhatTheServiceAsksToWaitIsWaited: by each request that was told so, and by all that follow
// where nothing else is said any more.
func TestWhatTheServiceAsksToWaitIsWaited(t *testing.T) {
	for name, c := range map[string]struct {
		busy  int // answers
		files int
		most  int // requests before the time is over
	}{
		"one request": {1, 1, 1},
		"all":         {1000, 40, 12},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Connections: 2})
				b.store.Fail(uploadertest.PutBlob, "", c.busy, uploadertest.Busy(10*time.Minute))
				var paths []string
				for n := range c.files {
					paths = append(paths, b.file(fmt.Sprint("file", n), 10))
				}
				b.add(ledger.AddOptions{}, paths...)
				time.Sleep(10*time.Minute - time.Second)
				if n := b.store.Count(uploadertest.PutBlob); n > c.most {
					t.Errorf("%d requests, want %d at most", n, c.most)
				}
				b.store.ClearFaults()
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if n := b.queue.Status().Files[ledger.Delivered]; n != int64(c.files) {
					t.Errorf("%d delivered", n)
				}
				b.close()
			})
		})
	}
}

func TestABusyServiceGetsFewerConnections(t *testing.T) {
	for name, fault := range map[string]uploadertest.Fault{
		"busy":                    uploadertest.Busy(time.Minute),
		"a proxy has no more":     uploadertest.Refuse(problem.ProxyRefused),
		"a proxy answers no more": uploadertest.Refuse(problem.ProxyDown),
		"an error of its own":     uploadertest.Refuse(problem.ServiceFault),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{})
				before := b.queue.Status().Connections
				b.store.Fail(uploadertest.PutBlob, "", 6, fault)
				b.add(ledger.AddOptions{}, b.file("a", 10), b.file("b", 10), b.file("c", 10),
					b.file("d", 10))
				time.Sleep(30 * time.Second)
				if now := b.queue.Status().Connections; now >= before {
					t.Errorf("%d connections, and %d before", now, before)
				}
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				b.close()
			})
		})
	}
}
