package uploader_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

// TestAnHourOfFaultsLeaksNothing lets an hour pass in which every kind of fault strikes every
// minute. The hour is synctest's, whose bubble ends with an error where a goroutine is left behind.
func TestAnHourOfFaultsLeaksNothing(t *testing.T) {
	const minutes, small, blocks = 60, 12, 9
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 6, Memory: 1 << 20})
		b.store.Discard()
		var paths []string
		for i := range small {
			paths = append(paths, b.file(fmt.Sprint("small", i), 100*(i+1)))
		}
		paths = append(paths, b.file("large", blocks*block))
		var first int
		for minute := range minutes {
			for _, op := range []uploadertest.Op{uploadertest.PutBlob, uploadertest.PutBlock, uploadertest.PutBlockList} {
				for _, f := range []uploadertest.Fault{
					uploadertest.Busy(time.Second), uploadertest.Busy(0), uploadertest.LoseAnswer(),
					uploadertest.Reset(), uploadertest.Corrupt(),
					uploadertest.Stall(), uploadertest.Refuse(problem.AnswerGarbled),
				} {
					b.store.Fail(op, "", 1, f)
				}
			}
			if minute%10 == 5 {
				b.store.Fail(uploadertest.PutBlock, "", 1, uploadertest.Refuse(problem.BlocksLost))
				b.store.Fail(uploadertest.AnyOp, "", 1,
					uploadertest.Refuse(problem.SignatureRefused))
			}
			begun := time.Now()
			b.add(ledger.AddOptions{Replace: true}, paths...)
			for b.wait() != nil { // the token is refused now and then
				if err := b.queue.Use(tokenOf("w")); err != nil {
					t.Fatal(err)
				}
			}
			if s := b.queue.Status(); s.Files[ledger.Delivered] != small+1 ||
				s.FilesTotal() != small+1 {
				t.Fatalf("minute %d: %v", minute, s.Files)
			}
			if n, err := b.queue.Do(t.Context(),
				ledger.Command{Verb: ledger.Clear}); n != small+1 || err != nil {
				t.Fatalf("minute %d: %d jobs were cleared, %v", minute, n, err)
			}
			time.Sleep(time.Minute - time.Since(begun)%time.Minute)
			synctest.Wait()
			n := runtime.NumGoroutine()
			if minute == 0 {
				first = n
			}
			if n > first+2 { // timers of the test's own process come and go
				t.Fatalf("minute %d: %d goroutines, %d after the first", minute, n, first)
			}
		}
		s := b.queue.Status()
		if s.Retries < 10*minutes {
			t.Errorf("%d requests were made again", s.Retries)
		}
		t.Logf("%d minutes, %d requests, %d of them again", minutes, s.Requests, s.Retries)
		b.close()
	})
}
