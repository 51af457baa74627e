package uploader_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// slow is a journal that is held up by its disk.
type slow struct {
	ledger.Journal
	commit  func(ledger.Changes) // before a commit; may be nil
	batches func()               // before batches are added; may be nil
}

func (s *slow) Commit(ctx context.Context, c ledger.Changes) error {
	if s.commit != nil {
		s.commit(c)
	}
	return s.Journal.Commit(ctx, c)
}

func (s *slow) AddBatches(ctx context.Context, batches []ledger.Batch) error {
	if s.batches != nil {
		s.batches()
	}
	return s.Journal.AddBatches(ctx, batches)
}

// claims reports whether changes say that jobs may be sent.
func claims(c ledger.Changes) bool {
	for _, b := range c.Batches {
		if !b.Claimed.IsZero() {
			return true
		}
	}
	return false
}

// TestAClaimOutlivesALossOfPowerWhereBothAreKept: else what was sent under its name just before
// would be sent beside itself.
func TestAClaimOutlivesALossOfPowerWhereBothAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		durable := false
		b := newBench(t, "w",
			uploader.Config{Journal: &slow{Journal: ledger.NewMemoryJournal(), commit: func(c ledger.Changes) {
				durable = durable || claims(c) && c.Sync
			}}})
		b.add(ledger.AddOptions{}, b.file("first", 10))
		if err := b.wait(); err != nil { // by which all is durable
			t.Fatal(err)
		}
		durable = false
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Hold(gate))
		b.add(ledger.AddOptions{KeepBoth: true}, b.file("f", 10))
		for b.store.Count(uploadertest.AnyOp) == 1 {
			time.Sleep(time.Nanosecond)
		}
		if !durable {
			t.Error("sent before the journal has it for good")
		}
		close(gate)
		b.close()
	})
}

// TestACommandHoldsWhileItsJobIsClaimed: between the choice of what is sent next and its start the
// journal is written, and a person may act.
func TestACommandHoldsWhileItsJobIsClaimed(t *testing.T) {
	for verb, state := range map[ledger.Verb]ledger.JobState{ledger.Cancel: ledger.Cancelled, ledger.Pause: ledger.Paused, ledger.Remove: 99} {
		t.Run(string(verb), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate, held := make(chan struct{}), false
				journal := &slow{Journal: ledger.NewMemoryJournal(), commit: func(c ledger.Changes) {
					if claims(c) && !held {
						held = true
						<-gate
					}
				}}
				b := newBench(t, "w", uploader.Config{Journal: journal})
				b.add(ledger.AddOptions{}, b.file("f", 10))
				synctest.Wait()
				if !held {
					t.Fatal("the claim was not committed")
				}
				done := make(chan int)
				id := b.job("f").ID
				go func() { done <- b.do(ledger.Command{Verb: verb, Jobs: []int64{id}}) }()
				synctest.Wait()
				close(gate)
				if n := <-done; n != 1 {
					t.Errorf("%d jobs concerned", n)
				}
				time.Sleep(time.Minute)
				if n := b.store.Count(uploadertest.AnyOp); n != 0 {
					t.Errorf("%d requests for a job that a person stopped", n)
				}
				rows, err := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 10)
				if err != nil {
					t.Fatal(err)
				}
				if verb == ledger.Remove && len(rows) != 0 || verb != ledger.Remove &&
					(len(rows) != 1 || rows[0].State != state) {
					t.Errorf("%d rows: %v", len(rows), rows)
				}
				b.close()
			})
		})
	}
}

// TestWhatMovesToAnotherInboxIsNotSentToTheOld: though it was being claimed meanwhile.
func TestWhatMovesToAnotherInboxIsNotSentToTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, held := make(chan struct{}), false
		journal := &slow{Journal: ledger.NewMemoryJournal(), commit: func(c ledger.Changes) {
			if claims(c) && !held {
				held = true
				<-gate
			}
		}}
		first, next := uploadertest.NewStore().With("w"), uploadertest.NewStore().With("w")
		stores := map[string]*uploadertest.Store{"ws-1": first, "ws-2": next}
		b := newBench(t, "w",
			uploader.Config{Journal: journal, Open: func(tok token.Token) (store.Store, error) {
				return stores[tok.Inbox.Container], nil
			}})
		b.add(ledger.AddOptions{}, b.file("f", 10))
		synctest.Wait()
		renewed := tokenOf("w")
		renewed.Inbox.Container = "ws-2"
		if err := b.queue.Use(renewed); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() {
			_, err := b.queue.Redirect(t.Context(), b.inbox.Key(), renewed.Inbox)
			done <- err
		}()
		synctest.Wait()
		close(gate)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if old, now := first.Names(), next.Names(); len(old) != 0 || len(now) != 1 {
			t.Errorf("the old inbox has %q, the new one %q", old, now)
		}
		b.close()
	})
}

