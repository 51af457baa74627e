package uploader_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// restart ends the bench's queue as a crash would, as far as the journal can tell, and begins
// another one that goes on with what the journal has.
func (b *bench) restart(journal ledger.Journal, c uploader.Config) {
	b.Helper()
	b.close()
	if err := journal.Close(); err != nil {
		b.Fatal(err)
	}
	b.reopen(journal, c)
	if _, err := b.queue.Adopt(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
}

// reopen begins another queue over the journal.
func (b *bench) reopen(journal ledger.Journal, c uploader.Config) {
	b.Helper()
	c.Journal, c.Open = journal, func(token.Token) (store.Store, error) { return b.store, nil }
	if c.BlockSize == 0 {
		c.BlockSize = plan.MinBlockSize
	}
	c.Steady = cmp.Or(c.Steady, time.Millisecond)
	q, err := uploader.NewQueue(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.queue = q
	if err := q.Use(tokenOf("w")); err != nil {
		b.Fatal(err)
	}
}

func TestResumeSendsOnlyWhatIsNotAcknowledged(t *testing.T) {
	for name, c := range map[string]struct {
		wait   time.Duration // between the two runs
		config uploader.Config
		sent   int // blocks in the second run
	}{
		"at once":                      {0, uploader.Config{}, 4},
		"after six days":               {6 * 24 * time.Hour, uploader.Config{}, 4},
		"after the service's week":     {8 * 24 * time.Hour, uploader.Config{}, 10},
		"with another block size":      {0, uploader.Config{BlockSize: 2 * block}, 4},
		"with a block size above it":   {0, uploader.Config{BlockSize: 64 * block}, 4},
		"with fewer bytes of buffers":  {0, uploader.Config{Memory: mib}, 4},
		"with one connection, no more": {0, uploader.Config{Connections: 1}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
				b.store.SetClock(time.Now)
				path := b.file("large", 10*block-9)
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlock, "", 6, uploadertest.Hold(closed))
				b.store.Fail(uploadertest.PutBlock, "", 1, uploadertest.Hold(gate))
				b.add(ledger.AddOptions{}, path)
				synctest.Wait()
				time.Sleep(time.Second) // the acknowledgements are committed
				b.store.ClearFaults()
				b.close()
				time.Sleep(c.wait)
				before := b.store.Count(uploadertest.PutBlock)
				b.restart(journal, c.config)
				if done := b.queue.Status().BytesDone; c.sent == 4 && done < 6*block {
					t.Errorf("%d bytes are shown as acknowledged after the restart, want at least %d", done, 6*block)
				}
				b.delivered(path)
				if n := b.store.Count(uploadertest.PutBlock) - before; n != c.sent {
					t.Errorf("%d blocks sent in the second run, want %d", n, c.sent)
				}
				b.close()
			})
		})
	}
}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// TestKilledBesideItsNewNameAFileIsSentOnce: what was sent as "f (2).dat" before a kill is found
// there afterwards, whenever the process was killed, and never sent as "f (3).dat".
func TestKilledBesideItsNewNameAFileIsSentOnce(t *testing.T) {
	for name, size := range map[string]int{"small": 100, "asked for first": 2 * block, "large": 5 * block} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				dying := &dying{Journal: journal}
				last := &lastWords{name: "f (2).dat", journal: dying}
				b := newBench(t, "w", uploader.Config{
					Journal: dying, BlockSize: 2 * block,
					Open: func(token.Token) (store.Store, error) { return last, nil },
				})
				last.Store = b.store
				b.store.SetClock(time.Now)
				if _, err := b.store.PutBlob(t.Context(), "f.dat",
					uploadertest.NewBody([]byte("old")), store.Properties{},
					store.Condition{}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				path := b.file("f.dat", size)
				b.add(ledger.AddOptions{KeepBoth: true}, path)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if !dying.dead.Load() {
					t.Fatal("nothing was sent under the new name")
				}
				time.Sleep(24 * time.Hour)
				b.restart(journal, uploader.Config{BlockSize: 2 * block})
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got, _ := b.store.Blob("f (2).dat"); !bytes.Equal(got, want) ||
					len(b.store.Names()) != 2 {
					t.Errorf("the inbox has %q", b.store.Names())
				}
				if j := b.job("f.dat"); j.State != ledger.Delivered || j.Blob != "f (2).dat" {
					t.Errorf("the job is %v as %q", j.State, j.Blob)
				}
				b.close()
			})
		})
	}
}

