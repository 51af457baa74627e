package scan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

func TestScanFollowsLinks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd tree")
	uploadertest.WriteOddTree(t, dir)
	links := func(opts scan.Options) map[string]string {
		opts.Recursive, opts.FollowSymlinks = true, true
		found, _ := find(t, opts, dir)
		got := map[string]string{}
		for _, f := range found {
			if below, ok := strings.CutPrefix(f.Rel, "odd tree/links/"); ok {
				got[below] = strings.TrimPrefix(outcome(f), "odd tree/links/")
			}
		}
		return got
	}
	want := map[string]string{
		"to file":                            "to file",
		"to folder/sub folder/x y.txt":       "to folder/sub folder/x y.txt",
		"to folder again/sub folder/x y.txt": "to folder again/sub folder/x y.txt",
		"to above":                           "skip:symlink-loop",
		"to itself":                          "skip:symlink-loop",
		"to nothing":                         "skip:symlink-dangling",
		"outside file":                       "skip:symlink-outside",
		"outside folder":                     "skip:symlink-outside",
	}
	if diff := cmp.Diff(want, links(scan.Options{})); diff != "" {
		t.Error(diff)
	}
	delete(want, "outside folder")
	want["outside file"], want["outside folder/secret.txt"] = "outside file",
		"outside folder/secret.txt"
	if diff := cmp.Diff(want, links(scan.Options{FollowOutside: true})); diff != "" {
		t.Error(diff)
	}
	found, _ := find(t,
		scan.Options{Recursive: true, FollowSymlinks: true, Exclude: []string{"to *"}, Include: []string{"*.csv"}}, dir)
	for _, f := range found {
		if strings.HasPrefix(f.Rel, "odd tree/links/to ") && f.Skip != scan.SkipExcluded {
			t.Errorf("%q: %s", f.Rel, outcome(f))
		}
	}
}

func TestScanTakesNoSiblingForThePartOfARoot(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "data/a", "data2/secret")
	uploadertest.Symlink(t, "../data2/secret", filepath.Join(dir, "data", "link"))
	found, _ := find(t, scan.Options{Recursive: true, FollowSymlinks: true},
		filepath.Join(dir, "data"))
	if diff := cmp.Diff([]string{"data/a → data/a", "data/link → skip:symlink-outside"},
		outcomes(found)); diff != "" {
		t.Error(diff)
	}
}

func TestScanEndsWhereFoldersLinkToEachOther(t *testing.T) {
	dir := t.TempDir()
	const n = 12 // followed blindly, these would be some 12! paths
	for i := range n {
		uploadertest.Tree(t, dir, fmt.Sprintf("web/d%d/file", i))
		for j := range n {
			uploadertest.Symlink(t, fmt.Sprintf("../d%d", j),
				filepath.Join(dir, "web", fmt.Sprintf("d%d", i), fmt.Sprintf("l%d", j)))
		}
	}
	_, totals := find(t, scan.Options{Recursive: true, FollowSymlinks: true},
		filepath.Join(dir, "web"))
	if totals.Files < n || totals.Files > 101*n || totals.Skipped[scan.SkipLoop] == 0 {
		t.Errorf("%+v", totals)
	}
}

// TestAFolderIsSentUnderTheNameOfEachLink that leads to it, as the results of workflow engines are;
// from the hundredth on they are named.
func TestAFolderIsSentUnderTheNameOfEachLink(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "work/results/deep/file", "run/")
	for i := range 103 {
		uploadertest.Symlink(t, "../work/results", filepath.Join(dir, "run",
			fmt.Sprintf("link %03d", i)))
	}
	uploadertest.Symlink(t, "../work/results/deep/file", filepath.Join(dir, "run", "one"))
	uploadertest.Symlink(t, "one", filepath.Join(dir, "run", "two"))
	found, totals := find(t,
		scan.Options{Recursive: true, FollowSymlinks: true, FollowOutside: true},
		filepath.Join(dir, "run"))
	if totals.Files != 102 || totals.Skipped[scan.SkipFollowed] != 3 || totals.Outside != 102 {
		t.Errorf("%+v", totals)
	}
	sent, named := map[string]bool{}, 0
	for _, f := range found {
		switch {
		case f.Skip == scan.SkipFollowed:
			named++
		case f.At.String() != place(t, filepath.Join(dir, "work", "results", "deep", "file")):
			t.Errorf("%q lies at %q", f.Source, f.At)
		default:
			sent[f.Blob.Blob] = true
		}
	}
	if len(sent) != 102 || !sent["run/link 000/deep/file"] || !sent["run/one"] ||
		!sent["run/two"] || named != 3 {
		t.Errorf("%d named, sent %v", named, sent)
	}
}

// place returns a path with all links on it followed.
func place(t *testing.T, path string) string {
	t.Helper()
	at, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestLinksOutsideMayLeadBack: what lies outside may hold links to what was given, and to folders
// above both.
func TestLinksOutsideMayLeadBack(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "run/file", "other/file")
	uploadertest.Symlink(t, "../other", filepath.Join(dir, "run", "out"))
	uploadertest.Symlink(t, "../run", filepath.Join(dir, "other", "back"))
	uploadertest.Symlink(t, "..", filepath.Join(dir, "other", "above"))
	found, _ := find(t, scan.Options{Recursive: true, FollowSymlinks: true, FollowOutside: true},
		filepath.Join(dir, "run"))
	want := []string{
		"run/file → run/file", "run/out/above → skip:symlink-loop",
		"run/out/back → skip:symlink-loop", "run/out/file → run/out/file",
	}
	if diff := cmp.Diff(want, outcomes(found)); diff != "" {
		t.Error(diff)
	}
}

// TestAPatternGoesThroughNoLink unless links are followed, and then no further than they may lead.
func TestAPatternGoesThroughNoLink(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "data/a/x.csv", "elsewhere/x.csv")
	uploadertest.Symlink(t, "../elsewhere", filepath.Join(dir, "data", "b"))
	pattern := filepath.Join(dir, "data", "*", "x.csv")
	found, totals := find(t, scan.Options{}, pattern)
	if totals.Files != 1 || totals.Skipped[scan.SkipSymlink] != 1 {
		t.Errorf("%v", outcomes(found))
	}
	found, totals = find(t, scan.Options{FollowSymlinks: true}, pattern)
	if totals.Files != 1 || totals.Skipped[scan.SkipOutside] != 1 {
		t.Errorf("inside: %v", outcomes(found))
	}
	found, totals = find(t, scan.Options{FollowSymlinks: true, FollowOutside: true}, pattern)
	if totals.Files != 2 || totals.Outside != 1 {
		t.Errorf("anywhere: %v, %+v", outcomes(found), totals)
	}
	if err := os.Symlink("a", filepath.Join(dir, "data", "c")); err != nil {
		t.Fatal(err)
	}
	if _, totals = find(t, scan.Options{FollowSymlinks: true}, pattern); totals.Files != 2 {
		t.Errorf("inside, with a link inside: %+v", totals)
	}
}
