package uploader_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

// TestAFolderThatWasMovedGoesOnWhereItLies: nothing that arrived is sent twice, half-sent files go
// on with their blocks, and what could not be read meanwhile is looked for. What is found later,
// also below the old place, is taken as it is.
func TestAFolderThatWasMovedGoesOnWhereItLies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
		root := filepath.Dir(b.file("data/tree/small", 10))
		b.file("data/tree/a large", 8*block)
		b.file("data/tree/other", 20)
		b.store.Fail(uploadertest.PutBlock, "", 3, uploadertest.Hold(closed))
		b.store.Fail(uploadertest.PutBlock, "", uploadertest.Always,
			uploadertest.Refuse(problem.Expired))
		b.add(ledger.AddOptions{}, root)
		if err := b.wait(); !errors.Is(err, problem.ErrTokenExpired) {
			t.Fatalf("wait: %v", err)
		}
		b.store.ClearFaults()

		// The folder goes to a place below its old one, where one of its files is new to the disk
		// and another has other content.
		aside, old, now := filepath.Join(b.dir, "aside"), filepath.Join(b.dir, "data"),
			filepath.Join(b.dir, "data", "2026")
		for _, err := range []error{os.Rename(old, aside), os.Mkdir(old, 0o700)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		b.restart(journal, uploader.Config{Connections: 1})
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if r := b.problem(ledger.Attention); r != problem.SourceGone {
			t.Fatalf("the missing file is %s", r)
		}
		if err := os.Rename(aside, now); err != nil {
			t.Fatal(err)
		}
		b.file("data/2026/tree/new", 30)
		before := b.store.Count(uploadertest.PutBlock)
		n, err := b.queue.Moved(t.Context(), old, now)
		if err != nil || n != 3 {
			t.Fatalf("%d files moved: %v", n, err)
		}
		if err := b.queue.Rescan(t.Context(), b.queue.Status().Transfers[0].ID); err != nil {
			t.Fatal(err)
		}
		b.delivered(filepath.Join(now, "tree"))
		if k := b.store.Count(uploadertest.PutBlock) - before; k != 5 {
			t.Errorf("%d blocks sent, want the 5 that were left", k)
		}
		b.restart(journal, uploader.Config{})
		rows, err := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 10)
		if err != nil || len(rows) != 4 {
			t.Fatalf("%d rows: %v", len(rows), err)
		}
		for _, row := range rows {
			if filepath.Dir(row.Source) != filepath.Join(now, "tree") {
				t.Errorf("%s is looked for in another place", row.Source)
			}
		}
		if roots := b.queue.Status().Transfers[0].Roots; roots[0] != filepath.Join(now, "tree") {
			t.Errorf("its source is %s", roots[0])
		}
		b.close()
	})
}

