package uploader_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

// TestAMoveThatIsCutOffLeavesTheOldInboxGoing: a person who gave the move up, or a list that can't
// be written, stops no file.
func TestAMoveThatIsCutOffLeavesTheOldInboxGoing(t *testing.T) {
	for name, full := range map[string]bool{"given up": false, "the list can't be written": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := &stubborn{Journal: ledger.NewMemoryJournal(), fail: problem.JournalUnwritable}
				journal.batchesLeft.Store(1)
				b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Hold(gate))
				root := filepath.Dir(b.file("tree/a", 10))
				b.file("tree/b", 10)
				b.add(ledger.AddOptions{}, root)
				time.Sleep(time.Second)
				renewed := tokenOf("w")
				renewed.Inbox.Container = "ws-2"
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error)
				go func() {
					_, err := b.queue.Redirect(ctx, b.inbox.Key(), renewed.Inbox)
					done <- err
				}()
				time.Sleep(time.Second)
				if full {
					close(gate)
				} else {
					cancel()
				}
				if err := <-done; err == nil {
					t.Fatal("nothing cut the move off")
				}
				if !full {
					close(gate)
				}
				time.Sleep(time.Minute)
				if n := len(b.store.Names()); n != 2 {
					t.Errorf("%d files are there", n)
				}
				b.close()
			})
		})
	}
}

// TestAnUploadRemovedWhileItsLastFileIsSentIsGone leaves no empty one in the list.
func TestAnUploadRemovedWhileItsLastFileIsSentIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{})
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Hold(gate))
		b.add(ledger.AddOptions{}, b.file("f", 10))
		time.Sleep(time.Second)
		b.do(ledger.Command{Verb: ledger.Remove})
		close(gate)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if s := b.queue.Status(); len(s.Transfers) != 0 {
			t.Errorf("the list has %d transfers: %+v", len(s.Transfers), s.Files)
		}
		b.close()
	})
}

// cutting is a journal whose caller is cut off in the middle of a call.
type cutting struct {
	ledger.Journal
	cut  func()      // when a transfer was adopted
	full atomic.Bool // nothing can be committed
}

func (c *cutting) Adopt(ctx context.Context, transfers []int64) ([]ledger.Transfer, error) {
	got, err := c.Journal.Adopt(ctx, transfers)
	c.cut()
	return got, err
}

func (c *cutting) Load(ctx context.Context) (ledger.Contents, error) {
	if ctx.Err() != nil {
		return ledger.Contents{}, context.Cause(ctx)
	}
	return c.Journal.Load(ctx)
}

func (c *cutting) Commit(ctx context.Context, changes ledger.Changes) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.full.Load():
		return problem.New("commit", "", problem.JournalFull)
	}
	return c.Journal.Commit(ctx, changes)
}

func (c *cutting) Release(ctx context.Context, transfers []int64) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return c.Journal.Release(ctx, transfers)
}

// TestACommandThatIsCutOffHandsItsTransferBack: a transfer that nobody sends is borrowed for a
// command alone, however that ends.
func TestACommandThatIsCutOffHandsItsTransferBack(t *testing.T) {
	for name, full := range map[string]bool{"between borrowing and handing back": false, "the disk is full": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: memory})
				b.store.Fail(uploadertest.PutBlob, "f", 1, uploadertest.Refuse(problem.NameLocked))
				path := b.file("f", 10)
				b.add(ledger.AddOptions{}, path)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				b.close()
				if err := memory.Close(); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				journal := &cutting{Journal: memory}
				journal.cut = func() {
					if journal.full.Store(full); !full {
						cancel()
					}
				}
				b.reopen(journal, uploader.Config{})
				_, err := b.queue.Do(ctx, ledger.Command{Verb: ledger.Retry})
				if full && err == nil {
					t.Error("nothing went wrong")
				}
				journal.full.Store(false)
				time.Sleep(time.Minute)
				if owner := b.queue.Status().Transfers[0].Owner; owner != ledger.Nobody {
					t.Errorf("the transfer's owner is %v", owner)
				}
				if n := len(b.store.Names()); n != 0 {
					t.Error("it was sent meanwhile")
				}
				journal.cut = func() {}
				b.do(ledger.Command{Verb: ledger.Retry})
				if _, err := b.queue.Adopt(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				b.delivered(path)
				b.close()
			})
		})
	}
}

