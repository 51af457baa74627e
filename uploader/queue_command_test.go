package uploader_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

func (b *bench) do(c ledger.Command) int {
	b.Helper()
	n, err := b.queue.Do(b.Context(), c)
	if err != nil {
		b.Fatalf("%s: %v", c.Verb, err)
	}
	return n
}

// job returns the id of the job of a file.
func (b *bench) job(name string) ledger.Job {
	b.Helper()
	rows, err := b.queue.Rows(b.Context(), ledger.Filter{Text: name}, 0, 1000)
	rows = slices.DeleteFunc(rows, func(j ledger.Job) bool { // the random name of the test's folder may hold it, too
		return !strings.Contains(strings.TrimPrefix(j.Source, b.dir), name)
	})
	if err != nil || len(rows) != 1 {
		b.Fatalf("%d rows for %s: %v", len(rows), name, err)
	}
	return rows[0]
}

// A large file that is paused keeps what was acknowledged, and goes on with the rest.
func TestPauseAndResume(t *testing.T) {
	for name, jobs := range map[string]bool{"one job": true, "everything": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Connections: 1})
				path := b.file("large", 8*block)
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlock, "", 3, uploadertest.Hold(closed))
				b.store.Fail(uploadertest.PutBlock, "", 1, uploadertest.Hold(gate))
				b.add(ledger.AddOptions{}, path)
				synctest.Wait()
				c := ledger.Command{Verb: ledger.Pause}
				if jobs {
					c.Jobs = []int64{b.job("large").ID}
				}
				if n := b.do(c); n != 1 {
					t.Errorf("%d jobs paused", n)
				}
				close(gate)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				if n := b.store.Count(uploadertest.PutBlock); n != 4 {
					t.Errorf("%d blocks sent, want those four that were on their way", n)
				}
				if s := b.queue.Status(); s.BytesDone != 4*block || s.Files[ledger.Active] != 0 ||
					jobs && s.Files[ledger.Paused] != 1 {
					t.Errorf("%d bytes acknowledged, %v", s.BytesDone, s.Files)
				}
				c.Verb = ledger.Resume
				if n := b.do(c); n != 1 {
					t.Errorf("%d jobs resumed", n)
				}
				b.delivered(path)
				if n := b.store.Count(uploadertest.PutBlock); n != 8 {
					t.Errorf("%d blocks sent for 8", n)
				}
				b.close()
			})
		})
	}
}

func TestRetryAllSendsWhatFailedOnceTheCauseIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{})
		root := filepath.Dir(b.file("tree/0", 10))
		for i := 1; i < 600; i++ {
			b.file(fmt.Sprintf("tree/%d", i), 10)
		}
		locked := problem.New("put blob", "", problem.NameLocked)
		locked.Status = 409
		b.store.Fail(uploadertest.PutBlob, "", 300, uploadertest.RefuseWith(locked))
		b.add(ledger.AddOptions{}, root)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if n := b.queue.Status().Files[ledger.Attention]; n != 300 {
			t.Fatalf("%d files need a person, want 300", n)
		}
		if n := b.do(ledger.Command{Verb: ledger.Retry}); n != 300 {
			t.Errorf("%d jobs retried", n)
		}
		b.delivered(root)
		if n := b.do(ledger.Command{Verb: ledger.Clear}); n != 600 {
			t.Errorf("%d jobs cleared", n)
		}
		if s := b.queue.Status(); s.FilesTotal() != 0 || len(s.Transfers) != 0 {
			t.Errorf("%d files and %d transfers are left", s.FilesTotal(), len(s.Transfers))
		}
		b.close()
	})
}

// TestKeepBothSendsUnderAnotherName: whatever is there stays, and the file arrives beside it, whole
// and once.
func TestKeepBothSendsUnderAnotherName(t *testing.T) {
	for name, c := range map[string]struct {
		size   int
		taken  []string
		late   bool // the name is taken while the file is being sent
		rights string
		want   string
	}{
		"a free name":         {100, nil, false, "w", "f.dat"},
		"a small file":        {100, []string{"f.dat"}, false, "w", "f (2).dat"},
		"the second is taken": {100, []string{"f.dat", "f (2).dat"}, false, "w", "f (3).dat"},
		"a large file":        {3 * block, []string{"f.dat", "f (2).dat"}, false, "w", "f (3).dat"},
		"a large file, late":  {3 * block, []string{"f.dat"}, true, "w", "f (2).dat"},
		"an empty file":       {0, []string{"f.dat"}, false, "w", "f (2).dat"},
		"a create-only token": {100, []string{"f.dat"}, false, "c", "f (2).dat"},
		"rights to do it all": {3 * block, []string{"f.dat"}, false, "racwdl", "f (2).dat"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, c.rights, uploader.Config{Connections: 2})
				path := b.file("f.dat", c.size)
				take := func() {
					for _, name := range c.taken {
						if _, err := b.store.With("w").PutBlob(t.Context(), name,
							uploadertest.NewBody([]byte("old")), store.Properties{},
							store.Condition{}); err != nil {
							t.Fatal(err)
						}
					}
				}
				gate := make(chan struct{})
				if c.late {
					b.store.Fail(uploadertest.PutBlock, "f.dat", 1, uploadertest.Hold(gate))
				} else {
					take()
				}
				b.add(ledger.AddOptions{KeepBoth: true}, path)
				if c.late {
					synctest.Wait()
					take()
					close(gate)
				}
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got, ok := b.store.Blob(c.want); !ok || string(got) != string(want) {
					t.Errorf("%q is not in the inbox as it is here; there are %q", c.want,
						b.store.Names())
				}
				for _, name := range c.taken {
					if got, _ := b.store.Blob(name); string(got) != "old" {
						t.Errorf("%q was replaced", name)
					}
				}
				if n := len(b.store.Names()); n != len(c.taken)+1 {
					t.Errorf("%d blobs, want %d: %q", n, len(c.taken)+1, b.store.Names())
				}
				if j := b.job("f.dat"); j.State != ledger.Delivered || j.Blob != c.want {
					t.Errorf("the job is %v as %q, want %q", j.State, j.Blob, c.want)
				}
				b.close()
			})
		})
	}
}

