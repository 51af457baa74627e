package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestDataSetsAreWhatTheyAreCalled compares with the numbers in the titles of the works.
func TestDataSetsAreWhatTheyAreCalled(t *testing.T) {
	for _, c := range []struct {
		key    string
		blobs  int64
		lo, hi int64 // bytes
	}{
		{"4g", 1, 4 * gib, 4 * gib},
		{"32m", 1, 32 * mib, 32 * mib},
		{"small", 10_000, 10_000 * 16 * kib, 10_000 * 16 * kib},
		{"far", 2_000, 2_000 * 16 * kib, 2_000 * 16 * kib},
		{"1m", 2_000, 2_000 * mib, 2_000 * mib},
		{"mixed", 3_209, 19 * gib / 10, 22 * gib / 10},
		{"one", 1, kib, kib},
		{"tiny", 100_000, 6_400_000, 6_400_000},
		{"million", 1_000_000, 0, 0},
	} {
		d, err := dataSetOf(c.key)
		if err != nil {
			t.Fatal(err)
		}
		if s := d.expected(1); s.Blobs != c.blobs || s.Bytes < c.lo || s.Bytes > c.hi {
			t.Errorf("%s: %d files of %d bytes, want %d of %d to %d", c.key, s.Blobs, s.Bytes,
				c.blobs, c.lo, c.hi)
		}
	}
	if _, err := dataSetOf("other"); err == nil {
		t.Error("a data set that is not there was found")
	}
}

// walk sums up what is on the disk below a data set's folder.
func walk(t *testing.T, d dataSet, dir string) (s summary) {
	t.Helper()
	root := filepath.Join(dir, d.key)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		s.add(d.blobName(file{path: filepath.ToSlash(rel)}), fi.Size())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDataOnTheDiskIsWhatTheSinkIsToHave(t *testing.T) {
	const scale = 1.0 / 256
	for _, key := range []string{"4g", "small", "mixed", "one", "million"} {
		t.Run(key, func(t *testing.T) {
			d, err := dataSetOf(key)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := d.make(t.Context(), dir, scale); err != nil {
				t.Fatal(err)
			}
			if got, want := walk(t, d, dir), d.expected(scale); got != want {
				t.Errorf("on the disk %+v, expected %+v", got, want)
			}
			if _, err := os.Stat(d.source(dir)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestContentIsRandomAndAlwaysTheSame: nothing on the way can make it smaller, and each run sends
// the same.
func TestContentIsRandomAndAlwaysTheSame(t *testing.T) {
	dir := t.TempDir()
	read := func(name string, f file) []byte {
		path := filepath.Join(dir, name)
		if err := fill(path, f, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	a, again, b := read("1", file{"a", 3000}), read("2",
		file{"a", 3000}), read("3", file{"b", 3000})
	if !bytes.Equal(a, again) || bytes.Equal(a, b) || bytes.Equal(a[:1000], a[1000:2000]) {
		t.Error("the content does not follow from the name alone, or repeats")
	}
	var seen [256]int
	for _, c := range a {
		seen[c]++
	}
	for c, n := range seen {
		if n > 60 {
			t.Errorf("byte %d occurs %d times in 3000", c, n)
		}
	}
}
