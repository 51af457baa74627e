//go:build unix

package main

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// moveYard is a folder that is watched, and one beside it that delivered files are moved to.
type moveYard struct {
	t         *testing.T
	dir, sent string
}

func newMoveYard(t *testing.T) *moveYard {
	t.Helper()
	base := t.TempDir()
	y := &moveYard{t, filepath.Join(base, "run"), filepath.Join(base, "sent")}
	for _, dir := range []string{y.dir, y.sent} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return y
}

func (y *moveYard) write(path, text string) {
	y.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		y.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		y.t.Fatal(err)
	}
}

// has reports whether a file has this content.
func (y *moveYard) has(path, text string) bool {
	got, err := os.ReadFile(path)
	return err == nil && string(got) == text
}

func (y *moveYard) isGone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// args are those of a watch that moves.
func (y *moveYard) args() []string {
	return []string{"--settle", "300ms", "--after-delivery", "move:" + y.sent}
}

// TestWhatWasDeliveredIsMoved to the same place below the folder, and is missed by nobody; what can't
// be is named once and stays, and nothing in the folder is replaced.
func TestWhatWasDeliveredIsMoved(t *testing.T) {
	l, y := newLab(t, "w"), newMoveYard(t)
	at, to := filepath.Join(y.dir, "deep", "a"), filepath.Join(y.sent, "run", "deep", "a")
	y.write(at, "a")
	w := l.watch(t, y.dir, y.args()...)
	w.waits(t, "it is moved", func() bool { return y.has(to, "a") && y.isGone(at) })
	if !l.arrived("run/deep/a") {
		t.Error("moved before it was delivered")
	}
	w.waits(t, "it says so", func() bool { return strings.Contains(w.said(), "Moved 1 file to ") })
	b := filepath.Join(y.dir, "deep", "b")
	y.write(filepath.Join(y.sent, "run", "deep", "b"), "theirs")
	y.write(b, "b")
	w.waits(t, "what can't be moved is named", func() bool {
		return strings.Contains(w.said(), "b: Delivered, but not moved: a file of that name")
	})
	c := filepath.Join(y.dir, "deep", "c")
	y.write(c, "c") // in a folder that is watched on
	w.waits(t, "it goes on", func() bool { return y.isGone(c) })
	w.end(t)
	if !y.has(b, "b") || !y.has(filepath.Join(y.sent, "run", "deep", "b"), "theirs") {
		t.Error("something is replaced, or gone")
	}
	if n := strings.Count(w.said(), "not moved"); n != 1 {
		t.Errorf("named %d times", n)
	}
	for _, words := range []string{"missing", "gone", "not there"} {
		if strings.Contains(w.said(), words) {
			t.Errorf("it misses what it moved: %s", w.said())
		}
	}
	// What stands in the way is away: the next start tries again.
	if err := os.Rename(filepath.Join(y.sent, "run", "deep", "b"), filepath.Join(y.sent, "b")); err != nil {
		t.Fatal(err)
	}
	w = l.watch(t, y.dir, y.args()...)
	w.waits(t, "it is moved after a start", func() bool { return y.isGone(b) })
	w.end(t)
}