// TestFurtherNamesAreAskedForBeforeAFileIsSent: where many are taken, a file of some size is not
// sent once for each of them.
func TestFurtherNamesAreAskedForBeforeAFileIsSent(t *testing.T) {
	b := newBench(t, "w", uploader.Config{BlockSize: 4 * block})
	taken := []string{"f.dat", "f (2).dat", "f (3).dat"}
	for _, name := range taken {
		if _, err := b.store.PutBlob(t.Context(), name, uploadertest.NewBody([]byte("old")),
			store.Properties{}, store.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	b.add(ledger.AddOptions{KeepBoth: true}, b.file("f.dat", 2*block))
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if j := b.job("f.dat"); j.State != ledger.Delivered || j.Blob != "f (4).dat" {
		t.Errorf("the job is %v as %q", j.State, j.Blob)
	}
	if n := b.queue.Status().BytesSent; n != 4*block {
		t.Errorf("%d bytes sent, want twice the file", n)
	}
}

// TestRenameSendsWhatAnotherProgramsBlocksKeepOut: another name has no foreign blocks, with a
// person's choice and by itself.
func TestRenameSendsWhatAnotherProgramsBlocksKeepOut(t *testing.T) {
	for name, both := range map[string]bool{"chosen": false, "by itself": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "w", uploader.Config{})
			path := b.file("f.dat", 3*block)
			b.store.Fail(uploadertest.PutBlock, "f.dat", 100,
				uploadertest.Refuse(problem.ForeignBlocks))
			b.add(ledger.AddOptions{KeepBoth: both}, path)
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			if !both {
				if r := b.problem(ledger.Attention); r != problem.ForeignBlocks {
					t.Fatalf("the job waits for %q", r)
				}
				b.do(ledger.Command{Verb: ledger.Rename})
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
			}
			if j := b.job("f.dat"); j.State != ledger.Delivered || j.Blob != "f (2).dat" {
				t.Errorf("the job is %v as %q", j.State, j.Blob)
			}
		})
	}
}

func TestRenameLeavesAloneWhatHasOneName(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	b.inbox.Blob = "f.dat"
	to := tokenOf("w")
	to.Inbox = b.inbox
	if err := b.queue.Use(to); err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.PutBlob(t.Context(), "f.dat", uploadertest.NewBody([]byte("old")),
		store.Properties{}, store.Condition{}); err != nil {
		t.Fatal(err)
	}
	b.add(ledger.AddOptions{}, b.file("f.dat", 100))
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if n := b.do(ledger.Command{Verb: ledger.Rename}); n != 0 {
		t.Errorf("%d jobs get another name, which the token does not lead to", n)
	}
	if r := b.problem(ledger.LeftAlone); r != problem.AlreadyThere {
		t.Errorf("reason %q", r)
	}
}

// TestReplaceReplacesTheFileOfItsOwnName: also where names beside it were tried, what is replaced
// is what a person takes for the original.
func TestReplaceReplacesTheFileOfItsOwnName(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	path := b.file("f.dat", 100)
	take := func(name string) {
		if _, err := b.store.PutBlob(t.Context(), name, uploadertest.NewBody([]byte("old")),
			store.Properties{}, store.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	take("f.dat")
	for n := 2; n <= 99; n++ {
		take(fmt.Sprintf("f (%d).dat", n))
	}
	b.add(ledger.AddOptions{KeepBoth: true}, path)
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if j := b.job("f.dat"); j.State != ledger.LeftAlone || j.Blob != "f.dat" {
		t.Errorf("after all names were taken the job is %v as %q", j.State, j.Blob)
	}
	b.do(ledger.Command{Verb: ledger.Replace})
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range b.store.Names() {
		got, _ := b.store.Blob(name)
		if (string(got) == string(want)) != (name == "f.dat") {
			t.Errorf("%q has %d bytes after replacing", name, len(got))
		}
	}
}

// What is moved to the front is sent next, although other files were claimed before.
func TestFirstIsSentNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 1})
		var roots []string
		for i := range 40 {
			roots = append(roots, b.file(fmt.Sprintf("f%02d", i), 10))
		}
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Hold(gate))
		b.add(ledger.AddOptions{}, roots...)
		synctest.Wait()
		b.do(ledger.Command{Verb: ledger.First, Jobs: []int64{b.job("f30").ID, b.job("f20").ID}})
		b.do(ledger.Command{Verb: ledger.Last, Jobs: []int64{b.job("f01").ID}})
		close(gate)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, r := range b.store.Requests() {
			order = append(order, r.Name)
		}
		if diff := cmp.Diff([]string{"f00", "f20", "f30", "f02", "f03", "f04"},
			order[:6]); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		if order[39] != "f01" {
			t.Errorf("%s was sent last", order[39])
		}
		b.close()
	})
}
