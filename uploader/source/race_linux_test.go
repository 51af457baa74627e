package source_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"inboxuploader/uploader/source"
)

// withEachWay runs a test with openat2 and without it.
func withEachWay(t *testing.T, test func(t *testing.T)) {
	t.Run("openat2", test)
	t.Run("part by part", func(t *testing.T) {
		source.DenyOpenat2(t)
		test(t)
	})
}

// TestAnExchangeWhileItIsOpenedIsNotFollowed: a folder, and then a file, changes places with a link
// to a secret all the time.
func TestAnExchangeWhileItIsOpenedIsNotFollowed(t *testing.T) { withEachWay(t, exchange) }

func exchange(t *testing.T) {
	for name, at := range map[string]func(source.Path) string{
		"file":   func(p source.Path) string { return p.String() },
		"folder": func(p source.Path) string { return filepath.Dir(p.String()) },
	} {
		t.Run(name, func(t *testing.T) {
			file := found(t)
			trap := t.TempDir()
			ok(t, os.WriteFile(filepath.Join(trap, "file"), []byte("secret"), 0o600))
			target := trap
			if name == "file" {
				target = filepath.Join(trap, "file")
			}
			place, link := at(file), filepath.Join(t.TempDir(), "link")
			ok(t, os.Symlink(target, link))
			var stop atomic.Bool
			done := make(chan error)
			go func() {
				var err error
				for n := 0; err == nil && (n%2 == 1 || !stop.Load()); n++ {
					err = unix.Renameat2(unix.AT_FDCWD, place, unix.AT_FDCWD, link,
						unix.RENAME_EXCHANGE)
				}
				done <- err
			}()
			mine := 0
			for range 2000 {
				f, _, err := file.Open()
				if err != nil {
					if !source.IsReplaced(err) {
						t.Errorf("%v", err)
						break
					}
					continue
				}
				var text [6]byte
				if n, _ := f.ReadAt(text[:], 0); string(text[:n]) != "mine" {
					t.Errorf("read %q", text[:n])
				}
				mine++
				_ = f.Close()
			}
			stop.Store(true)
			ok(t, <-done)
			t.Logf("%d of 2000 read", mine)
		})
	}
}