// TestOnlyWhatIsUnchangedIsMoved, which the next start does with what an earlier one delivered.
func TestOnlyWhatIsUnchangedIsMoved(t *testing.T) {
	l, y := newLab(t, "w"), newMoveYard(t)
	path := func(name string) string { return filepath.Join(y.dir, name) }
	for _, name := range []string{"same", "changed", "touched"} {
		y.write(path(name), name)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	y.write(outside, "outside")
	if err := os.Symlink(outside, path("link")); err != nil {
		t.Fatal(err)
	}
	w := l.watch(t, y.dir, "--settle", "100ms", "--follow-symlinks")
	w.waits(t, "all is delivered", func() bool {
		return strings.Contains(w.said(), "Delivered 4 files since the start")
	})
	w.end(t)
	y.write(path("changed"), "anew")
	if err := os.Chmod(path("touched"), 0o600); err != nil {
		t.Fatal(err)
	}
	w = l.watch(t, y.dir, append(y.args(), "--follow-symlinks")...)
	w.waits(t, "what is unchanged is moved", func() bool {
		return y.has(filepath.Join(y.sent, "run", "same"), "same") && y.isGone(path("same")) &&
			y.isGone(path("touched"))
	})
	w.waits(t, "the rest is named", func() bool {
		return strings.Contains(w.said(), "changed: The file has changed since you sent it") &&
			strings.Contains(w.said(), "link: Delivered, but not moved: a link leads to it")
	})
	w.end(t)
	if !y.has(path("changed"), "anew") || !y.has(path("link"), "outside") || !y.has(outside, "outside") {
		t.Error("something is moved that has changed, or that lies elsewhere")
	}
}

// TestTheFolderToMoveToMayBeAway: files stay until it is back.
func TestTheFolderToMoveToMayBeAway(t *testing.T) {
	l, y := newLab(t, "w"), newMoveYard(t)
	w := l.watch(t, y.dir, y.args()...)
	w.waits(t, "it watches", func() bool { return strings.Contains(w.said(), "Watching") })
	aside := y.sent + "-away"
	if err := os.Rename(y.sent, aside); err != nil {
		t.Fatal(err)
	}
	a := filepath.Join(y.dir, "a")
	y.write(a, "a")
	w.waits(t, "it says that the folder is away", func() bool {
		return strings.Contains(w.said(), "Until it is back, delivered files stay where they are.")
	})
	if !y.has(a, "a") {
		t.Error("it is gone")
	}
	if err := os.Rename(aside, y.sent); err != nil {
		t.Fatal(err)
	}
	w.waits(t, "it is moved", func() bool { return y.isGone(a) })
	w.end(t)
}

// TestAWatchThatMovesIsKilled again and again: every file is delivered once and then moved, and none
// is missed.
func TestAWatchThatMovesIsKilled(t *testing.T) {
	const folders, files, kills = 4, 25, 4
	l, y := newLab(t, "w"), newMoveYard(t)
	written := make(chan error, 1)
	go func() { written <- sequence(y.dir, folders, files) }()
	w := l.watch(t, y.dir, y.args()...)
	var all strings.Builder
	for range kills {
		time.Sleep(time.Duration(400+rand.IntN(800)) * time.Millisecond)
		_ = w.Process.Kill()
		_ = w.Wait()
		all.WriteString(w.said())
		w = l.watch(t, y.dir, y.args()...)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	count := func(dir string) (n int) {
		_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				n++
			}
			return nil
		})
		return n
	}
	w.waits(t, "all is moved", func() bool { return count(y.sent) == folders*files })
	w.end(t)
	if n := len(l.server.Blobs(labContainer)); n != folders*files || count(y.dir) != 0 {
		t.Errorf("%d blobs of %d files, %d are left", n, folders*files, count(y.dir))
	}
	all.WriteString(w.said())
	if strings.Contains(all.String(), "missing") || strings.Contains(all.String(), "not moved") {
		t.Errorf("it misses what it moved, or moves what was not delivered: %s", all.String())
	}
	for _, b := range l.server.Blobs(labContainer) {
		fi, err := os.Stat(filepath.Join(y.sent, filepath.FromSlash(b.Name)))
		if err != nil || fi.Size() != b.Size {
			t.Errorf("%s is another: %v", b.Name, err)
		}
	}
}

// TestAFolderOnAnotherDiskIsRefused: there a file could only be copied and deleted.
func TestAFolderOnAnotherDiskIsRefused(t *testing.T) {
	var here, other unix.Stat_t
	dir := t.TempDir()
	if unix.Stat(dir, &here) != nil || unix.Stat("/dev/shm", &other) != nil || here.Dev == other.Dev {
		t.Skip("there is no other disk here")
	}
	f := afterFlag{folder: "/dev/shm"}
	_, err := f.check([]string{dir})
	if err == nil || !strings.Contains(err.Error(), "is on a different disk") {
		t.Errorf("it is %v", err)
	}
}
