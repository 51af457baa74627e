package scan_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// outcomes returns "rel → outcome" of everything found, sorted.
func outcomes(found []scan.Found) []string {
	var lines []string
	for _, f := range found {
		lines = append(lines, f.Rel+" → "+outcome(f))
	}
	slices.Sort(lines)
	return lines
}

func TestScanRoots(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "data/a.csv", "data/sub/b.csv", "x/data/a.csv", "x/data/c.csv",
		"one.txt", "x/one.txt", ".git/HEAD",
		"won/a", "won./a", "won./b", "no[1].txt", "void/", "...", "Thumbs.db")
	uploadertest.Symlink(t, "data", filepath.Join(dir, "alias"))
	uploadertest.Symlink(t, "nowhere", filepath.Join(dir, "dangling"))
	recursive := scan.Options{Recursive: true}
	for _, c := range []struct {
		name  string
		opts  scan.Options
		roots []string
		want  []string
	}{
		{"file", scan.Options{}, []string{"one.txt"}, []string{"one.txt → one.txt"}},
		{"folder without recursive", scan.Options{}, []string{"data"}, []string{"data → error:source-is-folder"}},
		{"glob without recursive", scan.Options{}, []string{"data/*"}, []string{"a.csv → a.csv", "sub → skip:folder"}},
		{"gone", recursive, []string{"none", ""}, []string{". → error:source-missing", "none → error:source-missing"}},
		{"file with a slash", recursive, []string{"one.txt/"}, []string{"one.txt → error:source-unreadable"}},
		{"link keeps its own name", recursive, []string{"alias"}, []string{"alias/a.csv → alias/a.csv", "alias/sub/b.csv → alias/sub/b.csv"}},
		{"dangling link", recursive, []string{"dangling"}, []string{"dangling → error:source-missing"}},
		{"links found by a glob are links", recursive, []string{"al*", "dang*"}, []string{"alias → skip:symlink", "dangling → skip:symlink"}},
		{"named junk is sent", recursive, []string{".git", "Thumbs.db"}, []string{".git/HEAD → .git/HEAD", "Thumbs.db → Thumbs.db"}},
		{"junk found by a glob is not", recursive, []string{"Th*", ".g*"}, []string{".git → skip:junk", "Thumbs.db → skip:junk"}},
		{"excluded root", scan.Options{Exclude: []string{"one*"}}, []string{"one.txt"}, []string{"one.txt → skip:excluded"}},
		{"name with brackets", recursive, []string{"no[1].txt"}, []string{"no[1].txt → no[1].txt"}},
		{"its own folder behind a link", scan.Options{Recursive: true, Own: filepath.Join(dir, "data")}, []string{"alias"}, []string{"alias → skip:own"}},
		{"its own folder", scan.Options{Recursive: true, Own: filepath.Join(dir, "alias", "sub")}, []string{"data"}, []string{"data/a.csv → data/a.csv", "data/sub → skip:own"}},
		{"empty folder", recursive, []string{"void"}, []string{"void → skip:empty-folder"}},
		{"refused name", recursive, []string{"..."}, []string{"... → error:name-dots"}},
		{"same folder twice", recursive, []string{"x/data", "x/data/"}, []string{"data/a.csv → data/a.csv", "data/c.csv → data/c.csv"}},
		{"same file twice", recursive, []string{"one.txt", "./one.txt"}, []string{"one.txt → one.txt"}},
		{"a file of a folder twice", recursive, []string{"x/data", "x/da*/a.csv"}, []string{"data/a.csv → data/a.csv", "data/c.csv → data/c.csv"}},
		{"a file of a folder twice, the folder last", recursive, []string{"d*ta/a.csv", "data"}, []string{"data/a.csv → data/a.csv", "data/sub/b.csv → data/sub/b.csv"}},
		{"same name, other folder", recursive, []string{"data", "x/data"}, []string{
			"data/a.csv → data/a.csv", "data/a.csv → error:name-taken", "data/c.csv → data/c.csv",
			"data/sub/b.csv → data/sub/b.csv",
		}},
		{"same name, other file", recursive, []string{"x/one.txt", "one.txt"}, []string{"one.txt → error:name-taken", "one.txt → one.txt"}},
		{"own name wins over a renamed root given first", recursive, []string{"won.", "won"}, []string{
			"won./a → error:name-taken", "won./b → won/b", "won/a → won/a",
		}},
		{"nothing is sent", scan.Options{Recursive: true, Local: true}, []string{"...", "won.", "won"}, []string{
			"... → ", "won./a → ", "won./b → ", "won/a → ",
		}},
		{"prefix", scan.Options{Inbox: token.Inbox{Prefix: "in/box"}}, []string{"one.txt"}, []string{"one.txt → in/box/one.txt"}},
		{"token for one blob, one file", scan.Options{Inbox: token.Inbox{Blob: "in/x.zip"}}, []string{"one.txt"}, []string{"one.txt → in/x.zip"}},
		{"token for one blob, a name that does not matter", scan.Options{Inbox: token.Inbox{Blob: "x.zip"}}, []string{"..."}, []string{"... → x.zip"}},
		{"token for one blob, three files", scan.Options{Recursive: true, Inbox: token.Inbox{Blob: "x.zip"}}, []string{"data", "one.txt"}, []string{
			"data/a.csv → error:one-file-only", "data/sub/b.csv → error:one-file-only",
			"one.txt → error:one-file-only",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(dir)
			found, totals := find(t, c.opts, c.roots...)
			if diff := cmp.Diff(c.want, outcomes(found)); diff != "" {
				t.Error(diff)
			}
			sum := totals.Files + totals.Failed
			for _, n := range totals.Skipped {
				sum += n
			}
			if sum != int64(len(found)) {
				t.Errorf("totals %+v for %d found", totals, len(found))
			}
		})
	}
}

