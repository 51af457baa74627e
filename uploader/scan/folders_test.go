package scan_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// TestFoldersInWhichNothingIsSent are taken where that is asked for, and no others.
func TestFoldersInWhichNothingIsSent(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "d/a.csv", "d/empty/", "d/deep/er/", "d/junk/.DS_Store", "d/tmp/x.tmp",
		"d/out./", "other/d/empty/", "list.txt")
	list := filepath.Join(dir, "list.txt")
	uploadertest.WriteFile(t, list, "deep/er\na.csv\n")
	inbox := token.Inbox{Prefix: "in"}
	for name, c := range map[string]struct {
		o     scan.Options
		roots string
		want  string // folders, by their names in the inbox
		empty int64  // told of as left out
	}{
		"all":      {scan.Options{EmptyFolders: true}, "d", "in/d/deep/er in/d/empty in/d/junk in/d/out", 0},
		"not":      {scan.Options{}, "d", "", 3},
		"excluded": {scan.Options{EmptyFolders: true, Exclude: []string{"*.tmp", "deep/"}}, "d", "in/d/empty in/d/junk in/d/out in/d/tmp", 0},
		"included": {scan.Options{EmptyFolders: true, Include: []string{"*.csv"}}, "d", "", 3},
		"matched":  {scan.Options{EmptyFolders: true, Include: []string{"deep"}}, "d", "in/d/deep/er", 2},
		"listed":   {scan.Options{EmptyFolders: true, FilesFrom: list}, "d", "in/d/deep/er", 0},
		"itself":   {scan.Options{EmptyFolders: true}, "d/empty", "in/empty", 0},
		"contents": {scan.Options{EmptyFolders: true, Contents: true}, "d/empty", "", 1},
		"twice":    {scan.Options{EmptyFolders: true}, "d other/d", "in/d/deep/er in/d/empty in/d/junk in/d/out", 1},
		"a shard":  {scan.Options{EmptyFolders: true, Shard: scan.Shard{Number: 1, Of: 1}}, "d/empty", "in/empty", 0},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Recursive, c.o.Inbox = true, inbox
			var roots, got []string
			for _, r := range strings.Fields(c.roots) {
				roots = append(roots, filepath.Join(dir, r))
			}
			totals, err := scan.Files(t.Context(), roots, c.o, func(found []scan.Found) error {
				for i := range found {
					f := &found[i]
					if f.IsFolder() {
						got = append(got, f.Blob.Blob)
						if f.Size != 0 || !f.At.IsFolder() {
							t.Errorf("%s has %d bytes and lies at %v", f.Rel, f.Size, f.At)
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("folders %q, want %q", text, c.want)
			}
			if n := totals.Skipped[scan.SkipEmptyFolder]; n != c.empty {
				t.Errorf("%d are told of as left out, want %d", n, c.empty)
			}
		})
	}
}
