package uploader_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// folders has empty folders sent.
var folders = ledger.AddOptions{Scan: scan.Options{Recursive: true, EmptyFolders: true}}

// folder makes an empty one and returns the path of the root that it lies in.
func (b *bench) folder(name string) (root string) {
	b.Helper()
	path := filepath.Join(b.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(path, 0o700); err != nil {
		b.Fatal(err)
	}
	return filepath.Dir(path)
}

// TestEmptyFoldersAreSentAsSuch, with each kind of token, and once.
func TestEmptyFoldersAreSentAsSuch(t *testing.T) {
	for _, letters := range []string{"w", "c", "rcwl"} {
		t.Run(letters, func(t *testing.T) {
			b := newBench(t, letters, uploader.Config{})
			root := b.folder("d/empty")
			b.file("d/file", 10)
			o := folders
			o.KeepTimes, o.PutMD5 = true, true
			b.add(o, root)
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			body, there := b.store.Blob("d/empty")
			p, _ := b.store.Properties("d/empty")
			if !there || len(body) > 0 || !p.Folder || !p.ModTime.IsZero() {
				t.Errorf("there: %v, %d bytes, %+v", there, len(body), p)
			}
			if p, _ := b.store.Properties("d/file"); p.Folder || p.ModTime.IsZero() {
				t.Errorf("a file has %+v", p)
			}
			s := b.queue.Status()
			if s.Files[ledger.Delivered] != 2 || s.Bytes[ledger.Delivered] != 10 {
				t.Errorf("%+v", s.Files)
			}
			if j := b.job("empty"); !j.IsFolder() || j.Answer.ETag == "" || j.KeepBoth {
				t.Errorf("%+v", j)
			}
			if n := b.again(o, root); n != 0 {
				t.Errorf("%d requests the second time", n)
			}
			b.unchanged(2)
			// Its time is of no interest: only that it is empty.
			if err := os.Remove(b.file("d/empty/f", 1)); err != nil {
				t.Fatal(err)
			}
			if n := b.again(o, root); n != 0 {
				t.Errorf("%d requests once something was in it and is not any more", n)
			}
		})
	}
}

// TestANameThatIsTakenIsNotAFoldersEither: it is left alone, also where both are to be kept, and
// replaced where that is asked for.
func TestANameThatIsTakenIsNotAFoldersEither(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ledger.AddOptions)
		left   bool
	}{
		"left alone": {func(*ledger.AddOptions) {}, true},
		"both kept":  {func(o *ledger.AddOptions) { o.KeepBoth = true }, true},
		"replaced":   {func(o *ledger.AddOptions) { o.Replace = true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "w", uploader.Config{})
			root := b.folder("d/empty")
			b.theirs("d/empty")
			o := folders
			c.change(&o)
			b.add(o, root)
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			if p, _ := b.store.Properties("d/empty"); p.Folder == c.left {
				t.Errorf("it has %+v", p)
			}
			if names := b.store.Names(); !slices.Equal(names, []string{"d/empty"}) {
				t.Errorf("there are %q", names)
			}
			if c.left && b.problem(ledger.LeftAlone) != problem.AlreadyThere {
				t.Error("it is not left alone as what is there already")
			}
		})
	}
}

// TestWhatAnEmptyFolderBecameIsSent: it has files by then, is a file itself, is gone, or is a link.
func TestWhatAnEmptyFolderBecameIsSent(t *testing.T) {
	for name, c := range map[string]struct {
		change func(b *bench, path string) error
		state  ledger.JobState
		folder bool
	}{
		"with a file": {func(b *bench, _ string) error { b.file("d/empty/f", 3); return nil }, ledger.Delivered, true},
		"a file": {func(b *bench, path string) error {
			defer func() { b.file("d/empty", 7) }()
			return os.Remove(path)
		}, ledger.Delivered, false},
		"gone": {func(_ *bench, path string) error { return os.Remove(path) }, ledger.Attention, false},
		"a link": {func(b *bench, path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			uploadertest.Symlink(b.T, b.dir, path)
			return nil
		}, ledger.Attention, false},
	} {
		t.Run(name, func(t *testing.T) {
			j := ledger.NewMemoryJournal()
			b := newBench(t, "w", uploader.Config{Journal: j})
			root := b.folder("d/empty")
			b.queue.Hold(b.inbox.Key(), problem.New("test", "", problem.TokenNeeded))
			b.add(folders, root)
			b.await("all is found", func(s uploader.Status) bool { return !s.Scanning })
			if err := c.change(b, filepath.Join(root, "empty")); err != nil {
				t.Fatal(err)
			}
			b.restart(j, uploader.Config{})
			if err := b.queue.Use(tokenOf("w")); err != nil {
				t.Fatal(err)
			}
			if err := b.wait(); err != nil {
				t.Fatal(err)
			}
			s := b.queue.Status()
			p, there := b.store.Properties("d/empty")
			if s.Files[c.state] != 1 || there != (c.state == ledger.Delivered) || p.Folder != c.folder {
				t.Errorf("%v, there %v with %+v", s.Files, there, p)
			}
		})
	}
}

// TestAFileInAnEmptyFoldersPlaceIsNoVersionOfIt: an empty one has the same content, and is sent as
// what it is.
func TestAFileInAnEmptyFoldersPlaceIsNoVersionOfIt(t *testing.T) {
	b := newBench(t, "w", uploader.Config{})
	root := b.folder("d/empty")
	b.add(folders, root)
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "empty")); err != nil {
		t.Fatal(err)
	}
	b.file("d/empty", 0)
	if b.again(folders, root) == 0 || b.problem(ledger.LeftAlone) != problem.ChangedSinceSent {
		t.Error("a file counts as the folder that was delivered")
	}
}