// TestAPatternNamesTheFoldersThatItCanNotLookInto, in which something that matches may be.
func TestAPatternNamesTheFoldersThatItCanNotLookInto(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("nothing is closed to root, or by a mode on Windows")
	}
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "data/a.csv", "data/closed/b.csv", "data/secret/c.csv")
	for _, closed := range []string{"closed", "secret"} {
		path := filepath.Join(dir, "data", closed)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
	}
	for pattern, want := range map[string][]string{
		"data/**/*.csv":      {"data/closed → error:source-unreadable", "data/a.csv → a.csv"},
		"data/closed/*.csv":  {"data/closed → error:source-unreadable"},
		"data/{a,b}.csv":     {"data/a.csv → a.csv"},
		"data/*/b.csv":       {"data/closed → error:source-unreadable"},
		"data/secret/*.csv":  {"data/secret → error:source-unreadable"},
		"data/none/**/*.csv": {"data/none/**/*.csv → error:source-missing"},
	} {
		found, _ := find(t, scan.Options{Recursive: true, Exclude: []string{"secret"}},
			filepath.Join(dir, filepath.FromSlash(pattern)))
		var got []string
		for _, f := range found {
			rel, err := filepath.Rel(dir, f.Source)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, filepath.ToSlash(rel)+" → "+outcome(f))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", pattern, diff)
		}
	}
}