// TestWhatWasMovedIsComparedWithWhatWasAcknowledged: size, times and even the file's identity say
// nothing on another disk.
func TestWhatWasMovedIsComparedWithWhatWasAcknowledged(t *testing.T) {
	journal := ledger.NewMemoryJournal()
	b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
	path := b.file("tree/large", 8*block)
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	b.store.Fail(uploadertest.PutBlock, "", 3, uploadertest.Hold(closed))
	b.store.Fail(uploadertest.PutBlock, "", uploadertest.Always,
		uploadertest.Refuse(problem.Expired))
	b.add(ledger.AddOptions{}, filepath.Dir(path))
	if err := b.wait(); !errors.Is(err, problem.ErrTokenExpired) {
		t.Fatalf("wait: %v", err)
	}
	b.store.ClearFaults()
	b.close()
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[0]++
	now := filepath.Join(b.dir, "disk")
	moved := filepath.Join(now, "tree", "large")
	for _, err := range []error{
		os.MkdirAll(filepath.Dir(moved), 0o700), os.WriteFile(moved, data, 0o600),
		os.Chtimes(moved, fi.ModTime(), fi.ModTime()),
		os.RemoveAll(filepath.Dir(path)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	b.reopen(journal, uploader.Config{Connections: 1})
	if _, err := b.queue.Moved(t.Context(), filepath.Dir(path), filepath.Dir(moved)); err != nil {
		t.Fatal(err)
	}
	if owner := b.queue.Status().Transfers[0].Owner; owner != ledger.Nobody {
		t.Errorf("the transfer's owner is %v", owner)
	}
	before := b.store.Count(uploadertest.PutBlock)
	if _, err := b.queue.Adopt(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	b.delivered(filepath.Dir(moved))
	if k := b.store.Count(uploadertest.PutBlock) - before; k != 6 {
		t.Errorf("%d blocks sent, want the 5 that were left and the one that differs", k)
	}
}

// TestARootThatMovedIsNotFollowedThroughALink: a person says where a folder lies, and what stands
// there then is sent. A link in its place later is none that anybody asked to follow, also after a
// restart.
func TestARootThatMovedIsNotFollowedThroughALink(t *testing.T) {
	for name, restart := range map[string]bool{"at once": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: journal})
				root := filepath.Dir(b.file("data/tree/file", 10))
				b.file("elsewhere/file", 20)
				b.store.Fail(uploadertest.PutBlob, "", uploadertest.Always,
					uploadertest.Refuse(problem.Expired))
				b.add(ledger.AddOptions{}, root)
				if err := b.wait(); !errors.Is(err, problem.ErrTokenExpired) {
					t.Fatalf("wait: %v", err)
				}
				b.store.ClearFaults()
				old, now := filepath.Join(b.dir, "data"), filepath.Join(b.dir, "now")
				if err := os.Rename(old, now); err != nil {
					t.Fatal(err)
				}
				if _, err := b.queue.Moved(t.Context(), old, now); err != nil {
					t.Fatal(err)
				}
				swap(t, filepath.Join(now, "tree"), filepath.Join(b.dir, "elsewhere"))
				if restart {
					b.restart(journal, uploader.Config{})
				} else if err := b.queue.Use(tokenOf("w")); err != nil {
					t.Fatal(err)
				}
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if r := b.problem(ledger.Attention); r != problem.SourceLinked {
					t.Errorf("the file is %s", r)
				}
				if names := b.store.Names(); len(names) > 0 {
					t.Errorf("%q is in the inbox", names)
				}
				b.close()
			})
		})
	}
}

// TestAMoveWaitsForWhatIsBeingRead: what a scan finds is known by where it lay as the scan began.
func TestAMoveWaitsForWhatIsBeingRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		b := newBench(t, "w", uploader.Config{Journal: &slow{
			Journal: ledger.NewMemoryJournal(), batches: func() { <-gate },
		}})
		root := filepath.Dir(b.file("old/tree/a", 10))
		b.file("old/tree/b", 20)
		b.add(ledger.AddOptions{}, root)
		synctest.Wait() // now the scan waits for the journal
		old, now := filepath.Join(b.dir, "old"), filepath.Join(b.dir, "new")
		if err := os.Rename(old, now); err != nil {
			t.Fatal(err)
		}
		moved := make(chan int, 1)
		go func() {
			n, err := b.queue.Moved(t.Context(), old, now)
			if err != nil {
				t.Error(err)
			}
			moved <- n
		}()
		synctest.Wait()
		if len(moved) > 0 {
			t.Error("it was moved before it was known what there is")
		}
		close(gate)
		if n := <-moved; n != 2 {
			t.Errorf("%d files were moved", n)
		}
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		b.delivered(filepath.Join(now, "tree"))
		b.close()
	})
}

// TestTwoMovesToAnotherInboxAreOne: what one has given away the other one leaves.
func TestTwoMovesToAnotherInboxAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		b := newBench(t, "w", uploader.Config{Connections: 1, Journal: &slow{
			Journal: ledger.NewMemoryJournal(), batches: func() { time.Sleep(time.Millisecond) },
		}})
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Hold(gate))
		root := filepath.Dir(b.file("tree/a", 10))
		b.file("tree/b", 20)
		b.file("tree/c", 30)
		b.add(ledger.AddOptions{}, root)
		time.Sleep(time.Second)
		synctest.Wait() // now the first is under way
		next := tokenOf("w")
		next.Inbox.Container = "ws-2"
		moved := make(chan int, 2)
		for range 2 {
			go func() {
				n, err := b.queue.Redirect(t.Context(), b.inbox.Key(), next.Inbox)
				if err != nil {
					t.Error(err)
				}
				moved <- n
			}()
		}
		synctest.Wait()
		close(gate)
		if n := <-moved + <-moved; n != 2 {
			t.Errorf("%d files were moved", n)
		}
		if err := b.queue.Use(next); err != nil {
			t.Fatal(err)
		}
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		rows, err := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 10)
		if err != nil || len(rows) != 3 {
			t.Errorf("%d rows: %v", len(rows), err)
		}
		b.close()
	})
}
