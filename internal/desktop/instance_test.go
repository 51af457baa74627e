package desktop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestASecondStartHandsItsPathsToTheFirst(t *testing.T) {
	noSocket := t.TempDir()
	makeFolder(t, filepath.Join(noSocket, socketName, "in its place"))
	for name, dir := range map[string]string{
		"a folder of the usual kind": t.TempDir(),
		"a path that no socket's name takes": filepath.Join(t.TempDir(),
			strings.Repeat("deep", 30)),
		"a folder that takes no socket": noSocket,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			makeFolder(t, dir)
			taken := make(chan []string, 1)
			first, ok, err := Claim(dir, func(paths []string) { taken <- paths }, nil)
			if err != nil || !ok {
				t.Fatalf("the first claim: %v, %v", ok, err)
			}
			if _, ok, err := Claim(dir,
				func([]string) { t.Error("the second one was asked") }, nil); ok || err != nil {
				t.Fatalf("the second claim: %v, %v", ok, err)
			}
			want := []string{"/data/a b.txt", "/data/心拍数.csv"}
			if err := Hand(dir, want); err != nil {
				t.Fatal(err)
			}
			if got := <-taken; !slices.Equal(got, want) {
				t.Errorf("the first window got %q", got)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			again, ok, err := Claim(dir, func([]string) {}, nil)
			if err != nil || !ok {
				t.Fatalf("the claim after the first window's end: %v, %v", ok, err)
			}
			if err := again.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAWindowOpensWhereNoSocketCanBeMade(t *testing.T) {
	dir := t.TempDir()
	makeFolder(t, filepath.Join(dir, socketName, "in its place"))
	t.Setenv("TMPDIR", filepath.Join(dir, "none"))
	first, ok, err := Claim(dir, func([]string) { t.Error("it was asked") }, nil)
	if err != nil || !ok {
		t.Fatalf("the first claim: %v, %v", ok, err)
	}
	if _, ok, err := Claim(dir, func([]string) {}, nil); ok || err != nil {
		t.Fatalf("the second claim: %v, %v", ok, err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
}

// TestAProgramEndsThatIsAskedToQuit, as before its files are replaced, and only then does Quit
// return.
func TestAProgramEndsThatIsAskedToQuit(t *testing.T) {
	dir := t.TempDir()
	if err := Quit(dir); err != nil {
		t.Fatal("where no window was ever open:", err)
	}
	asked := make(chan struct{}, 8)
	first, ok, err := Claim(dir, func([]string) { t.Error("a window was to be shown") },
		func() { asked <- struct{}{} })
	if err != nil || !ok {
		t.Fatalf("claim: %v, %v", ok, err)
	}
	var ended atomic.Bool
	done := make(chan error, 1)
	go func() {
		<-asked
		ended.Store(true)
		done <- first.Close()
	}()
	if err := Quit(dir); err != nil {
		t.Fatal(err)
	}
	if !ended.Load() {
		t.Error("Quit did not wait for the end")
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := Quit(dir); err != nil {
		t.Error("where no window is open any more:", err)
	}
}

func makeFolder(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestALinkInTheLocksPlaceLeadsNowhere(t *testing.T) {
	dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	if err := os.Symlink(victim, filepath.Join(dir, lockName)); err != nil {
		t.Skip("no links here: ", err)
	}
	if i, first, err := Claim(dir, func([]string) {}, nil); err == nil {
		t.Errorf("claimed: %v", first)
		_ = i.Close()
	}
	if _, err := os.Lstat(victim); err == nil {
		t.Error("a file was made where the link leads")
	}
}
