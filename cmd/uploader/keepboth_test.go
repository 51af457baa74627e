package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestTwoProgramsThatKeepBothMakeOneCopy of each file: neither takes what the other delivers for
// somebody else's.
func TestTwoProgramsThatKeepBothMakeOneCopy(t *testing.T) {
	l := newLab(t, "w")
	tree := filepath.Join(t.TempDir(), "tree")
	if err := os.MkdirAll(tree, 0o700); err != nil {
		t.Fatal(err)
	}
	const files = 300
	for i := range files {
		if err := os.WriteFile(filepath.Join(tree, fmt.Sprint(i)), []byte(strings.Repeat(fmt.Sprint(i), 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			c := l.command("copy", tree, "--recursive", "--keep-both", "--token-file", l.tokenFile,
				"--state-dir", l.state)
			// What the other one delivered is unchanged.
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	both.Wait()
	l.compare(t, tree)
	if n := len(l.server.Blobs(labContainer)); n != files {
		t.Errorf("%d files are in the inbox, want %d", n, files)
	}
}
