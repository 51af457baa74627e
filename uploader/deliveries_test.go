package uploader_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

// again adds the roots once more, waits, and returns how many requests that made.
func (b *bench) again(o ledger.AddOptions, roots ...string) int {
	b.Helper()
	before := b.store.Count(uploadertest.AnyOp)
	b.add(o, roots...)
	if err := b.wait(); err != nil {
		b.Fatal(err)
	}
	return b.store.Count(uploadertest.AnyOp) - before
}

// unchanged checks that the last transfer found so many files as they were delivered before, and
// nothing else.
func (b *bench) unchanged(n int64) {
	b.Helper()
	s := b.queue.Status()
	if len(s.Transfers) == 0 {
		b.Fatal("there is no transfer")
	}
	t := s.Transfers[len(s.Transfers)-1]
	if t.UnchangedFiles() != n || t.Files.Total() != 0 {
		b.Errorf("%d files unchanged and others %v, want %d unchanged alone", t.UnchangedFiles(),
			t.Files, n)
	}
}

// TestTheSameFilesAgainNeedNoRequest: what was delivered and is as it was is counted, whoever asks
// and whatever was cleared meanwhile.
func TestTheSameFilesAgainNeedNoRequest(t *testing.T) {
	const files = 20*ledger.BatchSize + 2
	journal := ledger.NewMemoryJournal()
	b := newBench(t, "w", uploader.Config{Journal: journal})
	root := filepath.Dir(b.file("tree/large", 3*block))
	b.file("tree/empty", 0)
	for i := range files - 2 {
		b.file(fmt.Sprintf("tree/%02d/%d", i%40, i), 1+i%7)
	}
	b.add(ledger.AddOptions{}, root)
	b.delivered(root)
	for _, c := range []struct {
		name string
		act  func()
	}{
		{"at once", func() {}},
		{"once more", func() {}},
		{"after another run began", func() { b.restart(journal, uploader.Config{}) }},
		{"after it was cleared", func() { b.do(ledger.Command{Verb: ledger.Clear}) }},
		{"after all was taken from the list", func() { b.do(ledger.Command{Verb: ledger.Remove}) }},
		{"with a token that was renewed", func() {
			if err := b.queue.Use(tokenOf("cw")); err != nil {
				t.Fatal(err)
			}
		}},
		{"keeping both", func() {}},
	} {
		c.act()
		if n := b.again(ledger.AddOptions{KeepBoth: c.name == "keeping both"}, root); n != 0 {
			t.Errorf("%s: %d requests", c.name, n)
		}
		b.unchanged(files)
	}
	s := b.queue.Status()
	last := s.Transfers[len(s.Transfers)-1].Unchanged
	if last.First.IsZero() || time.Since(last.First) > time.Hour || last.Last.Before(last.First) {
		t.Errorf("delivered between %v and %v", last.First, last.Last)
	}
	if n := len(last.Jobs); n == 0 || n > 200 {
		t.Errorf("which jobs delivered %d files takes %d bytes", files, n)
	}
	if n := b.again(ledger.AddOptions{Replace: true}, root); n < files {
		t.Errorf("replacing all made %d requests", n)
	}
	b.do(ledger.Command{Verb: ledger.Purge})
	if s := b.queue.Status(); len(s.Transfers) != 0 {
		t.Errorf("%d transfers are left", len(s.Transfers))
	}
	if c, err := journal.Load(t.Context()); err != nil || len(c.Transfers)+len(c.Batches) != 0 {
		t.Errorf("the journal has %d transfers and %d batches, %v", len(c.Transfers),
			len(c.Batches), err)
	}
	if n := b.again(ledger.AddOptions{}, root); n < files {
		t.Errorf("what was purged is known: %d requests", n)
	}
}

