//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// lists are the lists of checksums in the inbox.
func (l *lab) lists(t *testing.T) (texts []string) {
	t.Helper()
	named := regexp.MustCompile(`^SHA256SUMS-\d{8}T\d{6}Z( \(\d+\))?$`)
	dir := filepath.Join(l.dir, "inbox", labContainer)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if named.MatchString(e.Name()) {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}
	return texts
}

// TestAWatchSendsListsOfWhatItDelivered: one whenever nothing is left to send, of what was delivered
// since, also where the watch is killed before it could.
func TestAWatchSendsListsOfWhatItDelivered(t *testing.T) {
	l := newLab(t, "w")
	dir := filepath.Join(t.TempDir(), "run")
	write := func(name string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.txt")
	write("deep/b.txt")
	args := []string{"--settle", "300ms", "--manifest", "sha256"}
	w := l.watch(t, dir, args...)
	w.waits(t, "a list says what was delivered", func() bool {
		lists := l.lists(t)
		return len(lists) == 1 && strings.Contains(lists[0], "  run/a.txt\n") &&
			strings.Contains(lists[0], "  run/deep/b.txt\n")
	})
	w.waits(t, "it says so", func() bool { return strings.Contains(w.said(), "Z” is in the inbox too.") })
	time.Sleep(1100 * time.Millisecond) // the next list has another name
	write("c.txt")
	w.waits(t, "the next list has what is new", func() bool {
		lists := l.lists(t)
		return len(lists) == 2 && slices.ContainsFunc(lists, func(text string) bool {
			return strings.HasSuffix(text, "  run/c.txt\n") && strings.Count(text, "\n") == 1
		})
	})
	w.waits(t, "it knows that it is there", func() bool {
		return strings.Count(w.said(), "is in the inbox too") == 2
	})
	w.end(t)
	if strings.Contains(w.said(), "Delivered 4") {
		t.Errorf("a list counts as a file: %s", w.said())
	}

	// The folder for lists can't be written to: what was delivered meanwhile is listed later.
	lists := filepath.Join(l.state, documentsName)
	if err := os.Rename(lists, lists+".aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lists, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w = l.watch(t, dir, args...)
	write("d.txt")
	w.waits(t, "it says that the list could not be written", func() bool {
		return strings.Contains(w.said(), "could not be written on this computer")
	})
	w.end(t)
	if err := os.Remove(lists); err != nil {
		t.Fatal(err)
	}
	w = l.watch(t, dir, args...)
	w.waits(t, "the next start lists it", func() bool {
		return slices.ContainsFunc(l.lists(t), func(text string) bool {
			return strings.HasSuffix(text, "  run/d.txt\n")
		})
	})
	w.end(t)
	if n := len(l.lists(t)); n != 3 {
		t.Errorf("%d lists", n)
	}
}
