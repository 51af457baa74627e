//go:build unix

package scan_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// TestAScanDoesNotWaitForEverForOpenFiles: where none is ever closed, each folder is named as
// unreadable, after two minutes in all.
func TestAScanDoesNotWaitForEverForOpenFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		uploadertest.Tree(t, dir, "a/x", "b/y")
		defer uploadertest.AllowNoOpenFile(t)()
		begun := time.Now()
		found, _ := find(t, scan.Options{Recursive: true}, filepath.Join(dir, "a"),
			filepath.Join(dir, "b"))
		if got := outcomes(found); len(got) != 2 || found[0].Err == nil ||
			found[0].Err.Reason != problem.SourceUnreadable {
			t.Errorf("found %v", got)
		}
		if took := time.Since(begun); took < time.Minute || took > 3*time.Minute {
			t.Errorf("waited %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := scan.Files(ctx, []string{dir}, scan.Options{Recursive: true},
			func([]scan.Found) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a scan that was cancelled: %v", err)
		}
	})
}