// dying is a journal of a process that is killed: nothing is kept once it is dead.
type dying struct {
	ledger.Journal
	dead atomic.Bool
}

func (d *dying) Commit(ctx context.Context, c ledger.Changes) error {
	if d.dead.Load() {
		return nil
	}
	return d.Journal.Commit(ctx, c)
}

// lastWords is a store that kills the process at the first request that makes a blob under a name,
// and carries it out all the same.
type lastWords struct {
	store.Store
	name    string
	journal *dying
}

func (l *lastWords) PutBlob(
	ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	l.journal.dead.CompareAndSwap(false, name == l.name)
	return l.Store.PutBlob(ctx, name, body, p, c)
}

func (l *lastWords) PutBlockList(
	ctx context.Context, name string, ids []string, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	l.journal.dead.CompareAndSwap(false, name == l.name && len(ids) > 1) // a question has one
	return l.Store.PutBlockList(ctx, name, ids, p, c)
}

// TestAStorageThatWasReachedBeforeIsNotGone: a sign-in page, or a broken name service, denies the
// names of all storages.
func TestAStorageThatWasReachedBeforeIsNotGone(t *testing.T) {
	noSuchName := uploadertest.RefuseWith(problem.New("send", "", problem.AccountGone))
	synctest.Test(t, func(t *testing.T) {
		journal := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: journal})
		first, second := b.file("first", 10), b.file("second", 10)
		b.store.Fail(uploadertest.PutBlob, "", 1, noSuchName)
		b.add(ledger.AddOptions{}, first)
		if err := b.wait(); !errors.Is(err, problem.ErrInboxNotFound) {
			t.Errorf("before anything was reached: %v", err)
		}
		if err := b.queue.Use(tokenOf("w")); err != nil {
			t.Fatal(err)
		}
		b.delivered(first)
		b.restart(journal, uploader.Config{})
		b.store.Fail(uploadertest.PutBlob, "", 5, noSuchName)
		b.add(ledger.AddOptions{}, second)
		if err := b.wait(); err != nil {
			t.Errorf("after a restart: %v", err)
		}
		if n := b.queue.Status().Files[ledger.Delivered]; n != 2 {
			t.Errorf("%d delivered, want 2", n)
		}
		b.close()
	})
}

