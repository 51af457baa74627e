//go:build unix

package source_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/uploader/source"
)

// leaving is a file that is to be moved.
type leaving struct {
	t    *testing.T
	file source.Path
	as   source.Version
	to   source.Path
}

func newLeaving(t *testing.T) *leaving {
	t.Helper()
	l := &leaving{t: t, file: found(t)}
	info, err := l.file.Stat()
	ok(t, err)
	l.as = source.VersionOf(info)
	dir := filepath.Join(filepath.Dir(l.file.Root), "sent")
	ok(t, os.Mkdir(dir, 0o755))
	l.to = source.Path{Root: dir}.Join(filepath.Join("root", "sub", "file"))
	return l
}

// stays fails the test unless the file is left alone for that reason.
func (l *leaving) stays(want error) {
	l.t.Helper()
	if err := l.file.Move(l.as, l.to); !errors.Is(err, want) {
		l.t.Errorf("moved: %v, want %v", err, want)
	}
	if _, err := os.Lstat(l.file.String()); err != nil {
		l.t.Errorf("it is gone: %v", err)
	}
}

// eachRename runs a test with a rename that replaces nothing and without it.
func eachRename(t *testing.T, test func(t *testing.T, l *leaving)) {
	t.Run("by the system", func(t *testing.T) { test(t, newLeaving(t)) })
	t.Run("by a file of its own", func(t *testing.T) {
		source.DenyRenameAlone(t)
		test(t, newLeaving(t))
	})
}

func TestAFileIsMoved(t *testing.T) {
	eachRename(t, func(t *testing.T, l *leaving) {
		ok(t, os.Chmod(filepath.Dir(l.file.String()), 0o750))
		ok(t, l.file.Move(l.as, l.to))
		if got, err := os.ReadFile(l.to.String()); err != nil || string(got) != "mine" {
			t.Errorf("there is %q: %v", got, err)
		}
		if _, err := os.Lstat(l.file.String()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it is in its place as well: %v", err)
		}
		fi, err := os.Stat(filepath.Dir(l.to.String()))
		ok(t, err)
		if fi.Mode().Perm() != 0o750 {
			t.Errorf("its folder is open to others as %v", fi.Mode())
		}
		other := source.Path{Root: l.file.Root}.Join("other")
		ok(t, os.WriteFile(other.String(), nil, 0o600))
		info, err := other.Stat()
		ok(t, err)
		to := source.Path{Root: l.to.Root}.Join(filepath.Join("root", "other"))
		ok(t, other.Move(source.VersionOf(info), to)) // into a folder that is there
		if err := l.file.Move(l.as, l.to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what is gone is moved: %v", err)
		}
	})
}

func TestNothingIsReplaced(t *testing.T) {
	eachRename(t, func(t *testing.T, l *leaving) {
		ok(t, os.MkdirAll(filepath.Dir(l.to.String()), 0o755))
		ok(t, os.WriteFile(l.to.String(), []byte("theirs"), 0o600))
		l.stays(fs.ErrExist)
		if got, err := os.ReadFile(l.to.String()); err != nil || string(got) != "theirs" {
			t.Errorf("there is %q: %v", got, err)
		}
	})
}

func TestWhatIsAnotherVersionIsNotMoved(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		want   error
	}{
		"grown": {func(path string) error { return os.WriteFile(path, []byte("longer"), 0o600) }, source.ErrChanged},
		"time":  {func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(7, 0)) }, source.ErrChanged},
		"rights": {
			func(path string) error { return os.Chmod(path, 0o640) }, source.ErrTouched,
		},
		"another of the same size and time": {func(path string) error {
			fi, err := os.Stat(path)
			return errors.Join(err, os.Rename(path, path+"~"), os.WriteFile(path, []byte("your"), 0o600),
				os.Chtimes(path, time.Time{}, fi.ModTime()))
		}, source.ErrTouched},
	} {
		t.Run(name, func(t *testing.T) {
			eachRename(t, func(t *testing.T, l *leaving) {
				time.Sleep(10 * time.Millisecond) // the system's clock of changes is no finer
				ok(t, c.change(l.file.String()))
				l.stays(c.want)
			})
		})
	}
}

// TestWhatTakesTheFilesPlaceAtThatMomentComesBack: nothing is moved but what was delivered.
func TestWhatTakesTheFilesPlaceAtThatMomentComesBack(t *testing.T) {
	l := newLeaving(t)
	source.BeforeRename(t, func() {
		ok(t, os.Rename(l.file.String(), l.file.String()+"~"))
		ok(t, os.WriteFile(l.file.String(), []byte("new version"), 0o600))
	})
	l.stays(source.ErrChanged)
	if got, err := os.ReadFile(l.file.String()); err != nil || string(got) != "new version" {
		t.Errorf("in its place is %q: %v", got, err)
	}
	if _, err := os.Lstat(l.to.String()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was moved: %v", err)
	}
}

// TestAMoveFollowsNoLink, neither to the file nor to its new place.
func TestAMoveFollowsNoLink(t *testing.T) {
	replaced := func(t *testing.T, l *leaving) {
		t.Helper()
		if err := l.file.Move(l.as, l.to); !source.IsReplaced(err) {
			t.Errorf("moved: %v", err)
		}
	}
	for name, at := range map[string]func(l *leaving) string{
		"folder of the file":   func(l *leaving) string { return filepath.Dir(l.file.String()) },
		"folder in the place":  func(l *leaving) string { return filepath.Join(l.to.Root, "root") },
		"folder of the place":  func(l *leaving) string { return l.to.Root },
		"link at the file":     func(l *leaving) string { return l.file.String() },
		"deeper in the place":  func(l *leaving) string { return filepath.Join(l.to.Root, "root", "sub") },
		"folder of the folder": func(l *leaving) string { return l.file.Root },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLeaving(t)
			ok(t, os.MkdirAll(filepath.Dir(l.to.String()), 0o755))
			aside := filepath.Join(t.TempDir(), "aside")
			ok(t, os.Rename(at(l), aside))
			ok(t, os.Symlink(aside, at(l)))
			replaced(t, l)
			ok(t, os.Remove(at(l)))
			ok(t, os.Rename(aside, at(l)))
			info, err := l.file.Stat()
			ok(t, err)
			ok(t, l.file.Move(source.VersionOf(info), l.to))
		})
	}
	t.Run("a file in a folder's place", func(t *testing.T) {
		l := newLeaving(t)
		ok(t, os.WriteFile(filepath.Join(l.to.Root, "root"), nil, 0o600))
		replaced(t, l)
	})
}
