package uploader_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// swap puts a link to something else in the place of a file or folder, which stays beside it.
func swap(t *testing.T, path, target string) {
	t.Helper()
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	uploadertest.Symlink(t, target, path)
}

// TestALinkSwappedInIsNotFollowed between finding a file and sending it, be it in its own place or
// in that of a folder above it.
func TestALinkSwappedInIsNotFollowed(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		at   string // what becomes a link, below the folder that is sent
	}{
		"a file":                {10, "sub/shadow"},
		"a folder":              {10, "sub"},
		"the root":              {10, ""},
		"a large file":          {3 * block, "sub/shadow"},
		"a large file's folder": {3 * block, "sub"},
	} {
		for _, restarted := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", after a restart"}[restarted], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					journal := ledger.NewMemoryJournal()
					b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
					gate := make(chan struct{})
					b.store.Fail(uploadertest.PutBlob, "first", 1, uploadertest.Hold(gate))
					first := b.file("first", 10)
					shadow := b.file("d/sub/shadow", c.size)
					b.file("elsewhere/shadow", c.size)
					b.file("elsewhere/sub/shadow", c.size)
					d := filepath.Join(b.dir, "d")
					b.add(ledger.AddOptions{}, first, d)
					synctest.Wait()
					target := filepath.Join(b.dir, "elsewhere")
					if filepath.Base(c.at) == "shadow" {
						target = filepath.Join(target, "shadow")
					}
					swap(t, filepath.Join(d, c.at), target)
					if restarted {
						time.Sleep(time.Second)
						b.restart(journal, uploader.Config{Connections: 1})
					}
					close(gate)
					if err := b.wait(); err != nil {
						t.Fatal(err)
					}
					if _, there := b.store.Blob("d/sub/shadow"); there {
						t.Error("something was sent in its name")
					}
					j := b.job("d/sub/shadow")
					if j.Source != shadow || j.Problem == nil ||
						j.Problem.Reason != problem.SourceLinked ||
						j.Problem.Value != filepath.Join(d, c.at) {
						t.Errorf("%q: %v", j.Source, j.Problem)
					}
					b.close()
				})
			})
		}
	}
}

// TestALinkInALargeFilesPlaceStopsItsCommit: its blocks are from the file itself, and no blob is
// made of them any more.
func TestALinkInALargeFilesPlaceStopsItsCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 1})
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlock, "large", 1, uploadertest.Hold(gate))
		path, other := b.file("large", 3*block), b.file("other", 3*block)
		b.add(ledger.AddOptions{}, path)
		synctest.Wait()
		swap(t, path, other)
		close(gate)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if r := b.problem(ledger.Attention); r != problem.SourceLinked {
			t.Errorf("reason %q", r)
		}
		if _, there := b.store.Blob("large"); there {
			t.Error("it was committed")
		}
		b.close()
	})
}

// TestALinkThatWasFollowedIsFollowedOnce: it may lead elsewhere later, and what is sent is what was
// found.
func TestALinkThatWasFollowedIsFollowedOnce(t *testing.T) {
	for name, target := range map[string]string{"to a file": "there/file", "to a folder": "there"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlob, "first", 1, uploadertest.Hold(gate))
				first := b.file("first", 10)
				b.file("there/file", 10)
				b.file("elsewhere/file", 20)
				d := filepath.Dir(b.file("d/own", 10))
				link := filepath.Join(d, "link")
				uploadertest.Symlink(t, filepath.Join(b.dir, target), link)
				o := scan.Options{FollowSymlinks: true, FollowOutside: true}
				b.add(ledger.AddOptions{Scan: o}, first, d)
				synctest.Wait()
				if n := b.queue.Status().Transfers[0].Outside; n != 1 {
					t.Errorf("%d links are said to lead outside", n)
				}
				if err := os.Remove(link); err != nil {
					t.Fatal(err)
				}
				uploadertest.Symlink(t, filepath.Join(b.dir, "elsewhere"), link)
				time.Sleep(time.Second)
				b.restart(journal, uploader.Config{Connections: 1})
				close(gate)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				want, err := os.ReadFile(filepath.Join(b.dir, "there", "file"))
				if err != nil {
					t.Fatal(err)
				}
				blob := "d/link"
				if target == "there" {
					blob = "d/link/file"
				}
				if got, there := b.store.Blob(blob); !there || !slices.Equal(got, want) {
					t.Errorf("%d bytes, there: %v, %v", len(got), there, b.job(blob).Problem)
				}
				b.close()
			})
		})
	}
}

