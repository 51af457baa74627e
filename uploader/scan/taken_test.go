package scan_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// readNames returns the rows of a list in testdata/names.
func readNames(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "names", file))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line == "" || line[0] == '#' {
			continue
		}
		row := append(strings.Split(line, "\t"), "")[:4:4]
		bothLeaveOut := row[1] == "-" && strings.HasPrefix(row[2], "skip:")
		if row[3] == "" && row[1] != row[2] && !bothLeaveOut {
			t.Errorf("%s: %q differs from AzCopy without a reason", file, row[0])
		}
		rows = append(rows, row)
	}
	return rows
}

// scan returns everything found.
func find(t *testing.T, opts scan.Options, roots ...string) ([]scan.Found, scan.Totals) {
	t.Helper()
	var all []scan.Found
	totals, err := scan.Files(context.Background(), roots, opts, func(batch []scan.Found) error {
		all = append(all, batch...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, totals
}

// outcome is what became of f, as the lists in testdata/names have it, without the quotes.
func outcome(f scan.Found) string {
	switch {
	case f.Err != nil:
		return "error:" + string(f.Err.Reason)
	case f.Skip != "":
		return "skip:" + string(f.Skip)
	}
	return f.Blob.Blob
}

func TestScanOfTheOddTree(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd tree")
	uploadertest.WriteOddTree(t, dir)
	want := map[string]string{}
	for _, row := range readNames(t, "linux.tsv") {
		path, err := strconv.Unquote(row[0])
		if err != nil {
			t.Fatalf("%s: %v", row[0], err)
		}
		result := row[2]
		if name, err := strconv.Unquote(row[2]); err == nil {
			result = "odd tree/" + name
		}
		if path == "closed" && os.Geteuid() == 0 { // nothing is closed to root
			path, result = "closed/unseen.txt", "odd tree/closed/unseen.txt"
		}
		want["odd tree/"+path] = result
	}
	found, totals := find(t, scan.Options{Recursive: true}, dir)
	got := map[string]string{}
	var files int64
	for _, f := range found {
		if _, twice := got[f.Rel]; twice {
			t.Errorf("%q came twice", f.Rel)
		}
		got[f.Rel] = outcome(f)
		if f.Err != nil || f.Skip != "" {
			continue
		}
		files++
		content, err := os.ReadFile(f.Source)
		if err != nil {
			t.Errorf("source of %q: %v", f.Rel, err)
		}
		below := strings.TrimPrefix(f.Rel, "odd tree/")
		if below != "closed/unseen.txt" && string(content) != uploadertest.OddTreeContent(below) ||
			f.Size != int64(len(content)) {
			t.Errorf("%q: source %q has %d bytes, found as %d", f.Rel, f.Source, len(content),
				f.Size)
		}
		if f.ID == (scan.FileID{}) || f.ModTime.IsZero() {
			t.Errorf("%q: ID %v, ModTime %v", f.Rel, f.ID, f.ModTime)
		}
		if f.Blob.Renamed != (f.Blob.Blob != f.Rel) {
			t.Errorf("%q: %+v", f.Rel, f.Blob)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if totals.Files != files ||
		totals.Skipped[scan.SkipSymlink] != int64(len(uploadertest.OddTreeLinks)) {
		t.Errorf("totals %+v, want %d files", totals, files)
	}
}

func TestNamesOfWindows(t *testing.T) {
	for _, row := range readNames(t, "windows.tsv") {
		path, err := strconv.Unquote(row[0])
		if err != nil {
			t.Fatalf("%s: %v", row[0], err)
		}
		n, err := scan.PlanName("", path)
		if err != nil || strconv.QuoteToASCII(n.Blob) != row[2] {
			t.Errorf("PlanName(%q) = %q, %v, want %s", path, n.Blob, err, row[2])
		}
	}
}

func TestFormsOfSources(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the list is written with slashes")
	}
	rows := readNames(t, "forms.tsv")
	dir := t.TempDir()
	for _, f := range []string{"data/a.csv", "data/.h.csv", "data/sub/b.csv", "data/sub/deep/c.csv"} {
		uploadertest.WriteFile(t, filepath.Join(dir, f), f)
	}
	t.Chdir(dir)
	for _, row := range rows {
		t.Run(row[0], func(t *testing.T) {
			found, _ := find(t, scan.Options{Recursive: true}, row[0])
			var got []string
			for _, f := range found {
				got = append(got, outcome(f))
			}
			slices.Sort(got)
			want := strings.Fields(row[2])
			if row[2] == "!" {
				want = []string{"error:source-missing"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
