//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// watchVariable makes TestASequencerIsWatched longer: "ci" and "soak".
const watchVariable = "UPLOADER_WATCH"

// watching is a process that watches.
type watching struct {
	*exec.Cmd
	mu   sync.Mutex
	text bytes.Buffer
}

// watch starts one over a folder.
func (l *lab) watch(t *testing.T, folder string, args ...string) *watching {
	t.Helper()
	w := &watching{Cmd: l.command(append([]string{
		"watch", folder, "--token-file", l.tokenFile, "--state-dir", l.state,
	}, args...)...)}
	w.Stderr = w
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.Process.Kill()
		_ = w.Wait()
		if t.Failed() {
			t.Log(w.said())
		}
	})
	return w
}

// Write takes what it says.
func (w *watching) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *watching) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// waits until a condition holds.
func (w *watching) waits(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s; it says:\n%s", what, w.said())
		}
	}
}

// end ends it in order.
func (w *watching) end(t *testing.T) {
	t.Helper()
	w.waits(t, "it listens to signals", func() bool { return strings.Contains(w.said(), "Watching") })
	if err := w.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := w.Wait(); err != nil {
		t.Errorf("it ends with %v: %s", err, w.said())
	}
}

func (l *lab) arrived(name string) bool {
	for _, b := range l.server.Blobs(labContainer) {
		if b.Name == name {
			return true
		}
	}
	return false
}

// TestWhatIsCompleteIsSent: a file that grows waits, what was delivered is not sent again, and what
// changes afterwards is named once.
func TestWhatIsCompleteIsSent(t *testing.T) {
	l := newLab(t, "w")
	dir := filepath.Join(t.TempDir(), "run")
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("there.txt", "there")
	w := l.watch(t, dir, "--settle", "1s")
	w.waits(t, "what was there is sent", func() bool { return l.arrived("run/there.txt") })
	growing := time.Now().Add(3 * time.Second)
	for n := 1; time.Now().Before(growing); n++ {
		write("deep/er/grows.txt", strings.Repeat("x", n))
		if l.arrived("run/deep/er/grows.txt") {
			t.Fatal("a file that grows is sent")
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.waits(t, "what grew is sent", func() bool { return l.arrived("run/deep/er/grows.txt") })
	write("there.txt", "changed")
	w.waits(t, "the change is named", func() bool {
		return strings.Contains(w.said(), "there.txt: The file has changed since you sent it")
	})
	w.waits(t, "it says what it delivered", func() bool {
		return strings.Contains(w.said(), "Delivered 2 files since the start")
	})
	w.end(t)
	before := len(l.server.Requests())
	again := l.watch(t, dir, "--settle", "300ms")
	write("new.txt", "new")
	again.waits(t, "what is new is sent", func() bool { return l.arrived("run/new.txt") })
	again.end(t)
	for _, r := range l.server.Requests()[before:] {
		if r.Kind == blobserver.PutBlob && r.Status == 201 && r.Blob != "run/new.txt" {
			t.Errorf("%s is sent again", r.Blob)
		}
	}
	if strings.Contains(w.said()+again.said(), canaryOf(l.token)) {
		t.Error("the signature was printed")
	}
}

// TestAFolderIsCompleteByItsSign: with --when-done nothing of a folder is sent before the file of
// that name is in it, however long it rests.
func TestAFolderIsCompleteByItsSign(t *testing.T) {
	l := newLab(t, "w")
	dir := filepath.Join(t.TempDir(), "out")
	for _, name := range []string{"run1/a", "run1/sub/b", "run2/c"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w := l.watch(t, dir, "--settle", "100ms", "--when-done", "RTA*.txt")
	time.Sleep(2 * time.Second)
	if n := len(l.server.Blobs(labContainer)); n > 0 {
		t.Fatalf("%d files are sent before their folder is complete", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "run1", "RTAComplete.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	w.waits(t, "the folder is sent", func() bool { return len(l.server.Blobs(labContainer)) == 3 })
	if l.arrived("out/run2/c") {
		t.Error("another folder is sent, too")
	}
	w.end(t)
}

// TestASequencerIsWatched writes run folders while the program is killed again and again and the
// token changes once, for the workspace's next inbox: every file is delivered once, none half-written.
func TestASequencerIsWatched(t *testing.T) {
	folders, files, kills := 4, 10, 2
	switch os.Getenv(watchVariable) {
	case "ci":
		folders, files, kills = 20, 50, 5
	case "soak":
		folders, files, kills = 200, 50, 50
	}
	l := newLab(t, "w")
	next := "lab-2"
	if err := l.server.CreateContainer(next); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "instrument")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- sequence(dir, folders, files) }()
	w := l.watch(t, dir, "--settle", "300ms")
	done := false
	for n := range kills {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		case <-time.After(time.Duration(300+rand.IntN(1000)) * time.Millisecond):
		}
		// Not at the moment of a kill: what was under way then may stand in the old inbox, unknown.
		if n == kills/2 {
			l.renew(t, next, "w")
			w.waits(t, "the new token is used", func() bool {
				return strings.Contains(w.said(), "Using a new token,")
			})
		}
		_ = w.Process.Kill()
		_ = w.Wait()
		w = l.watch(t, dir, "--settle", "300ms")
	}
	if !done {
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	all := func() int {
		return len(l.server.Blobs(labContainer)) + len(l.server.Blobs(next))
	}
	w.waits(t, "all has arrived", func() bool { return all() >= folders*files })
	w.end(t)
	if n := all(); n != folders*files {
		t.Errorf("%d blobs of %d files", n, folders*files)
	}
	for _, container := range []string{labContainer, next} {
		for _, b := range l.server.Blobs(container) {
			f, err := l.server.Open(container, b.Name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(f)
			_ = f.Close()
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(filepath.Dir(dir), filepath.FromSlash(b.Name)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s differs, error %v", b.Name, err)
			}
		}
	}
}

// sequence writes run folders as an instrument does: each file in several steps.
func sequence(dir string, folders, files int) error {
	source := rand.NewChaCha8([32]byte{7})
	for i := range folders {
		run := filepath.Join(dir, fmt.Sprintf("run_%03d", i))
		if err := os.Mkdir(run, 0o755); err != nil {
			return err
		}
		for j := range files {
			f, err := os.Create(filepath.Join(run, fmt.Sprintf("s_%03d.bcl", j)))
			if err != nil {
				return err
			}
			for range 4 {
				if _, err := io.CopyN(f, source, 5000); err != nil {
					return err
				}
				time.Sleep(time.Millisecond)
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
	return nil
}