// A small file whose answer never reached the journal is delivered once, and somebody else's file
// stays as it is.
func TestSmallFileInDoubtAfterACrash(t *testing.T) {
	theirs := []byte("theirs")
	put := func(b *bench) {
		body := uploadertest.NewBody(theirs)
		if _, err := b.store.PutBlob(b.Context(), "f", body, store.Properties{},
			store.Condition{}); err != nil {
			b.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		op        func(b *bench) // what becomes of the first try
		before    func(b *bench)
		between   func(b *bench)
		leftAlone bool
		sentAgain int64
	}{
		"it had arrived": {
			op:        func(b *bench) { b.store.Fail(uploadertest.PutBlob, "f", 1, uploadertest.LoseAnswer()) },
			sentAgain: 100,
		},
		"it had not arrived": {
			op:        func(b *bench) { b.store.Fail(uploadertest.PutBlob, "f", 1, uploadertest.Refuse(problem.NetworkDown)) },
			sentAgain: 100,
		},
		"somebody's had been there before": {
			before:    put,
			op:        func(b *bench) { b.store.Fail(uploadertest.PutBlob, "f", 1, uploadertest.Refuse(problem.NetworkDown)) },
			leftAlone: true, sentAgain: 200, // once to be told that it is older, once more where such a service refuses for nothing
		},
		"somebody's came days after": {
			op:        func(b *bench) { b.store.Fail(uploadertest.PutBlob, "f", 1, uploadertest.Refuse(problem.NetworkDown)) },
			between:   put,
			leftAlone: true, sentAgain: 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: journal})
				b.store.SetClock(time.Now)
				if c.before != nil {
					c.before(b)
					time.Sleep(time.Hour)
				}
				c.op(b)
				b.store.Fail(uploadertest.PutBlob, "f", 1, uploadertest.Stall()) // the second try is cut off by the end
				path := b.file("f", 100)
				b.add(ledger.AddOptions{}, path)
				time.Sleep(3 * time.Second)
				b.close()
				b.store.ClearFaults()
				time.Sleep(3 * 24 * time.Hour)
				if c.between != nil {
					c.between(b)
				}
				time.Sleep(24 * time.Hour)
				b.restart(journal, uploader.Config{})
				if c.leftAlone {
					if err := b.wait(); err != nil {
						t.Fatal(err)
					}
					if r := b.problem(ledger.LeftAlone); r != problem.AlreadyThere {
						t.Errorf("reason %q", r)
					}
					if got, _ := b.store.Blob("f"); string(got) != string(theirs) {
						t.Error("somebody else's file was replaced")
					}
				} else {
					b.delivered(path)
				}
				if n := b.queue.Status().BytesSent; n != c.sentAgain {
					t.Errorf("%d bytes sent after the restart, want %d", n, c.sentAgain)
				}
				b.close()
			})
		})
	}
}

func TestFoldersThatWereNotReadToTheirEndAreReadAgain(t *testing.T) {
	journal := ledger.NewMemoryJournal()
	b := newBench(t, "w", uploader.Config{Journal: journal})
	root := filepath.Dir(b.file("tree/000", 10))
	for i := 1; i < 700; i++ {
		b.file(fmt.Sprintf("tree/%03d", i), 10)
	}
	stuck := &stubborn{Journal: journal, fail: problem.JournalUnwritable}
	stuck.batchesLeft.Store(1)
	b.close()
	b.reopen(stuck, uploader.Config{})
	b.add(ledger.AddOptions{}, root)
	if err := b.wait(); !errors.Is(err, problem.ErrJournal) {
		t.Fatalf("wait: %v", err)
	}
	b.restart(journal, uploader.Config{})
	b.delivered(root)
	if n := b.taken(); n != 700 {
		t.Errorf("%d files were taken of 700", n)
	}
}

func TestTokenThatIsNotValidYetIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{})
		b.store.SetClock(time.Now)
		path := b.file("f", 100)
		early := problem.New("put blob", "f", problem.NotYetValid)
		early.When, early.Status, early.Date = time.Now().Add(3*time.Hour), 403, time.Now()
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.RefuseWith(early))
		b.add(ledger.AddOptions{}, path)
		if err := b.wait(); !errors.Is(err, problem.ErrTokenNotYetValid) {
			t.Fatalf("wait: %v", err)
		}
		time.Sleep(3*time.Hour + time.Minute)
		b.delivered(path)
		b.close()
	})
}

// TestAComputerThatSleepsUntilATokenBegins: timers stand still meanwhile, and the upload begins
// when it wakes up all the same.
func TestAComputerThatSleepsUntilATokenBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{})
		early := problem.New("put", "", problem.NotYetValid)
		early.When = time.Now().Add(12 * time.Hour)
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.RefuseWith(early))
		path := b.file("f", 10)
		b.add(ledger.AddOptions{}, path)
		time.Sleep(time.Hour)
		if n := b.store.Count(uploadertest.PutBlob); n != 1 {
			t.Fatalf("%d requests", n)
		}
		b.queue.Sleep(11 * time.Hour)
		time.Sleep(time.Minute + time.Second) // past the next look at the clock
		b.delivered(path)
		b.close()
	})
}

