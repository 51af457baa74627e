package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const settle = 200 * time.Millisecond

// yard is a folder that is watched.
type yard struct {
	*Watcher
	t   *testing.T
	dir string
}

func newYard(t *testing.T, change func(*Options), roots ...string) *yard {
	t.Helper()
	y := &yard{t: t, dir: t.TempDir()}
	o := Options{Settle: settle, Dir: t.TempDir()}
	o.Scan.Recursive = true
	if change != nil {
		change(&o)
	}
	if roots == nil {
		roots = []string{"."}
	}
	for i := range roots {
		roots[i] = filepath.Join(y.dir, roots[i])
	}
	w, err := New(roots, o)
	if err != nil {
		t.Fatal(err)
	}
	y.Watcher = w
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return y
}

func (y *yard) write(name, text string) {
	y.t.Helper()
	path := filepath.Join(y.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		y.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		y.t.Fatal(err)
	}
}

// next returns what Next names within a time, with slashes; nil where that is nothing.
func (y *yard) next(within time.Duration) (all []string) {
	y.t.Helper()
	ctx, cancel := context.WithTimeout(y.t.Context(), within)
	defer cancel()
	batches, err := y.Next(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if err != nil {
		y.t.Fatal(err)
	}
	for _, b := range batches {
		for _, f := range b.Files {
			rel, err := filepath.Rel(y.dir, filepath.Join(b.Root, filepath.FromSlash(f)))
			if err != nil {
				y.t.Fatal(err)
			}
			all = append(all, filepath.ToSlash(rel))
		}
	}
	slices.Sort(all)
	return all
}

func (y *yard) wants(want ...string) {
	y.t.Helper()
	var got []string
	for len(got) < len(want) {
		more := y.next(20 * time.Second)
		if more == nil {
			break
		}
		got = append(got, more...)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		y.t.Errorf("named are %q, want %q", got, want)
	}
}

// alone makes a watcher that is told of no changes.
func (y *yard) alone() {
	y.notice = &notice{alone: errors.New("for this test"), end: make(chan struct{})}
}

func TestFilesAreNamedOnceTheyRest(t *testing.T) {
	for name, alone := range map[string]bool{"told of changes": false, "looking again": true} {
		t.Run(name, func(t *testing.T) {
			y := newYard(t, nil)
			if alone {
				y.alone()
			}
			y.write("a", "a")
			y.write("b/c", "c")
			begun := time.Now()
			y.wants("a", "b/c")
			if took := time.Since(begun); took < settle {
				t.Errorf("named after %v", took)
			}
			y.write("b/d/e", "e")
			y.write("b/d/f", "f")
			y.wants("b/d/e", "b/d/f")
			y.write("a", "changed")
			y.wants("a")
			if got := y.next(2 * time.Second); got != nil {
				t.Errorf("named again: %q", got)
			}
		})
	}
}

func TestWhatGrowsWaits(t *testing.T) {
	y := newYard(t, nil)
	stop, grown := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(grown)
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(settle / 4):
				_ = os.WriteFile(filepath.Join(y.dir, "grows"), []byte(strings.Repeat("x", n)), 0o644)
			}
		}
	}()
	if got := y.next(5 * settle); got != nil {
		t.Errorf("named while it grows: %q", got)
	}
	close(stop)
	<-grown
	y.wants("grows")
}

func TestAFolderIsCompleteByTheSignInIt(t *testing.T) {
	y := newYard(t, func(o *Options) { o.WhenDone = "*.done" })
	y.write("run1/a", "a")
	y.write("run1/deep/b", "b")
	y.write("run2/c", "c")
	if got := y.next(4 * settle); got != nil {
		t.Errorf("named before its sign: %q", got)
	}
	y.write("run1/x.done", "")
	y.wants("run1/a", "run1/deep/b", "run1/x.done")
	y.write("run1/late", "late")
	y.wants("run1/late")
	if got := y.next(4 * settle); got != nil {
		t.Errorf("named before its sign: %q", got)
	}
}

func TestWhatTheOptionsLeaveOutIsNotNamed(t *testing.T) {
	y := newYard(t, func(o *Options) { o.Scan.Exclude = []string{"*.tmp"} })
	y.write("a.tmp", "a")
	y.write("Thumbs.db", "b")
	y.write("c", "c")
	y.wants("c")
	y.write("d.tmp", "d")
	if got := y.next(4 * settle); got != nil {
		t.Errorf("named: %q", got)
	}
}

func TestWhatIsKnownIsNotNamed(t *testing.T) {
	y := newYard(t, func(o *Options) {
		o.Known = func(context.Context) (Known, error) {
			return func(_ context.Context, f *scan.Found) (bool, error) {
				return filepath.Base(f.Source) == "known", nil
			}, nil
		}
	})
	y.write("known", "1")
	y.write("new", "1")
	y.wants("new")
}

// TestARootThatIsGoneIsToldOfAndComesBack, as an unplugged disk does.
func TestARootThatIsGoneIsToldOfAndComesBack(t *testing.T) {
	var told []string
	y := newYard(t, func(o *Options) {
		o.Refused = func(f *scan.Found) {
			if e := f.Err; e.Reason == problem.SourceMissing {
				told = append(told, filepath.Base(f.Source))
			}
		}
	}, "here", "away")
	y.write("here/a", "a")
	y.wants("here/a")
	y.write("away/b", "b")
	y.wants("away/b")
	if !slices.Equal(told, []string{"away"}) {
		t.Errorf("told of %q", told)
	}
}

// TestWhatIsGoneAgainIsNotWaitedFor: no memory is kept of it.
func TestWhatIsGoneAgainIsNotWaitedFor(t *testing.T) {
	y := newYard(t, nil)
	y.write("a", "a")
	if got := y.next(settle / 2); got != nil {
		t.Fatalf("named: %q", got)
	}
	if err := os.Remove(filepath.Join(y.dir, "a")); err != nil {
		t.Fatal(err)
	}
	if got := y.next(4 * settle); got != nil || len(y.waiting) > 0 {
		t.Errorf("named: %q, %d are waited for", got, len(y.waiting))
	}
}

func TestAPatternThatCanNotBeReadIsRefused(t *testing.T) {
	if _, err := New(nil, Options{WhenDone: "[", Dir: t.TempDir()}); err == nil {
		t.Error("no error")
	}
}
