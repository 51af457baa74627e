package uploader_test

import (
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uploadertest"
)

// TestThatAllWasComparedIsSaidOnlyWhereAllOfItWas has a service that names the checksums of some
// blocks of a file, in an earlier run or in this one.
func TestThatAllWasComparedIsSaidOnlyWhereAllOfItWas(t *testing.T) {
	for name, named := range map[string][2]bool{
		"all": {true, true}, "none": {false, false}, "the first ones": {true, false},
		"the last ones": {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
				b.store.NameChecksums(named[0])
				path := b.file("large", 10*block)
				b.store.Fail(uploadertest.PutBlock, "", 5, uploadertest.Hold(closed))
				b.store.Fail(uploadertest.PutBlock, "", 1, uploadertest.Hold(make(chan struct{})))
				b.add(ledger.AddOptions{}, path)
				synctest.Wait()
				time.Sleep(time.Second) // the acknowledgements are committed
				if b.queue.Status().Checked() {
					t.Error("said before anything was delivered")
				}
				b.store.ClearFaults()
				b.store.NameChecksums(named[1])
				b.restart(journal, uploader.Config{})
				b.delivered(path)
				if got, want := b.queue.Status().Checked(), named[0] && named[1]; got != want {
					t.Errorf("said: %v, want %v", got, want)
				}
				b.close()
			})
		})
	}
}

func TestOneFileWithoutAChecksumIsEnoughToSayNothing(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	b.add(ledger.AddOptions{}, b.file("first", 0))
	if err := b.wait(); err != nil || !b.queue.Status().Checked() {
		t.Fatalf("%v, %+v", err, b.queue.Status().Transfers)
	}
	b.store.NameChecksums(false)
	b.add(ledger.AddOptions{}, b.file("second", 0))
	if err := b.wait(); err != nil || b.queue.Status().Checked() {
		t.Fatalf("%v, %+v", err, b.queue.Status().Transfers)
	}
}
