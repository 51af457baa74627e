package assets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readTree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		files[path] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSamplesAreTheSameEachTime(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "new", "samples"), t.TempDir() // one to be made, one empty
	for _, dir := range []string{first, second} {
		if err := WriteSamples(dir); err != nil {
			t.Fatal(err)
		}
	}
	files := readTree(t, first)
	if diff := cmp.Diff(files, readTree(t, second)); diff != "" {
		t.Errorf("two runs differ (-first +second):\n%s", diff)
	}
	// The digest of the computed file, so that a machine which computes other bytes is noticed.
	sum := sha256.Sum256(files["visit 1/raw/recording.i16"])
	const want = "7d4c74c122be828feb5ccbd49a6730232b3c50cfe4a024632cbda1d94a489c98"
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("recording has digest %s, want %s", got, want)
	}
}

func TestSamplesHoldEachKindOfFile(t *testing.T) {
	dir := t.TempDir()
	if err := WriteSamples(dir); err != nil {
		t.Fatal(err)
	}
	files := readTree(t, dir)
	total, empty, largest, nested := 0, 0, 0, 0
	for path, data := range files {
		total += len(data)
		largest = max(largest, len(data))
		if len(data) == 0 {
			empty++
		}
		if filepath.Dir(path) != "." {
			nested++
		}
	}
	if len(files) != 7 || empty != 1 || nested != 3 {
		t.Errorf("%d files, %d empty, %d in folders; want 7, 1, 3", len(files), empty, nested)
	}
	if largest <= 512<<10 || total >= 1<<20 {
		t.Errorf("largest file %d bytes, all %d; want more than 512 KiB and less than 1 MiB", largest, total)
	}
}

func TestSamplesReplaceNothing(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "participants.csv")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteSamples(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want one that is fs.ErrExist", err)
	}
	want := map[string][]byte{"participants.csv": []byte("mine")}
	if diff := cmp.Diff(want, readTree(t, dir)); diff != "" {
		t.Errorf("the folder changed (-want +got):\n%s", diff)
	}
}

func TestSamplesFailWhereAFileIsInTheWay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteSamples(file); err == nil {
		t.Error("no error for a folder that is a file")
	}
}
