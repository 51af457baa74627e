package uploader_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// TestWhatChangedAfterItWasSentIsNamed: it counts as delivered, and the inbox has it as it was.
func TestWhatChangedAfterItWasSentIsNamed(t *testing.T) {
	later := func(path string) error {
		when := time.Now().Add(time.Minute)
		return os.Chtimes(path, when, when)
	}
	for name, c := range map[string]struct {
		change  func(path string) error
		changed int
	}{
		"unchanged": {func(string) error { return nil }, 0},
		"touched":   {later, 0},
		"gone":      {os.Remove, 0},
		"grown": {func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString("more")
				err = errors.Join(err, f.Close())
			}
			return err
		}, 1},
		"rewritten": {func(path string) error {
			info, err := os.Stat(path)
			if err == nil {
				err = errors.Join(os.WriteFile(path, edition(7, int(info.Size())), 0o600),
					later(path))
			}
			return err
		}, 1},
		"rewritten, with the time put back": {func(path string) error {
			info, err := os.Stat(path)
			if err == nil {
				err = errors.Join(overwrite(path, edition(7, int(info.Size()))),
					os.Chtimes(path, info.ModTime(), info.ModTime()))
			}
			return err
		}, 1},
	} {
		for _, size := range []int{100, 3 * block} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, "w", uploader.Config{Steady: steady})
					path := b.fresh("tree/young", size)
					b.fresh("tree/young too", size)
					b.file("tree/old", size)
					b.file("tree/old and large", 3*size)
					b.add(ledger.AddOptions{}, filepath.Dir(path))
					if err := b.wait(); err != nil {
						t.Fatal(err)
					}
					if err := c.change(path); err != nil {
						t.Fatal(err)
					}
					id := b.queue.Status().Transfers[0].ID
					y, err := b.queue.LookAtYoung(t.Context(), id)
					if err != nil || y.Lately != 2 || len(y.Named) != 2 {
						t.Errorf("%d modified lately, named: %v, %v", y.Lately, y.Named, err)
					}
					if len(y.Changed) != c.changed || c.changed > 0 && y.Changed[0].Source != path {
						t.Errorf("%d bytes: changed: %v", size, y.Changed)
					}
					if y, err := b.queue.LookAtYoung(t.Context(), id+1); err != nil ||
						y.Lately+int64(len(y.Changed)) != 0 {
						t.Errorf("of another transfer: %+v, %v", y, err)
					}
					b.close()
				})
			})
		}
	}
}