// TestWhatChangedSinceItWasSent: only what is as it was delivered counts as such, and what is not
// is named.
func TestWhatChangedSinceItWasSent(t *testing.T) {
	long := time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC)
	write := func(t *testing.T, path string, data []byte, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		change    func(t *testing.T, path string, data []byte)
		options   ledger.AddOptions
		taken     bool // the workspace has taken the file out
		unchanged bool
		value     string // of the problem, where it is left alone
		blob      string // where it is delivered
	}{
		"longer": {change: func(t *testing.T, path string, data []byte) { write(t, path, append(data, data...), time.Now()) }, value: " → "},
		"as long": {
			change: func(t *testing.T, path string, data []byte) { write(t, path, random(99, len(data)), time.Now()) }, value: "its content is another",
		},
		"its time put back": {change: func(t *testing.T, path string, data []byte) { write(t, path, random(99, len(data)), long) }, value: "its content is another"},
		"touched":           {change: func(t *testing.T, path string, data []byte) { write(t, path, data, time.Now()) }, unchanged: true},
		"its rights":        {change: func(t *testing.T, path string, _ []byte) { _ = os.Chmod(path, 0o400) }, unchanged: true},
		"replaced": {
			change:  func(t *testing.T, path string, data []byte) { write(t, path, random(99, len(data)), time.Now()) },
			options: ledger.AddOptions{Replace: true}, blob: "f.bin",
		},
		"both kept": {
			change:  func(t *testing.T, path string, data []byte) { write(t, path, random(99, len(data)), time.Now()) },
			options: ledger.AddOptions{KeepBoth: true}, blob: "f (2).bin",
		},
		"taken out of the inbox": {
			change: func(t *testing.T, path string, data []byte) { write(t, path, random(99, len(data)), time.Now()) }, taken: true, blob: "f.bin",
		},
	} {
		for size, bytesOf := range map[string]int{"small": 100_000, "large": 10*block + 5} {
			t.Run(name+", "+size, func(t *testing.T) {
				if name == "its time put back" && runtime.GOOS == "windows" {
					t.Skip("a scan would have to open each file")
				}
				b := newBench(t, "w", uploader.Config{BlockSize: 2 * block})
				path := b.file("f.bin", bytesOf)
				data, _ := os.ReadFile(path)
				write(t, path, data, long)
				b.add(ledger.AddOptions{}, path)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if c.taken {
					b.store = uploadertest.NewStore().With("w")
					if err := b.queue.Use(tokenOf("w")); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(10 * time.Millisecond) // the system counts a file's time in steps
				c.change(t, path, data)
				bodies := b.store.Count(uploadertest.PutBlob) + b.store.Count(uploadertest.PutBlock)
				n := b.again(c.options, path)
				bodies = b.store.Count(uploadertest.PutBlob) +
					b.store.Count(uploadertest.PutBlock) - bodies
				if c.unchanged {
					b.unchanged(1)
					if n != 0 {
						t.Errorf("%d requests", n)
					}
					if n := b.again(c.options, path); n != 0 {
						t.Errorf("%d requests the next time", n)
					}
					b.unchanged(1)
					return
				}
				now, _ := os.ReadFile(path)
				if c.blob != "" {
					if got, _ := b.store.Blob(c.blob); !bytes.Equal(got, now) {
						t.Errorf("%q has %d bytes, which are not the file's", c.blob, len(got))
					}
					if n := b.again(ledger.AddOptions{KeepBoth: c.options.KeepBoth}, path); n != 0 {
						t.Errorf("%d requests the next time", n)
					}
					return
				}
				if bodies != 0 {
					t.Errorf("%d bodies were sent for nothing", bodies)
				}
				rows, err := b.queue.Rows(t.Context(),
					ledger.Filter{States: []ledger.JobState{ledger.LeftAlone}}, 0, 2)
				if err != nil || len(rows) != 1 {
					t.Fatalf("%d files left alone, %v", len(rows), err)
				}
				p := rows[0].Problem
				if p.Reason != problem.ChangedSinceSent || !strings.Contains(p.Value, c.value) ||
					time.Since(p.When) > time.Hour {
					t.Errorf("%v: %q, %v", p, p.Value, p.When)
				}
				if got, _ := b.store.Blob("f.bin"); !bytes.Equal(got, data) {
					t.Error("what was there was replaced")
				}
				if n := b.do(ledger.Command{Verb: ledger.Replace, Jobs: []int64{rows[0].ID}}); n != 1 {
					t.Errorf("%d files are to be replaced", n)
				}
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if got, _ := b.store.Blob("f.bin"); !bytes.Equal(got, now) {
					t.Error("it was not replaced")
				}
			})
		}
	}
}

// TestWhatAnotherFileReplacedIsNotThere: two files with one name, the second of which replaced the
// first.
func TestWhatAnotherFileReplacedIsNotThere(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	first, second := b.file("a/name", 10), b.file("b/name", 20)
	b.again(ledger.AddOptions{}, first)
	b.again(ledger.AddOptions{Replace: true}, second)
	if n := b.again(ledger.AddOptions{}, second); n != 0 {
		t.Errorf("%d requests for what replaced the other", n)
	}
	b.again(ledger.AddOptions{}, first)
	if r := b.problem(ledger.LeftAlone); r != problem.AlreadyThere {
		t.Errorf("the first file: %v", r)
	}
}

// TestAFurtherNameCountsForItsFile: keeping both twice makes no second copy.
func TestAFurtherNameCountsForItsFile(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	b.theirs("f.txt")
	path := b.file("f.txt", 10)
	b.again(ledger.AddOptions{KeepBoth: true}, path)
	for _, o := range []ledger.AddOptions{{KeepBoth: true}, {}} {
		if n := b.again(o, path); n != 0 {
			t.Errorf("%+v: %d requests", o, n)
		}
		b.unchanged(1)
	}
	if names := b.store.Names(); len(names) != 2 {
		t.Errorf("the inbox has %q", names)
	}
}

// TestAnotherInboxKnowsNothing: another container has nothing, also where it is reached with a
// token of the same workspace.
func TestAnotherInboxKnowsNothing(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	path := b.file("f", 10)
	b.again(ledger.AddOptions{}, path)
	other := tokenOf("w")
	other.Inbox.Container = "ws-2"
	b.store = uploadertest.NewStore().With("w")
	if err := b.queue.Use(other); err != nil {
		t.Fatal(err)
	}
	b.inbox = other.Inbox
	if n := b.again(ledger.AddOptions{}, path); n != 1 {
		t.Errorf("%d requests", n)
	}
	if _, ok := b.store.Blob("f"); !ok {
		t.Error("it is not there")
	}
}

// TestAnUploadThatGoesOnSendsWhatChangedMeanwhile: its folders are read again, and what was
// delivered of them before is compared too.
func TestAnUploadThatGoesOnLooksAtWhatWasDelivered(t *testing.T) {
	journal := ledger.NewMemoryJournal()
	b := newBench(t, "w", uploader.Config{Journal: journal})
	same, changed := b.file("tree/same", 10), b.file("tree/changed", 10)
	root := filepath.Dir(same)
	b.again(ledger.AddOptions{}, root)
	id := b.queue.Status().Transfers[0].ID
	time.Sleep(10 * time.Millisecond)
	if err := os.WriteFile(changed, []byte("longer than it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.queue.Rescan(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if r := b.problem(ledger.LeftAlone); r != problem.ChangedSinceSent {
			t.Errorf("the changed file: %v", r)
		}
		if s := b.queue.Status(); s.Files[ledger.Delivered] != 2 || s.Files.Total() != 3 ||
			s.Unchanged != 0 {
			t.Errorf("%v, %d unchanged", s.Files, s.Unchanged)
		}
	}
}
