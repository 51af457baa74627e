package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// ownerOf returns whose a transfer is, as a journal sees it.
func ownerOf(t *testing.T, j *Journal, id int64) ledger.Owner {
	t.Helper()
	c, err := j.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Transfers {
		if x.ID == id {
			return x.Owner
		}
	}
	t.Fatalf("no transfer %d", id)
	return 0
}

func addTransfer(t *testing.T, j *Journal) int64 {
	t.Helper()
	id, err := j.AddTransfer(t.Context(), ledger.Transfer{})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// strangers are put into the folder of lock files: nothing of them may be followed, written or
// removed.
func TestStrangeFilesAmongTheLocks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links take a right of their own on Windows")
	}
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "precious")
	write := func(path string) {
		t.Helper()
		if err := os.WriteFile(path, []byte("precious"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	write(elsewhere)
	j, _ := openFine(t, dir, Options{})
	run := filepath.Join(dir, "run")
	id := func(c string) string { return strings.Repeat(c, 32) }
	link := filepath.Join(run, id("a")+".lock")
	for _, err := range []error{
		os.Symlink(elsewhere, link),
		os.Symlink(filepath.Join(dir, "not there"), filepath.Join(run, id("b")+".lock")),
		os.Mkdir(filepath.Join(run, id("c")+".lock"), 0o700),
		os.Mkdir(filepath.Join(run, "folder"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(run, "precious"))
	write(filepath.Join(run, "..lock"))
	write(filepath.Join(run, id("Z")+".lock"))
	write(filepath.Join(run, id("d")+".lock")) // as a dead process leaves it
	names := func() (all []string) {
		entries, err := os.ReadDir(run)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return all
	}
	before := names()
	for _, owner := range []string{id("a"), id("b"), id("c"), id("d"), "../../precious", "precious", ""} {
		transfer := addTransfer(t, j)
		if err := j.change(t.Context(), true, func(ctx context.Context) error {
			return j.exec(ctx, "UPDATE transfers SET owner = ? WHERE id = ?", owner, transfer)
		}); err != nil {
			t.Fatal(err)
		}
		if got := ownerOf(t, j, transfer); got != ledger.Nobody {
			t.Errorf("a transfer of %q has owner %d", owner, got)
		}
		if got, err := j.Adopt(t.Context(), []int64{transfer}); err != nil || len(got) != 1 &&
			owner != "" {
			t.Errorf("adopting a transfer of %q: %v, %v", owner, got, err)
		}
	}
	other, _ := openFine(t, dir, Options{})
	want := append(slices.DeleteFunc(before, func(n string) bool { return n == id("d")+".lock" }),
		other.id+".lock")
	slices.Sort(want)
	equal(t, "files among the locks", names(), want)
	if b, err := os.ReadFile(elsewhere); err != nil || string(b) != "precious" {
		t.Errorf("the file that a link leads to holds %q, %v", b, err)
	}
	if at, err := os.Stat(elsewhere); err != nil || at.Mode().Perm() != 0o640 {
		t.Errorf("the file that a link leads to has rights %v, %v", at.Mode(), err)
	}
}

func TestLinksInPlaceOfFilesAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links take a right of their own on Windows")
	}
	for _, name := range []string{"queue.db", "queue.db-wal", "queue.db-shm", "queue.db-journal", "queue.lock", "queue.check", "run"} {
		t.Run(name, func(t *testing.T) {
			dir, target := t.TempDir(), t.TempDir()
			if name != "run" {
				target = filepath.Join(target, "precious")
				if err := os.WriteFile(target, []byte("precious"), 0o640); err != nil {
					t.Fatal(err)
				}
			}
			j, _ := openFine(t, dir, Options{})
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			if err := errors.Join(os.RemoveAll(path), os.Symlink(target, path)); err != nil {
				t.Fatal(err)
			}
			_, _, err := Open(t.Context(), dir, Options{})
			refused(t, err, problem.JournalUnwritable)
			if name == "run" {
				if left, err := os.ReadDir(target); err != nil || len(left) != 0 {
					t.Errorf("written into the folder that the link leads to: %v, %v", left, err)
				}
			} else if b, err := os.ReadFile(target); err != nil || string(b) != "precious" {
				t.Errorf("the file that the link leads to holds %q, %v", b, err)
			}
		})
	}
}

// TestALockFileThatWasRemovedIsMadeAnew is about programs that tidy up old files.
func TestALockFileThatWasRemovedIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	j, _ := openFine(t, dir, Options{})
	other, _ := openFine(t, dir, Options{})
	id := addTransfer(t, j)
	if err := os.Remove(j.files.runFile(j.id)); err != nil {
		t.Skipf("this system keeps files that are open: %v", err)
	}
	if err := j.Alive(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ownerOf(t, other, id); got != ledger.Elsewhere {
		t.Errorf("owner %d, want another process that is alive", got)
	}
	if got, err := other.Adopt(t.Context(), []int64{id}); err != nil || len(got) != 0 {
		t.Errorf("adopted %v, %v", got, err)
	}
}

func TestAProcessThatStopsInTheMiddleIsWaitedFor(t *testing.T) {
	dir := t.TempDir()
	j, _ := openFine(t, dir, Options{})
	other, _ := openFine(t, dir, Options{Patience: time.Nanosecond})
	entered, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- j.change(context.Background(), false, func(context.Context) error {
			close(entered)
			<-leave
			return nil
		})
	}()
	<-entered
	_, err := other.AddTransfer(t.Context(), ledger.Transfer{})
	refused(t, err, problem.JournalBusy)
	if _, err := other.Load(t.Context()); err != nil {
		t.Errorf("reading meanwhile: %v", err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	addTransfer(t, other)
}

func TestAnErrorInTheMiddleKeepsNothing(t *testing.T) {
	j, _ := openFine(t, t.TempDir(), Options{})
	id := addTransfer(t, j)
	all := batchesOf(id, 2)
	if err := j.AddBatches(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	// Blocks come behind batches, and ranks behind blocks; the table of ranks refuses.
	if err := j.change(t.Context(), false, func(ctx context.Context) error {
		return j.exec(ctx,
			"CREATE TRIGGER refuse BEFORE INSERT ON ranks BEGIN SELECT raise(ABORT, 'refused'); END")
	}); err != nil {
		t.Fatal(err)
	}
	changed := all[0]
	changed.Facts, changed.States, changed.Totals = nil, []byte("new"), []byte("new")
	job := changed.ID * ledger.BatchSize
	err := j.Commit(t.Context(), ledger.Changes{
		Transfers: []ledger.Transfer{{ID: id, Paused: true}}, Batches: []ledger.Batch{changed},
		Blocks: []ledger.BlockChange{{Job: job, Block: ledger.AckedBlock{Number: 1}}},
		Ranks:  map[int64]int64{job: 1},
	})
	if err == nil {
		t.Fatal("the trigger did not refuse")
	}
	if err := j.change(t.Context(), false,
		func(ctx context.Context) error { return j.exec(ctx, "DROP TRIGGER refuse") }); err != nil {
		t.Fatal(err)
	}
	if b, err := j.Batch(t.Context(), all[0].ID); err != nil ||
		len(b.States) != len(all[0].States) {
		t.Errorf("batch has %d bytes of states, %v", len(b.States), err)
	}
	if blocks, err := j.Blocks(t.Context(), job); err != nil || len(blocks) != 0 {
		t.Errorf("blocks %v, %v", blocks, err)
	}
	c, err := j.Load(t.Context())
	if err != nil || c.Transfers[0].Paused || len(c.Ranks) != 0 ||
		string(c.Batches[0].Totals) == "new" {
		t.Errorf("contents %+v, %v", c, err)
	}
	// Batches, too, are added as a whole or not at all.
	more := batchesOf(id, 3)
	more[2].Transfer = id + 1
	if err := j.AddBatches(t.Context(), more); err == nil {
		t.Error("a batch of no transfer was added")
	}
	if more[0].ID != 0 {
		t.Errorf("a batch that was not kept has id %d", more[0].ID)
	}
	holds(t, j, 2)
}

func TestMethodsAfterClose(t *testing.T) {
	j, _ := openFine(t, t.TempDir(), Options{})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"Load":        func() error { _, err := j.Load(ctx); return err },
		"Batch":       func() error { _, err := j.Batch(ctx, 1); return err },
		"Commit":      func() error { return j.Commit(ctx, ledger.Changes{}) },
		"AddTransfer": func() error { _, err := j.AddTransfer(ctx, ledger.Transfer{}); return err },
		"Changed":     func() error { _, err := j.Changed(ctx); return err },
		"Posted":      func() error { _, err := j.Posted(ctx); return err },
	} {
		if err := call(); err == nil {
			t.Errorf("%s after Close returns no error", name)
		}
	}
}

// Journals that are opened and closed at the same moment look at each other's lock files; none of
// them may be turned away.
func TestManyOpenAndCloseAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 40 {
				j, opened, err := Open(t.Context(), dir, Options{})
				if err != nil || opened.SetAside != "" {
					t.Errorf("open: %v, %+v", err, opened)
					return
				}
				if err := j.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}
		})
	}
	all.Wait()
	left, err := os.ReadDir(filepath.Join(dir, "run"))
	if err != nil || len(left) > 0 {
		t.Errorf("%d lock files are left: %v", len(left), err)
	}
}