// TestARetryHoldsThoughACancelledScanIsEnding: what a person wants last of a file is done.
func TestARetryHoldsThoughACancelledScanIsEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, calls := make(chan struct{}), 0
		b := newBench(t, "w",
			uploader.Config{Journal: &slow{Journal: ledger.NewMemoryJournal(), batches: func() {
				if calls++; calls == 2 {
					<-gate
				}
			}}})
		b.store.Fail(uploadertest.PutBlob, "tree/000", 1, uploadertest.Refuse(problem.NameLocked))
		root := filepath.Dir(b.file("tree/000", 10))
		for i := 1; i < 200; i++ {
			b.file(fmt.Sprintf("tree/%03d", i), 10)
		}
		b.add(ledger.AddOptions{}, root)
		time.Sleep(time.Second)
		first := b.job("000").ID
		b.do(ledger.Command{Verb: ledger.Cancel})
		if n := b.do(ledger.Command{Verb: ledger.Retry, Jobs: []int64{first}}); n != 1 {
			t.Fatalf("%d files retried", n)
		}
		close(gate)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if j := b.job("000"); j.State != ledger.Delivered {
			t.Errorf("the file is %v", j.State)
		}
		if s := b.queue.Status(); s.Files[ledger.Waiting] != 0 || s.Files[ledger.Cancelled] == 0 {
			t.Errorf("%v", s.Files)
		}
		b.close()
	})
}

// killedInAMove is a journal that hears nothing more as soon as it has what was given to another
// inbox.
type killedInAMove struct {
	ledger.Journal
	adds  atomic.Int64
	ended atomic.Bool
}

func (k *killedInAMove) AddBatches(ctx context.Context, batches []ledger.Batch) error {
	err := k.Journal.AddBatches(ctx, batches)
	if k.adds.Add(1) == 2 {
		k.ended.Store(true)
	}
	return err
}

func (k *killedInAMove) Commit(ctx context.Context, c ledger.Changes) error {
	if k.ended.Load() {
		return nil
	}
	return k.Journal.Commit(ctx, c)
}

// TestAMoveThatAKillCutsOffLeavesNoFileInBothInboxes: what the new inbox has was taken from the old
// one, though the process ended before it could say so.
func TestAMoveThatAKillCutsOffLeavesNoFileInBothInboxes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: &killedInAMove{Journal: memory}})
		b.store.Fail(uploadertest.PutBlob, "", uploadertest.Always, uploadertest.Refuse(problem.Expired))
		root := filepath.Dir(b.file("tree/a", 10))
		b.file("tree/b", 20)
		b.add(ledger.AddOptions{}, root)
		if err := b.wait(); !errors.Is(err, problem.ErrTokenExpired) {
			t.Fatalf("wait: %v", err)
		}
		renewed := tokenOf("w")
		renewed.Inbox.Container = "ws-2"
		if _, err := b.queue.Redirect(t.Context(), b.inbox.Key(), renewed.Inbox); err != nil {
			t.Fatal(err)
		}
		b.store.ClearFaults()
		before := b.store.Count(uploadertest.PutBlob)
		b.restart(memory, uploader.Config{})
		if err := b.queue.Use(renewed); err != nil {
			t.Fatal(err)
		}
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		rows, err := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 10)
		if err != nil || len(rows) != 2 {
			t.Errorf("%d rows: %v", len(rows), err)
		}
		for _, row := range rows {
			if row.Inbox != renewed.Inbox.Key() || row.State != ledger.Delivered {
				t.Errorf("%s is %v in %s", row.Blob, row.State, row.Inbox)
			}
		}
		if n := b.store.Count(uploadertest.PutBlob) - before; n != 2 {
			t.Errorf("%d files were sent", n)
		}
		b.close()
	})
}
