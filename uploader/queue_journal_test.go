package uploader_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

// taken returns how many files the inbox took in one request each. Those that the end of a queue
// cut off don't count.
func (b *bench) taken() (n int) {
	for _, r := range b.store.Requests() {
		if r.Op == uploadertest.PutBlob && r.Err == nil {
			n++
		}
	}
	return n
}

// stubborn is a journal that fails.
type stubborn struct {
	ledger.Journal
	fail        problem.Reason
	batchesLeft atomic.Int64 // calls of AddBatches that succeed
	commitsFail atomic.Bool
}

func (s *stubborn) AddBatches(ctx context.Context, batches []ledger.Batch) error {
	if s.batchesLeft.Add(-1) < 0 {
		return problem.New("add batches", "", s.fail)
	}
	return s.Journal.AddBatches(ctx, batches)
}

func (s *stubborn) Commit(ctx context.Context, c ledger.Changes) error {
	if s.commitsFail.Load() {
		return problem.New("commit", "", s.fail)
	}
	return s.Journal.Commit(ctx, c)
}

// While the journal's disk is full nothing is sent, and all goes on by itself when there is room
// again.
func TestFullDiskPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := &stubborn{Journal: ledger.NewMemoryJournal(), fail: problem.JournalFull}
		journal.batchesLeft.Store(1000)
		b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
		path := b.file("large", 30*block)
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlock, "", 2, uploadertest.Hold(closed))
		b.store.Fail(uploadertest.PutBlock, "", 1, uploadertest.Hold(gate))
		b.add(ledger.AddOptions{}, path)
		time.Sleep(time.Second)
		journal.commitsFail.Store(true)
		close(gate)
		time.Sleep(time.Minute)
		s := b.queue.Status()
		if s.Journal == nil || s.Journal.Reason != problem.JournalFull {
			t.Fatalf("the status says %v of the journal", s.Journal)
		}
		sent := b.store.Count(uploadertest.PutBlock)
		time.Sleep(time.Hour)
		if n := b.store.Count(uploadertest.PutBlock); n != sent {
			t.Errorf("%d more blocks sent while nothing could be written down", n-sent)
		}
		journal.commitsFail.Store(false)
		b.delivered(path)
		if s := b.queue.Status(); s.Journal != nil {
			t.Errorf("the status still says %v", s.Journal)
		}
		b.close()
	})
}

// unreadable is a journal of which batches can't be read for now.
type unreadable struct {
	ledger.Journal
	fail atomic.Bool
}

func (u *unreadable) Batch(ctx context.Context, id int64) (ledger.Batch, error) {
	if u.fail.Load() {
		return ledger.Batch{}, problem.New("read batch", "", problem.JournalBusy)
	}
	return u.Journal.Batch(ctx, id)
}

// TestAJournalThatCouldNotBeReadIsReadAgain: also where what is claimed then has nothing to be
// written down for.
func TestAJournalThatCouldNotBeReadIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: memory})
		path := b.file("file", 10)
		b.store.Fail(uploadertest.AnyOp, "", 1, uploadertest.Refuse(problem.Expired))
		b.add(ledger.AddOptions{}, path)
		if b.wait() == nil {
			t.Fatal("sent")
		}
		journal := &unreadable{Journal: memory}
		journal.fail.Store(true)
		b.close()
		if err := memory.Close(); err != nil {
			t.Fatal(err)
		}
		b.reopen(journal, uploader.Config{})
		if _, err := b.queue.Adopt(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s := b.queue.Status(); s.Journal == nil {
			t.Error("the status says nothing of the journal")
		}
		journal.fail.Store(false)
		time.Sleep(time.Minute)
		if s := b.queue.Status(); s.Journal != nil || s.Files[ledger.Delivered] != 1 {
			t.Errorf("a minute later the status says %v of the journal, and %v", s.Journal, s.Files)
		}
		b.close()
	})
}
