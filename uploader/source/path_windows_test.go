package source_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/source"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// symlink makes a link.
func symlink(t *testing.T, target, at string) {
	t.Helper()
	made(t, at, os.Symlink(target, at))
}

// made skips a test where a link can't be made: it takes a right, and Wine up to version 8 only
// says that it made one.
func made(t *testing.T, link string, err error) {
	t.Helper()
	if err == nil {
		_, err = os.Lstat(link)
	}
	if err != nil {
		t.Skip("links can't be made here:", err)
	}
}

// found returns a file in a folder in a root, found there.
func found(t *testing.T) source.Path {
	t.Helper()
	dir := t.TempDir()
	ok(t, os.MkdirAll(filepath.Join(dir, "root", "sub"), 0o700))
	ok(t, os.WriteFile(filepath.Join(dir, "root", "sub", "file"), []byte("mine"), 0o600))
	root, err := source.Resolve(filepath.Join(dir, "root"))
	ok(t, err)
	return root.Join("sub").Join("file")
}

// read opens a file and returns its content.
func read(p source.Path) (string, error) {
	f, info, err := p.Open()
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

// TestNothingIsFollowedThatWasNotFound: a link, a junction or a folder in a file's place, or in
// that of a folder above it, is named and not followed.
func TestNothingIsFollowedThatWasNotFound(t *testing.T) {
	if got, err := read(found(t)); got != "mine" || err != nil {
		t.Fatalf("the file itself: %q, %v", got, err)
	}
	junction := func(t *testing.T, target, at string) {
		t.Helper()
		out, err := exec.Command("cmd", "/c", "mklink", "/J", at, target).CombinedOutput()
		made(t, at, err)
		t.Logf("%s", out)
	}
	for name, c := range map[string]struct {
		up   int // how many folders above the file
		put  func(t *testing.T, target, at string)
		kind source.Kind
	}{
		"a link":                         {0, symlink, source.Link},
		"a link in a folder's place":     {1, symlink, source.Link},
		"a link in the root's place":     {2, symlink, source.Link},
		"a junction in a folder's place": {1, junction, source.Link},
		"a junction in the root's place": {2, junction, source.Link},
		"a folder":                       {0, func(t *testing.T, _, at string) { ok(t, os.Mkdir(at, 0o700)) }, source.Folder},
	} {
		t.Run(name, func(t *testing.T) {
			file := found(t)
			at := file.String()
			for range c.up {
				at = filepath.Dir(at)
			}
			ok(t, os.Rename(at, at+".old"))
			c.put(t, at+".old", at)
			_, err := read(file)
			if r, is := errors.AsType[*source.Replaced](err); !is || r.Kind != c.kind ||
				r.Path != at {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestFoldersAreRead, and what is in them is looked at.
func TestFoldersAreRead(t *testing.T) {
	file := found(t)
	dir, err := (source.Path{Root: file.Root}).Join("sub").OpenDir()
	ok(t, err)
	defer func() { _ = dir.Close() }()
	entries, err := dir.Read(-1)
	ok(t, err)
	if len(entries) != 1 || dir.Kind(entries[0]) != source.File {
		t.Fatalf("%v", entries)
	}
	info, err := dir.Stat(entries[0])
	if err != nil || info.Kind != source.File || info.Size != 4 {
		t.Errorf("%+v, %v", info, err)
	}
	if info, err := file.Stat(); err != nil || info.Kind != source.File || info.Size != 4 ||
		info.ModTime.IsZero() {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestResolveFollowsAllLinks of a path that a person named, and finds nothing where nothing is.
func TestResolveFollowsAllLinks(t *testing.T) {
	file := found(t)
	link := filepath.Join(filepath.Dir(file.Root), "link")
	if _, err := source.Resolve(link); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	symlink(t, file.Root, link)
	at, err := source.Resolve(filepath.Join(link, "sub", "file"))
	if err != nil || at.String() != file.String() {
		t.Errorf("%v, %v", at, err)
	}
}