// TestACommandAboutNobodysTransferSendsNothing: a transfer of an earlier run is changed and given
// up again, so that whoever takes it next is the only one who sends it.
func TestACommandAboutNobodysTransferSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: memory})
		b.store.Fail(uploadertest.PutBlob, "f", 1, uploadertest.Refuse(problem.NameLocked))
		b.add(ledger.AddOptions{}, b.file("f", 10))
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		b.close()
		if err := memory.Close(); err != nil {
			t.Fatal(err)
		}
		before := b.store.Count(uploadertest.AnyOp)
		b.reopen(&slow{Journal: memory, commit: func(ledger.Changes) { time.Sleep(time.Second) }},
			uploader.Config{})
		if n := b.do(ledger.Command{Verb: ledger.Retry}); n != 1 {
			t.Fatalf("%d jobs retried", n)
		}
		time.Sleep(time.Minute)
		if owner := b.queue.Status().Transfers[0].Owner; owner != ledger.Nobody {
			t.Errorf("the transfer's owner is %v", owner)
		}
		if n := b.store.Count(uploadertest.AnyOp) - before; n != 0 {
			t.Errorf("%d requests for what nobody owns", n)
		}
		b.close()
	})
}

// TestCancellingAllEndsTheScanToo: what is found after a person gave a whole transfer up is not
// sent.
func TestCancellingAllEndsTheScanToo(t *testing.T) {
	for verb, shown := range map[ledger.Verb]bool{ledger.Cancel: true, ledger.Remove: false} {
		t.Run(string(verb), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate, calls := make(chan struct{}), 0
				memory := ledger.NewMemoryJournal()
				b := newBench(t, "w",
					uploader.Config{Journal: &slow{Journal: memory, batches: func() {
						if calls++; calls == 2 {
							<-gate
						}
					}}})
				root := filepath.Dir(b.file("tree/000", 10))
				for i := 1; i < 1500; i++ {
					b.file(fmt.Sprintf("tree/%03d", i), 10)
				}
				b.add(ledger.AddOptions{}, root)
				time.Sleep(time.Second)
				b.do(ledger.Command{Verb: verb})
				before := b.store.Count(uploadertest.AnyOp)
				close(gate)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if n := b.store.Count(uploadertest.AnyOp) - before; n != 0 {
					t.Errorf("%d files sent after all was given up", n)
				}
				s := b.queue.Status()
				if s.Files[ledger.Waiting]+s.Files[ledger.Active] != 0 {
					t.Errorf("%v", s.Files)
				}
				if len(s.Transfers) > 0 != shown || shown && !s.Transfers[0].Finished() {
					t.Errorf("%d transfers: %v", len(s.Transfers), s.Transfers)
				}
				b.restart(memory, uploader.Config{})
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if n := b.store.Count(uploadertest.AnyOp) - before; n != 0 {
					t.Errorf("%d files sent by the next run", n)
				}
				b.close()
			})
		})
	}
}

// TestWhatWasClearedIsNotSentAgain: folders that were not read to their end are read again, and
// what was taken from the list is still known.
func TestWhatWasClearedIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := ledger.NewMemoryJournal()
		stuck, calls := &stubborn{Journal: memory, fail: problem.JournalUnwritable}, 0
		stuck.batchesLeft.Store(1)
		b := newBench(t, "w", uploader.Config{Journal: &slow{Journal: stuck, batches: func() {
			if calls++; calls == 2 {
				time.Sleep(time.Hour) // in which the first ones are delivered
			}
		}}})
		root := filepath.Dir(b.file("tree/000", 10))
		for i := 1; i < 700; i++ {
			b.file(fmt.Sprintf("tree/%03d", i), 10)
		}
		b.add(ledger.AddOptions{KeepBoth: true}, root)
		time.Sleep(time.Minute)
		if n := b.do(ledger.Command{Verb: ledger.Clear}); n == 0 {
			t.Fatal("nothing was delivered yet")
		}
		if b.wait() == nil {
			t.Fatal("the scan was not interrupted")
		}
		b.restart(memory, uploader.Config{})
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if n := len(b.store.Names()); n != 700 {
			t.Errorf("%d blobs for 700 files", n)
		}
		if n := b.store.Count(uploadertest.PutBlob); n != 700 {
			t.Errorf("%d requests for 700 files", n)
		}
		b.do(ledger.Command{Verb: ledger.Clear})
		if s := b.queue.Status(); len(s.Transfers) != 0 {
			t.Errorf("%d transfers are left", len(s.Transfers))
		}
		b.close()
	})
}

