package desktop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
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
			first, ok, err := Claim(dir, func(paths []string) { taken <- paths })
			if err != nil || !ok {
				t.Fatalf("the first claim: %v, %v", ok, err)
			}
			if _, ok, err := Claim(dir,
				func([]string) { t.Error("the second one was asked") }); ok || err != nil {
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
			again, ok, err := Claim(dir, func([]string) {})
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
	first, ok, err := Claim(dir, func([]string) { t.Error("it was asked") })
	if err != nil || !ok {
		t.Fatalf("the first claim: %v, %v", ok, err)
	}
	if _, ok, err := Claim(dir, func([]string) {}); ok || err != nil {
		t.Fatalf("the second claim: %v, %v", ok, err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
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
	if i, first, err := Claim(dir, func([]string) {}); err == nil {
		t.Errorf("claimed: %v", first)
		_ = i.Close()
	}
	if _, err := os.Lstat(victim); err == nil {
		t.Error("a file was made where the link leads")
	}
}
