package scan_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// TestARefusedFileHasItsSize though it has no name in the inbox.
func TestARefusedFileHasItsSize(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "won/a")
	if err := os.WriteFile(filepath.Join(dir, "won", "..."), make([]byte, 1234), 0o600); err != nil {
		t.Skipf("this system has no such name: %v", err)
	}
	found, _ := find(t, scan.Options{Recursive: true}, filepath.Join(dir, "won"))
	for _, f := range found {
		if f.Err != nil && errors.Is(f.Err, problem.ErrName) && f.Size == 1234 && f.Blob.Blob == "" {
			return
		}
	}
	t.Errorf("found %+v", found)
}
