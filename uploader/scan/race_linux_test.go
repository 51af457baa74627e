package scan_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// TestAScanThatRacesAnExchangeFollowsNoLink: a folder and a link, or a file and a link, change
// places all the time. What the link leads to is never found, and what is found is what is there.
func TestAScanThatRacesAnExchangeFollowsNoLink(t *testing.T) {
	for name, c := range map[string]struct {
		place, target string
		pattern       string
	}{
		"a folder":                      {"d/sub", "trap", "d"},
		"a folder on a pattern's way":   {"d/sub", "trap", "d/*/*"},
		"a file":                        {"d/sub/file", "trap/secret", "d"},
		"a file that a pattern matches": {"d/sub/file", "trap/secret", "d/sub/*"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			uploadertest.Tree(t, dir, "d/sub/file", "d/sub/a.", "trap/secret")
			uploadertest.Symlink(t, filepath.Join(dir, c.target), filepath.Join(dir, "link"))
			place, link := filepath.Join(dir, c.place), filepath.Join(dir, "link")
			var stop atomic.Bool
			done := make(chan error)
			go func() {
				var err error
				for err == nil && !stop.Load() {
					err = unix.Renameat2(unix.AT_FDCWD, place, unix.AT_FDCWD, link,
						unix.RENAME_EXCHANGE)
				}
				done <- err
			}()
			inode := func(path string) (st unix.Stat_t) {
				if err := unix.Stat(path, &st); err != nil {
					t.Fatal(err)
				}
				return st
			}
			secret := inode(filepath.Join(dir, "trap", "secret"))
			sent := 0
			for range 500 {
				found, _ := find(t, scan.Options{Recursive: true},
					filepath.Join(dir, filepath.FromSlash(c.pattern)))
				for _, f := range found {
					if f.Err == nil && f.Skip == "" {
						sent++
					}
					if filepath.Base(f.Source) == "secret" && f.Err == nil ||
						f.ID.Index == secret.Ino {
						t.Fatalf("%q is found: %s", f.Source, outcome(f))
					}
				}
			}
			stop.Store(true)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if sent == 0 {
				t.Error("nothing was found in 500 scans")
			}
		})
	}
}
