package scan_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// TestAPatternOnAShareKeepsItsPath: two backslashes at the beginning, as of \\server\share.
func TestAPatternOnAShareKeepsItsPath(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "a.csv", "b/c.csv")
	found, _ := find(t, scan.Options{}, `\\.\`+filepath.Join(dir, "*.csv"))
	if len(found) != 1 || found[0].Source != `\\.\`+filepath.Join(dir, "a.csv") {
		t.Errorf("found %+v", found)
	}
	if diff := cmp.Diff([]string{"a.csv → a.csv"}, outcomes(found)); diff != "" {
		t.Error(diff)
	}
}
