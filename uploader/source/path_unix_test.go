//go:build unix

package source_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"inboxuploader/uploader/source"
)

// made makes what stands in a file's place, at the path.
var made = map[source.Kind]func(t *testing.T, path string){
	source.Folder: func(t *testing.T, path string) { ok(t, os.Mkdir(path, 0o700)) },
	source.Link:   func(t *testing.T, path string) { ok(t, os.Symlink(secret(t), path)) },
	source.FIFO:   func(t *testing.T, path string) { ok(t, unix.Mkfifo(path, 0o600)) },
	source.Socket: func(t *testing.T, path string) { // listening there would allow 107 bytes of path
		if err := unix.Mknod(path, unix.S_IFSOCK|0o600, 0); err != nil {
			t.Skip("sockets can't be made here:", err)
		}
	},
	source.Device: func(t *testing.T, path string) {
		if err := unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))); err != nil {
			t.Skip("devices can't be made here:", err)
		}
	},
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// secret returns the path of a file that nobody asked for.
func secret(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	ok(t, os.WriteFile(path, []byte("secret"), 0o600))
	return path
}

// found returns a file in a folder in a root, found there.
func found(t *testing.T) source.Path {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	ok(t, err)
	ok(t, os.MkdirAll(filepath.Join(dir, "root", "sub"), 0o700))
	ok(t, os.WriteFile(filepath.Join(dir, "root", "sub", "file"), []byte("mine"), 0o600))
	root, err := source.Resolve(filepath.Join(dir, "root"))
	ok(t, err)
	return root.Join("sub").Join("file")
}

// read opens a file both ways and returns its content.
func read(p source.Path) (string, error) {
	small, err := p.OpenSmall()
	if err == nil {
		info, serr := small.Stat()
		small.Close()
		if serr == nil && info.Kind != source.File {
			err = &source.Replaced{Path: p.String(), Kind: info.Kind}
		}
	}
	f, info, lerr := p.Open()
	if (err == nil) != (lerr == nil) || err != nil && err.Error() != lerr.Error() {
		return "", errors.New("Open: " + lerr.Error() + ", OpenSmall: " + err.Error())
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(f)
	if err == nil && info.Size != int64(len(text)) {
		err = errors.New("another size")
	}
	return string(text), err
}

// TestNothingIsFollowedThatWasNotFound: whatever takes the place of a file, or of a folder on the
// way to it, is named and not opened.
func TestNothingIsFollowedThatWasNotFound(t *testing.T) { withEachWay(t, nothingIsFollowed) }

func nothingIsFollowed(t *testing.T) {
	if got, err := read(found(t)); got != "mine" || err != nil {
		t.Fatalf("the file itself: %q, %v", got, err)
	}
	for kind, replace := range made {
		t.Run(kind.String(), func(t *testing.T) {
			file := found(t)
			ok(t, os.Remove(file.String()))
			replace(t, file.String())
			_, err := read(file)
			if r, is := errors.AsType[*source.Replaced](err); !is || r.Kind != kind ||
				r.Path != file.String() {
				t.Errorf("%v", err)
			}
			if info, err := file.Stat(); err != nil || info.Kind != kind {
				t.Errorf("%+v, %v", info, err)
			}
		})
	}
	for _, folder := range []string{"sub", ""} {
		t.Run("a link in the place of the folder "+folder, func(t *testing.T) {
			file := found(t)
			at := filepath.Join(file.Root, folder)
			ok(t, os.Rename(at, at+".old"))
			ok(t, os.Symlink(at+".old", at))
			_, err := read(file)
			_, serr := file.Stat()
			_, derr := (source.Path{Root: filepath.Dir(file.String())}).OpenDir()
			for _, err := range []error{err, serr, derr} {
				if r, is := errors.AsType[*source.Replaced](err); !is || r.Kind != source.Link ||
					r.Path != at {
					t.Errorf("%v", err)
				}
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		file := found(t)
		ok(t, os.Remove(file.String()))
		if _, err := read(file); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	t.Run("another file", func(t *testing.T) {
		file := found(t)
		ok(t, os.Remove(file.String()))
		ok(t, os.WriteFile(file.String(), []byte("next"), 0o600))
		if got, err := read(file); got != "next" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// TestFoldersAreReadWithoutFollowing: what a folder has is looked at in that folder, wherever its
// path leads meanwhile.
func TestFoldersAreReadWithoutFollowing(t *testing.T) { withEachWay(t, foldersAreRead) }

func foldersAreRead(t *testing.T) {
	file := found(t)
	folder := filepath.Dir(file.String())
	ok(t, os.Symlink(secret(t), filepath.Join(folder, "link")))
	dir, err := (source.Path{Root: file.Root}).Join("sub").OpenDir()
	ok(t, err)
	defer func() { _ = dir.Close() }()
	ok(t, os.Rename(folder, folder+".old"))
	ok(t, os.Symlink(filepath.Dir(secret(t)), folder))
	entries, err := dir.Read(-1)
	ok(t, err)
	got := map[string]source.Kind{}
	for _, e := range entries {
		info, err := dir.Stat(e)
		ok(t, err)
		if info.Kind != dir.Kind(e) {
			t.Errorf("%q: %v, %v", e.Name(), info.Kind, dir.Kind(e))
		}
		got[e.Name()] = info.Kind
	}
	if len(got) != 2 || got["file"] != source.File || got["link"] != source.Link {
		t.Errorf("%v", got)
	}
}

// TestResolveFollowsAllLinks of a path that a person named.
func TestResolveFollowsAllLinks(t *testing.T) {
	file := found(t)
	dir := filepath.Dir(file.Root)
	ok(t, os.Symlink("root", filepath.Join(dir, "one")))
	ok(t, os.Symlink(filepath.Join(dir, "one", "sub"), filepath.Join(dir, "two")))
	ok(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	at, err := source.Resolve(filepath.Join(dir, "two", "file"))
	if err != nil || at.String() != file.String() {
		t.Errorf("%v, %v", at, err)
	}
	if _, err := source.Resolve(filepath.Join(dir, "loop")); !errors.Is(err, unix.ELOOP) {
		t.Error(err)
	}
	if _, err := source.Resolve(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestWholeDisk: a root may be the file system's own.
func TestWholeDisk(t *testing.T) {
	root := source.Path{Root: "/"}
	if info, err := root.Stat(); err != nil || info.Kind != source.Folder {
		t.Errorf("%+v, %v", info, err)
	}
	if got := root.Join("a").Join("b").String(); got != "/a/b" {
		t.Error(got)
	}
	dir, err := root.OpenDir()
	ok(t, err)
	ok(t, dir.Close())
}
