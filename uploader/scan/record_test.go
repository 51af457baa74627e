package scan_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// kept clones what emit gets.
func kept(to *[]scan.Found) func([]scan.Found) error {
	return func(batch []scan.Found) error {
		*to = append(*to, batch...)
		return nil
	}
}

// sameError compares errors, of which a record keeps the same ones.
var sameError = cmp.Comparer(func(a, b *problem.Error) bool { return a == b })

// TestARecordIsWhatWasFound: names, refusals, links, and more than one batch, gone through while
// the scan is still running and afterwards.
func TestARecordIsWhatWasFound(t *testing.T) {
	dir := t.TempDir()
	paths := []string{"data/a:b.txt", "data/CON", "data/x./y", "data/x/z", "data/.git/HEAD", "void/", "data/…"}
	for i := range 3000 {
		paths = append(paths, fmt.Sprintf("data/%02d/%d.csv", i%7, i))
	}
	uploadertest.Tree(t, dir, paths...)
	uploadertest.Symlink(t, filepath.Join(dir, "data", "00"), filepath.Join(dir, "link"))
	uploadertest.Symlink(t, "nowhere", filepath.Join(dir, "data", "dangling"))
	roots := []string{filepath.Join(dir, "data"), filepath.Join(dir, "void"), filepath.Join(dir, "link"), filepath.Join(dir, "none")}
	o := scan.Options{Recursive: true, FollowSymlinks: true, Exclude: []string{"nothing"}}
	for _, c := range []struct {
		name  string
		after bool
	}{{"while it is running", false}, {"once it has ended", true}} {
		t.Run(c.name, func(t *testing.T) {
			r := scan.NewRecord(roots, o)
			if !r.IsOf(slices.Clone(roots), o) {
				t.Error("it is not of its own roots and options")
			}
			var want, got []scan.Found
			var totals scan.Totals
			done := make(chan error, 1)
			read := func() {
				var err error
				totals, err = r.Files(t.Context(), kept(&want))
				done <- err
			}
			if c.after {
				read()
			} else {
				go read()
			}
			replayed, err := r.Replay(t.Context(), kept(&got), func() {})
			if err := errors.Join(err, <-done); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(totals, replayed); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(scan.Found{}, "Rel"),
				sameError); diff != "" {
				t.Error(diff)
			}
			for what, n := range map[string]int64{
				"failed": totals.Failed, "skipped": totals.Skipped[scan.SkipDangling],
				"junk":  totals.Skipped[scan.SkipJunk],
				"files": totals.Files, "unmatched": int64(len(totals.Unmatched.Exclude)),
			} {
				if n == 0 {
					t.Errorf("nothing of what was to be found: %s", what)
				}
			}
		})
	}
}

// TestARecordEndsWithWhatGoesThroughIt: nobody reads a disk to its end for nothing.
func TestARecordEndsWithWhatGoesThroughIt(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i := range 200 {
		paths = append(paths, fmt.Sprintf("%d", i))
	}
	uploadertest.Tree(t, dir, paths...)
	why := errors.New("given up")
	for name, replay := range map[string]func(r *scan.Record) error{
		"emit fails": func(r *scan.Record) error {
			_, err := r.Replay(t.Context(), func([]scan.Found) error { return why }, func() {})
			return err
		},
		"the context is done": func(r *scan.Record) error {
			ctx, cancel := context.WithCancelCause(t.Context())
			_, err := r.Replay(ctx, func([]scan.Found) error { cancel(why); return nil }, func() {})
			return err
		},
		"it is stopped": func(r *scan.Record) error { r.Stop(); return why },
	} {
		t.Run(name, func(t *testing.T) {
			r := scan.NewRecord([]string{dir}, scan.Options{Recursive: true})
			begun, goOn := make(chan struct{}), make(chan struct{})
			done := make(chan error, 1)
			go func() {
				batches := 0
				_, err := r.Files(t.Context(), func([]scan.Found) error {
					if batches++; batches == 2 {
						close(begun)
						<-goOn
					}
					return nil
				})
				done <- err
			}()
			<-begun // the first batch is there
			if err := replay(r); !errors.Is(err, why) {
				t.Errorf("%v", err)
			}
			close(goOn)
			if err := <-done; err == nil {
				t.Error("the scan went on to its end")
			}
			if r.IsOf([]string{dir}, scan.Options{Recursive: true}) {
				t.Error("it can still be gone through")
			}
		})
	}
}

// TestARecordIsOfItsOwnRootsAndOptions alone.
func TestARecordIsOfItsOwnRootsAndOptions(t *testing.T) {
	r := scan.NewRecord([]string{"a", "b"}, scan.Options{Recursive: true, Exclude: []string{"x"}})
	for _, c := range []struct {
		roots []string
		o     scan.Options
		is    bool
	}{
		{[]string{"a", "b"}, scan.Options{Recursive: true, Exclude: []string{"x"}}, true},
		{[]string{"b", "a"}, scan.Options{Recursive: true, Exclude: []string{"x"}}, false},
		{[]string{"a", "b"}, scan.Options{Recursive: true}, false},
		{[]string{"a", "b"}, scan.Options{Exclude: []string{"x"}}, false},
	} {
		if r.IsOf(c.roots, c.o) != c.is {
			t.Errorf("%v %+v", c.roots, c.o)
		}
	}
}
