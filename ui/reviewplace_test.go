package ui

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// placeIn chooses a folder of the inbox in a review.
func (d *desk) placeIn(name string, contents bool) {
	d.t.Helper()
	d.tap("Folder in the inbox…")
	e, ok := d.window.Canvas().Focused().(*sheetEntry)
	if !ok {
		d.t.Fatal("the keyboard is not with the folder's name")
	}
	e.SetText(name)
	if contents {
		d.check("Leave out the names of the folders")
	}
	d.tap("Use this folder")
}

// TestAReviewPutsFilesIntoAFolderOfTheInbox: what is counted by root stays counted, and the names
// are those that are sent.
func TestAReviewPutsFilesIntoAFolderOfTheInbox(t *testing.T) {
	for name, c := range map[string]struct {
		folder   string
		contents bool
		want     []string
	}{
		"a folder": {
			`/project/run 7/`, false,
			[]string{"project/run 7/one.txt", "project/run 7/run_017/a.txt", "project/run 7/run_017/b/c.txt"},
		},
		"and without own names": {
			"project", true,
			[]string{"project/a.txt", "project/b/c.txt", "project/one.txt"},
		},
		"contents alone": {"", true, []string{"a.txt", "b/c.txt", "one.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			inbox := startInbox(t, nil)
			d := openDesk(t, Config{})
			d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
			d.intake.pasted()
			d.tap("Use this token")
			d.drop(folder(t, "a.txt", "b/c.txt"), filepath.Join(folder(t, "one.txt"), "one.txt"))
			d.until("the review has counted", func() bool { return d.says("Send 3 files") })
			d.placeIn(c.folder, c.contents)
			d.until("the review has counted again", func() bool { return d.says("Send 3 files") })
			if c.folder == "project" {
				d.mustSay("· project")
			}
			d.mustSay("2 files · ") // below the folder
			d.fitsIn(d.window.Canvas().Size())
			d.tap("Send 3 files")
			d.until("all is delivered", func() bool { return d.says("All 3 files are in the inbox") })
			got := slices.Sorted(maps.Keys(inbox.blobs()))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the inbox (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhatCanBeNoFolderOfTheInboxIsRefused where it is typed, and the review stays.
func TestWhatCanBeNoFolderOfTheInboxIsRefused(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	d.drop(folder(t, "a.txt"))
	d.until("the review has counted", func() bool { return d.says("Send 1 file") })
	d.placeIn("../elsewhere", false)
	d.mustSay("“../elsewhere” can't be a folder in this inbox.")
	d.fitsIn(d.window.Canvas().Size())
	d.tap("Cancel")
	d.mustSay("Send 1 file")
	if d.says("elsewhere") || d.events.named("review cancelled") != nil {
		t.Error("the review is another one, or is gone")
	}
}
