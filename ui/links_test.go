package ui

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"
)

// TestLinksAreFollowedAsTheSettingsSay: not at all, within what is sent, or wherever they lead; the
// review counts those that lead outside.
func TestLinksAreFollowedAsTheSettingsSay(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.tap("Paste token")
	d.tap("Use this token")
	dir, outside := folder(t, "a.txt"), folder(t, "b.txt")
	for link, target := range map[string]string{"in": "a.txt", "out": filepath.Join(outside,
		"b.txt")} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skipf("this system makes no links: %v", err)
		}
	}
	for _, c := range []struct{ rule, files, fold, says string }{
		{
			"No", "Send 1 file", "2 skipped (links, special or excluded files)",
			"It is a link, and links are not followed unless asked for.",
		},
		{
			"Only within what you send", "Send 2 files",
			"1 skipped (links, special or excluded files)",
			"It is a link that leads outside the folders you named.",
		},
		{
			"Wherever they lead", "Send 3 files", "",
			"1 link leads outside the folders you named, and is followed",
		},
	} {
		d.options.open()
		d.walk(func(o fyne.CanvasObject) {
			if s, ok := o.(*sheetSelect); ok && slices.Contains(s.Options, c.rule) {
				s.SetSelected(c.rule)
			}
		})
		d.top.close()
		d.drop(dir)
		d.until("the review has counted", func() bool { return d.says(c.files) })
		if c.fold != "" {
			d.tap(c.fold)
		}
		d.mustSay(c.says)
		if c.fold == "" {
			d.tap(c.files)
			break
		}
		d.top.close()
	}
	d.until("all is delivered", func() bool { return d.says("All 3 files are in the inbox") })
	want := map[string]string{
		"run_017/a.txt": "a.txt", "run_017/in": "a.txt",
		"run_017/out": "b.txt",
	}
	if diff := cmp.Diff(want, inbox.blobs()); diff != "" {
		t.Errorf("the inbox (-want +got):\n%s", diff)
	}
}
