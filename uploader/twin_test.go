package uploader_test

import (
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// TestKeepBothTwiceMakesNoSecondCopy of what is unchanged, small or large, by an earlier run, an
// earlier upload or one at the same time; what changed arrives beside it.
func TestKeepBothTwiceMakesNoSecondCopy(t *testing.T) {
	for _, when := range []string{"at once", "one after the other", "another run"} {
		t.Run(when, func(t *testing.T) {
			journal := ledger.NewMemoryJournal()
			b := newBench(t, "w", uploader.Config{Journal: journal})
			small := b.file("tree/small", 1000)
			b.file("tree/large", 4*block)
			root := filepath.Dir(small)
			b.there("tree/small") // somebody else's, so that ours arrives as "small (2)"
			keep := ledger.AddOptions{KeepBoth: true}
			b.add(keep, root)
			if when != "at once" {
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
			}
			if when == "another run" {
				b.restart(journal, uploader.Config{})
			}
			b.add(keep, root)
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			if names := b.store.Names(); len(names) != 3 {
				t.Errorf("the inbox has %q", names)
			}
			if s := b.queue.Status(); s.Files[ledger.Delivered] != 2 || s.FilesTotal() != 2 ||
				s.Unchanged != 2 {
				t.Errorf("%d unchanged, %v", s.Unchanged, s.Files)
			}
			if err := os.WriteFile(small, random(1, 1001), 0o600); err != nil {
				t.Fatal(err)
			}
			b.add(keep, root)
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			if _, ok := b.store.Blob("tree/small (3)"); !ok || len(b.store.Names()) != 4 {
				t.Errorf("after a change the inbox has %q", b.store.Names())
			}
		})
	}
}