// TestAnotherFileInItsPlaceIsSent: programs save by renaming, and a disk comes back with another
// number.
func TestAnotherFileInItsPlaceIsSent(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "large": 3 * block} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Connections: 1})
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlob, "first", 1, uploadertest.Hold(gate))
				first, path, next := b.file("first", 10), b.file("file", size),
					b.file("next", size+1)
				b.add(ledger.AddOptions{}, first, path)
				synctest.Wait()
				if err := os.Rename(next, path); err != nil {
					t.Fatal(err)
				}
				close(gate)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if got, _ := b.store.Blob("file"); len(got) != size+1 {
					t.Errorf("%d bytes, %v", len(got), b.job("file").Problem)
				}
				b.close()
			})
		})
	}
}

// journalOfBefore is a journal that a version of this program wrote which did not keep where files
// lie.
type journalOfBefore struct{ ledger.Journal }

func (j journalOfBefore) AddBatches(ctx context.Context, batches []ledger.Batch) error {
	for i := range batches {
		batches[i].Facts = uploadertest.FactsOfBefore(batches[i].Facts)
	}
	return j.Journal.AddBatches(ctx, batches)
}

// TestAJournalOfBeforeGoesOn: what lies below links that were followed when it was written is sent,
// and no other link is followed.
func TestAJournalOfBeforeGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		roots  []string // below the folder of the test
		follow bool
		want   []string // blobs
	}{
		"a folder":                 {[]string{"d"}, false, []string{"d/large", "d/own"}},
		"a folder that is a link":  {[]string{"alias"}, false, []string{"alias/large", "alias/own"}},
		"a folder below a link":    {[]string{"above/d"}, false, []string{"d/large", "d/own"}},
		"files":                    {[]string{"above/d/own", "alias/large"}, false, []string{"large", "own"}},
		"a pattern":                {[]string{"alias/[lo]*"}, false, []string{"large", "own"}},
		"links that were followed": {[]string{"alias"}, true, []string{"alias/in", "alias/large", "alias/own"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := journalOfBefore{ledger.NewMemoryJournal()}
				b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlob, "first", 1, uploadertest.Hold(gate))
				roots := []string{b.file("first", 10)}
				d := filepath.Dir(b.file("d/own", 10))
				b.file("d/large", 3*block)
				b.file("d/shadow", 10)
				b.file("elsewhere/file", 10)
				uploadertest.Symlink(t, "d", filepath.Join(b.dir, "alias"))
				uploadertest.Symlink(t, ".", filepath.Join(b.dir, "above"))
				uploadertest.Symlink(t, "own", filepath.Join(d, "in"))
				uploadertest.Symlink(t, "../elsewhere/file", filepath.Join(d, "out"))
				for _, r := range c.roots {
					roots = append(roots, filepath.Join(b.dir, filepath.FromSlash(r)))
				}
				b.add(ledger.AddOptions{Scan: scan.Options{FollowSymlinks: c.follow}}, roots...)
				synctest.Wait()
				time.Sleep(time.Second)
				swap(t, filepath.Join(d, "shadow"), filepath.Join(b.dir, "elsewhere", "file"))
				b.restart(journal, uploader.Config{Connections: 1})
				close(gate)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				var got []string
				rows, err := b.queue.Rows(t.Context(), ledger.Filter{}, 0, 20)
				if err != nil {
					t.Fatal(err)
				}
				for _, j := range rows {
					if j.State == ledger.Delivered && j.Blob != "first" {
						got = append(got, j.Blob)
					} else if j.State != ledger.Delivered && filepath.Base(j.Source) != "shadow" {
						t.Errorf("%s: %v", j.Blob, j.Problem)
					}
				}
				slices.Sort(got)
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
				b.close()
			})
		})
	}
}
