package scan_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// TestFilesYoungerThanAskedForAreLeftForLater: by their modification time. Those from the far
// future have a wrong one.
func TestFilesYoungerThanAskedForAreLeftForLater(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{"new": 0, "young": 9 * time.Minute, "ahead": -time.Hour, "old": 11 * time.Minute, "far ahead": -90 * 24 * time.Hour} {
		uploadertest.Tree(t, dir, name)
		when := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, name), when, when); err != nil {
			t.Fatal(err)
		}
	}
	found, totals := find(t, scan.Options{Recursive: true, MinAge: 10 * time.Minute}, dir,
		filepath.Join(dir, "new"))
	for _, f := range found {
		left := f.Skip == scan.SkipTooYoung
		if old := filepath.Base(f.Source) == "old" ||
			filepath.Base(f.Source) == "far ahead"; left == old {
			t.Errorf("%s: left out: %v", f.Source, left)
		}
	}
	if totals.Files != 2 || totals.Skipped[scan.SkipTooYoung] != 4 {
		t.Errorf("%+v", totals)
	}
}