func TestAnotherInboxTakesOverWhatWasNotDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := ledger.NewMemoryJournal()
		next := uploadertest.NewStore().With("w")
		first := uploadertest.NewStore().With("w")
		stores := map[string]*uploadertest.Store{"ws-1": first, "ws-2": next}
		b := &bench{T: t, store: first, inbox: tokenOf("w").Inbox, dir: t.TempDir()}
		q, err := uploader.NewQueue(t.Context(),
			uploader.Config{Journal: journal, BlockSize: block, Connections: 1, Steady: time.Millisecond, Open: func(tok token.Token) (store.Store, error) {
				return stores[tok.Inbox.Container], nil
			}})
		if err != nil {
			t.Fatal(err)
		}
		b.queue = q
		if err := q.Use(tokenOf("w")); err != nil {
			t.Fatal(err)
		}
		root := filepath.Dir(b.file("tree/0", 10))
		b.file("tree/1", 10)
		b.file("tree/large", 8*block)
		b.file("tree/.DS_Store", 1)
		first.Fail(uploadertest.PutBlock, "", 3, uploadertest.Hold(closed))
		first.Fail(uploadertest.PutBlock, "", uploadertest.Always,
			uploadertest.Refuse(problem.Expired))
		b.add(ledger.AddOptions{}, root)
		if err := b.wait(); !errors.Is(err, problem.ErrTokenExpired) {
			t.Fatalf("wait: %v", err)
		}
		renewed := tokenOf("w")
		renewed.Inbox.Container, renewed.Inbox.Prefix = "ws-2", "part two"
		if err := q.Use(renewed); err != nil {
			t.Fatal(err)
		}
		n, err := q.Redirect(t.Context(), b.inbox.Key(), renewed.Inbox)
		if err != nil || n != 1 {
			t.Fatalf("%d jobs moved: %v", n, err)
		}
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if got, ok := next.Blob("part two/tree/large"); !ok || len(got) != 8*block {
			t.Errorf("the new inbox has %d bytes of the large file: %v", len(got), next.Names())
		}
		if names := next.Names(); len(names) != 1 {
			t.Errorf("the new inbox has %v", names)
		}
		s := q.Status()
		if s.Files[ledger.Delivered] != 3 || s.FilesTotal() != 3 {
			t.Errorf("%v", s.Files)
		}
		to, left := map[string]int64{}, int64(0)
		for _, in := range ledger.ByInbox(s.Transfers) {
			to[in.Inbox.Container] = in.Files[ledger.Delivered]
			for _, of := range in.Transfers {
				left += of.Skipped[scan.SkipJunk]
			}
		}
		if to["ws-1"] != 2 || to["ws-2"] != 1 || len(to) != 2 || left != 1 {
			t.Errorf("delivered by inbox: %v; left out: %d", to, left)
		}
		b.close()
	})
}

// TestAnotherFileOfTheSameNameIsNeverTakenForOnesOwn: after a process was cut off, what is there
// may be the other's.
func TestAnotherFileOfTheSameNameIsNeverTakenForOnesOwn(t *testing.T) {
	for name, both := range map[string]bool{"left alone": false, "both kept": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
				first, second := b.file("x/report.txt", 1000), b.file("y/report.txt", 2000)
				b.add(ledger.AddOptions{KeepBoth: both}, first)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Hold(gate))
				b.add(ledger.AddOptions{KeepBoth: both}, second)
				synctest.Wait()
				time.Sleep(200 * time.Millisecond)
				b.store.ClearFaults()
				b.restart(journal, uploader.Config{Connections: 1})
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if got, _ := b.store.Blob("report.txt"); len(got) != 1000 {
					t.Errorf("the first file's blob has %d bytes", len(got))
				}
				if got, ok := b.store.Blob("report (2).txt"); ok != both || both &&
					len(got) != 2000 {
					t.Errorf("the second is there: %v, %d bytes", ok, len(got))
				}
				b.close()
			})
		})
	}
}
