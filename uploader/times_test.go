package uploader_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
)

// TestTimesAreKeptWhereThatIsAskedFor, of files that go in one request and of those in blocks.
func TestTimesAreKeptWhereThatIsAskedFor(t *testing.T) {
	for _, keep := range []bool{true, false} {
		b := newBench(t, "w", uploader.Config{})
		modified := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
		for name, size := range map[string]int{"d/small": 10, "d/large": 5 * plan.MinBlockSize} {
			if err := os.Chtimes(b.file(name, size), modified, modified); err != nil {
				t.Fatal(err)
			}
		}
		b.add(ledger.AddOptions{KeepTimes: keep}, filepath.Join(b.dir, "d"))
		b.delivered(filepath.Join(b.dir, "d"))
		for _, name := range []string{"d/small", "d/large"} {
			p, ok := b.store.Properties(name)
			if !ok || p.ModTime.Equal(modified) != keep || p.ModTime.IsZero() == keep {
				t.Errorf("keep %v: %s has %+v", keep, name, p)
			}
		}
	}
}