func TestNameTakenNamesTheOtherFile(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "a/data/f/x", "b/data/f/x", "c/w", "c/w.")
	found, _ := find(t, scan.Options{Recursive: true}, filepath.Join(dir, "a", "data"),
		filepath.Join(dir, "b", "data"), filepath.Join(dir, "c"))
	got := map[string]string{}
	for _, f := range found {
		if f.Err != nil {
			got[f.Source] = f.Err.Value
		}
	}
	want := map[string]string{
		filepath.Join(dir, "b", "data", "f", "x"): filepath.Join(dir, "a", "data", "f", "x"),
		filepath.Join(dir, "c", "w."):             "c/w",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScanFilters(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "d/a.csv", "d/b.txt", "d/raw/c.csv", "d/raw/deep/e.bin",
		"d/out/c.csv", "d/out/f.log", "d/x.egg-info", "d/~$open.docx", "d/__pycache__/m.pyc",
		"d/m.pyc")
	const junked = "d/__pycache__ → skip:junk"
	for _, c := range []struct {
		name string
		opts scan.Options
		want string // what is sent, separated by spaces
	}{
		{"none", scan.Options{}, "d/a.csv d/b.txt d/m.pyc d/out/c.csv d/out/f.log d/raw/c.csv d/raw/deep/e.bin d/x.egg-info"},
		{"no default list", scan.Options{NoDefaultExcludes: true}, "d/__pycache__/m.pyc d/a.csv d/b.txt d/m.pyc d/out/c.csv d/out/f.log d/raw/c.csv d/raw/deep/e.bin d/x.egg-info d/~$open.docx"},
		{"include by name", scan.Options{Include: []string{"*.csv"}}, "d/a.csv d/out/c.csv d/raw/c.csv"},
		{"include by path", scan.Options{Include: []string{"raw/*"}}, "d/raw/c.csv d/raw/deep/e.bin"},
		{"include a folder", scan.Options{Include: []string{"raw"}}, "d/raw/c.csv d/raw/deep/e.bin"},
		{"include anchored", scan.Options{Include: []string{"/*.csv"}}, "d/a.csv"},
		{"include braces", scan.Options{Include: []string{"*.{txt,log}"}}, "d/b.txt d/out/f.log"},
		{"exclude by name", scan.Options{Exclude: []string{"c.csv", "*.egg-info"}}, "d/a.csv d/b.txt d/m.pyc d/out/f.log d/raw/deep/e.bin"},
		{"exclude a folder", scan.Options{Exclude: []string{"raw/"}}, "d/a.csv d/b.txt d/m.pyc d/out/c.csv d/out/f.log d/x.egg-info"},
		{"exclude folders only", scan.Options{Exclude: []string{"*[tw]/"}}, "d/a.csv d/b.txt d/m.pyc d/x.egg-info"},
		{"exclude with stars", scan.Options{Exclude: []string{"**/deep/**", "**/*.csv"}}, "d/b.txt d/m.pyc d/out/f.log d/x.egg-info"},
		{"exclude wins", scan.Options{Include: []string{"*.csv"}, Exclude: []string{"out"}}, "d/a.csv d/raw/c.csv"},
		{"include does not bring junk back", scan.Options{Include: []string{"*.docx", "*.pyc"}}, "d/m.pyc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Recursive = true
			found, _ := find(t, c.opts, filepath.Join(dir, "d"))
			var got []string
			for _, f := range found {
				if f.Err == nil && f.Skip == "" {
					got = append(got, f.Blob.Blob)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			if c.name == "none" && !slices.Contains(outcomes(found), junked) {
				t.Errorf("%q is missing", junked)
			}
		})
	}
}

func TestScanRefusesInvalidPatterns(t *testing.T) {
	for _, bad := range []string{"[", "{a", "", "/", "a["} {
		for _, opts := range []scan.Options{{Include: []string{bad}}, {Exclude: []string{"ok", bad}}} {
			_, err := scan.Files(context.Background(), []string{t.TempDir()}, opts,
				func([]scan.Found) error {
					t.Errorf("%q: something was found", bad)
					return nil
				})
			e, ok := errors.AsType[*problem.Error](err)
			if !ok || e.Reason != problem.PatternInvalid ||
				!strings.Contains(problem.Explain(err).What, "“"+bad+"”") {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
}

func TestScanOfALargeFolderComesInBatches(t *testing.T) {
	dir := t.TempDir()
	const n = 5000
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file %04d", i)), nil,
			0o600); err != nil {
			t.Fatal(err)
		}
	}
	var sizes []int
	seen := map[string]bool{}
	totals, err := scan.Files(context.Background(), []string{dir}, scan.Options{Recursive: true},
		func(batch []scan.Found) error {
			sizes = append(sizes, len(batch))
			for _, f := range batch {
				seen[f.Blob.Blob] = true
			}
			return nil
		})
	if err != nil || totals.Files != n || len(seen) != n {
		t.Fatalf("%+v, %d names, %v", totals, len(seen), err)
	}
	if sizes[0] > 64 || slices.Max(sizes) > 1000 {
		t.Errorf("batches of %v", sizes)
	}
}

func TestScanStops(t *testing.T) {
	dir := t.TempDir()
	for i := range 300 {
		uploadertest.Tree(t, dir, fmt.Sprintf("d%d/file", i))
	}
	why := errors.New("why")
	t.Run("when cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		calls := 0
		totals, err := scan.Files(ctx, []string{dir}, scan.Options{Recursive: true},
			func([]scan.Found) error {
				calls++
				cancel(why)
				return nil
			})
		if !errors.Is(err, why) || calls != 1 || totals.Files == 0 || totals.Files > 64 {
			t.Errorf("%d calls, %+v, %v", calls, totals, err)
		}
	})
	t.Run("before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(why)
		if _, err := scan.Files(ctx, []string{dir}, scan.Options{Recursive: true},
			func([]scan.Found) error { return nil }); !errors.Is(err, why) {
			t.Error(err)
		}
	})
	t.Run("when emit fails", func(t *testing.T) {
		calls := 0
		_, err := scan.Files(context.Background(), []string{dir}, scan.Options{Recursive: true},
			func([]scan.Found) error {
				calls++
				return why
			})
		if !errors.Is(err, why) || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

// Whatever the names: each file is accounted for once, no two go to one name, and below one root,
// who owns a name gets it.
func TestScanGivesEveryNameOnce(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("these names can't exist here")
	}
	base := t.TempDir()
	segment := rapid.SampledFrom([]string{"a", "a.", "a..", "b", "b\\", "b_", "b\n", "é", "e\u0301", "e\u0301.", "c", "c\x7f", "\xff", "_", "...", "d "})
	path := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(segment, 1, 3).Draw(t, "segments"), "/")
	})
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(base, fmt.Sprint(n))
		files := map[string]bool{}
		var roots []string
		for _, r := range []string{"1/root", "2/root", "3/root."}[:rapid.IntRange(1, 3).Draw(t,
			"roots")] {
			for _, p := range rapid.SliceOfN(path, 0, 12).Draw(t, r) {
				full := filepath.Join(dir, r, p)
				if os.MkdirAll(filepath.Dir(full), 0o700) != nil {
					continue // a file is where a folder would have to be
				}
				if os.WriteFile(full, nil, 0o600) == nil {
					files[full] = true
				}
			}
			if _, err := os.Stat(filepath.Join(dir, r)); err == nil {
				roots = append(roots, filepath.Join(dir, r))
			}
		}
		accounted, blobs, owned := map[string]bool{}, map[string]string{}, map[string]bool{}
		_, err := scan.Files(context.Background(), roots, scan.Options{Recursive: true},
			func(batch []scan.Found) error {
				for _, f := range batch {
					for file := range files {
						if file == f.Source || strings.HasPrefix(file, f.Source+"/") {
							if accounted[file] {
								t.Fatalf("%q twice", file)
							}
							accounted[file] = true
							if n, err := scan.PlanName("", f.Rel); err == nil && !n.Renamed &&
								f.Rel == n.Blob {
								owned[n.Blob] = true
							}
						}
					}
					if f.Err != nil || f.Skip != "" {
						continue
					}
					if other, taken := blobs[f.Blob.Blob]; taken {
						t.Fatalf("%q and %q both go to %q", other, f.Source, f.Blob.Blob)
					}
					blobs[f.Blob.Blob] = f.Source
				}
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
		if len(accounted) != len(files) {
			t.Fatalf("%d of %d files accounted for", len(accounted), len(files))
		}
		for blob := range owned {
			if from, ok := blobs[blob]; !ok || !strings.HasSuffix(from, "/"+blob) &&
				len(roots) < 2 {
				t.Fatalf("%q is not sent by its owner but by %q", blob, from)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	dir := b.TempDir()
	const n = 10000
	for i := range n {
		uploadertest.WriteFile(b, filepath.Join(dir, fmt.Sprintf("folder %02d", i%20),
			fmt.Sprintf("file %05d.csv", i)), "")
	}
	b.ReportAllocs()
	for b.Loop() {
		totals, err := scan.Files(context.Background(), []string{dir},
			scan.Options{Recursive: true}, func([]scan.Found) error { return nil })
		if err != nil || totals.Files != n {
			b.Fatalf("%+v, %v", totals, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/file")
}

// TestWhereFilesGetInTheInbox: in a folder there, and without the own name of what was named.
func TestWhereFilesGetInTheInbox(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "data/a.csv", "data/sub/b.csv", "other/a.csv", "one.txt")
	for _, c := range []struct {
		name  string
		opts  scan.Options
		roots []string
		want  []string
	}{
		{"a folder", scan.Options{Recursive: true, Folder: "p/q"}, []string{"data", "one.txt"}, []string{
			"p/q/data/a.csv → p/q/data/a.csv", "p/q/data/sub/b.csv → p/q/data/sub/b.csv", "p/q/one.txt → p/q/one.txt",
		}},
		{"below the token's own", scan.Options{Folder: "p", Inbox: token.Inbox{Prefix: "in"}}, []string{"one.txt"}, []string{
			"p/one.txt → in/p/one.txt",
		}},
		{"the contents", scan.Options{Recursive: true, Contents: true, Exclude: []string{"data/sub/"}}, []string{"data"}, []string{
			"a.csv → a.csv", "sub → skip:excluded",
		}},
		{"the contents of two folders", scan.Options{Recursive: true, Contents: true, Folder: "p"}, []string{"data", "other", "one.txt"}, []string{
			"p/a.csv → error:name-taken", "p/a.csv → p/a.csv", "p/one.txt → p/one.txt", "p/sub/b.csv → p/sub/b.csv",
		}},
		{"the contents of what a pattern finds", scan.Options{Recursive: true, Contents: true}, []string{"*a"}, []string{
			"data/a.csv → data/a.csv", "data/sub/b.csv → data/sub/b.csv",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(dir)
			found, _ := find(t, c.opts, c.roots...)
			if diff := cmp.Diff(c.want, outcomes(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, folder := range []string{"..", "a/../b", "a//b", "/a", "a\\b", "x."} {
		if err := (scan.Options{Folder: folder}).Check(); problem.ReasonOf(err) != problem.FolderInvalid {
			t.Errorf("folder %q: %v", folder, err)
		}
	}
}