// TestWhatIsMovedWhileOthersAreClaimedGoesFirst: what was chosen in the old order is chosen once
// more.
func TestWhatIsMovedWhileOthersAreClaimedGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, held := make(chan struct{}), false
		b := newBench(t, "w",
			uploader.Config{Connections: 1, Journal: &slow{Journal: ledger.NewMemoryJournal(), commit: func(c ledger.Changes) {
				if claims(c) && !held {
					held = true
					<-gate
				}
			}}})
		var roots []string
		for i := range 5 {
			roots = append(roots, b.file(fmt.Sprintf("f%d", i), 10))
		}
		b.add(ledger.AddOptions{}, roots...)
		synctest.Wait()
		done := make(chan int)
		id := b.job("f3").ID
		go func() { done <- b.do(ledger.Command{Verb: ledger.First, Jobs: []int64{id}}) }()
		synctest.Wait()
		close(gate)
		<-done
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if first := b.store.Requests()[0].Name; first != "f3" {
			t.Errorf("%s was sent first", first)
		}
		b.close()
	})
}

// TestTheQueueSleepsWhileAsManyBatchesWaitAsMayBeBegun: with no more to claim, nobody looks for it
// again and again.
func TestTheQueueSleepsWhileAsManyBatchesWaitAsMayBeBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 2})
		b.store.Fail(uploadertest.PutBlob, "late*", 130, uploadertest.Busy(time.Hour))
		for i := range 130 { // each in a batch of its own, and as many others that are answered between them
			b.add(ledger.AddOptions{}, b.file(fmt.Sprintf("late %03d", i), 10))
			b.add(ledger.AddOptions{}, b.file(fmt.Sprintf("soon %03d", i), 10))
		}
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if n := b.taken(); n != 260 {
			t.Errorf("%d files were taken", n)
		}
		b.close()
	})
}

// TestAnInboxIsServedThoughAnotherHasAsManyBatchesBegunAsItMay: what one inbox waits for is nothing
// to another.
func TestAnInboxIsServedThoughAnotherHasAsManyBatchesBegunAsItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{})
		b.store.Fail(uploadertest.AnyOp, "first*", uploadertest.Always,
			uploadertest.Busy(time.Hour))
		for i := range 200 { // each in a batch of its own
			b.add(ledger.AddOptions{}, b.file(fmt.Sprintf("first %03d", i), 10))
		}
		time.Sleep(time.Minute)
		other := tokenOf("w")
		other.Inbox.Container = "ws-2"
		if err := b.queue.Use(other); err != nil {
			t.Fatal(err)
		}
		b.inbox = other.Inbox
		b.add(ledger.AddOptions{}, b.file("second", 10))
		time.Sleep(time.Minute)
		if _, there := b.store.Blob("second"); !there {
			t.Errorf("not delivered: %v", b.queue.Status().Files)
		}
		b.close()
	})
}

// neighbour is a journal into which another process writes all the time: whenever the queue has
// changed whose a transfer is, look is called in the middle of that.
type neighbour struct {
	ledger.Journal
	look func()
}

func (n *neighbour) AddTransfer(ctx context.Context, t ledger.Transfer) (int64, error) {
	defer n.look()
	return n.Journal.AddTransfer(ctx, t)
}

func (n *neighbour) Adopt(ctx context.Context, transfers []int64) ([]ledger.Transfer, error) {
	defer n.look()
	return n.Journal.Adopt(ctx, transfers)
}

func (n *neighbour) Release(ctx context.Context, transfers []int64) error {
	n.look()
	return n.Journal.Release(ctx, transfers)
}

// TestWhatOthersDoIsReadBesideWhatIsAddedAndAdopted: no transfer is shown twice, without its files,
// or not at all.
func TestWhatOthersDoIsReadBesideWhatIsAddedAndAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: memory})
		var looks sync.WaitGroup
		journal := &neighbour{memory, func() {
			looks.Go(func() {
				if _, err := b.queue.Adopt(t.Context(),
					func(ledger.TransferStatus) bool { return false }); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}}
		shown := func(when string, owner ledger.Owner, waiting int64) {
			t.Helper()
			looks.Wait()
			s := b.queue.Status().Transfers
			if len(s) != 1 || s[0].Owner != owner || s[0].Files[ledger.Waiting] != waiting {
				t.Errorf("%s: %+v", when, s)
			}
		}
		b.close()
		b.reopen(journal, uploader.Config{})
		b.store.Fail(uploadertest.AnyOp, "", uploadertest.Always,
			uploadertest.Refuse(problem.Expired))
		path := b.file("f", 10)
		b.add(ledger.AddOptions{}, path)
		if b.wait() == nil {
			t.Fatal("sent")
		}
		shown("added", ledger.Here, 0)
		b.close()
		if err := memory.Close(); err != nil {
			t.Fatal(err)
		}
		b.store.ClearFaults()
		b.reopen(journal, uploader.Config{})
		b.do(ledger.Command{Verb: ledger.Cancel})
		shown("given up", ledger.Nobody, 0)
		b.do(ledger.Command{Verb: ledger.Retry})
		shown("wanted again", ledger.Nobody, 1)
		if _, err := b.queue.Adopt(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		looks.Wait()
		b.delivered(path)
		b.close()
	})
}
