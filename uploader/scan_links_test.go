package uploader_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader"
	"inboxuploader/uploader/uploadertest"
)

func TestScanFollowsLinks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd tree")
	uploadertest.WriteOddTree(t, dir)
	links := func(opts uploader.ScanOptions) map[string]string {
		opts.Recursive, opts.FollowSymlinks = true, true
		found, _ := scan(t, opts, dir)
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
	if diff := cmp.Diff(want, links(uploader.ScanOptions{})); diff != "" {
		t.Error(diff)
	}
	delete(want, "outside folder")
	want["outside file"], want["outside folder/secret.txt"] = "outside file", "outside folder/secret.txt"
	if diff := cmp.Diff(want, links(uploader.ScanOptions{FollowOutside: true})); diff != "" {
		t.Error(diff)
	}
	found, _ := scan(t, uploader.ScanOptions{Recursive: true, FollowSymlinks: true, Exclude: []string{"to *"}, Include: []string{"*.csv"}}, dir)
	for _, f := range found {
		if strings.HasPrefix(f.Rel, "odd tree/links/to ") && f.Skip != uploader.SkipExcluded {
			t.Errorf("%q: %s", f.Rel, outcome(f))
		}
	}
}

func TestScanTakesNoSiblingForThePartOfARoot(t *testing.T) {
	dir := t.TempDir()
	tree(t, dir, "data/a", "data2/secret")
	symlink(t, "../data2/secret", filepath.Join(dir, "data", "link"))
	found, _ := scan(t, uploader.ScanOptions{Recursive: true, FollowSymlinks: true}, filepath.Join(dir, "data"))
	if diff := cmp.Diff([]string{"data/a → data/a", "data/link → skip:symlink-outside"}, outcomes(found)); diff != "" {
		t.Error(diff)
	}
}

func TestScanEndsWhereFoldersLinkToEachOther(t *testing.T) {
	dir := t.TempDir()
	const n = 12 // followed blindly, these would be some 12! paths
	for i := range n {
		tree(t, dir, fmt.Sprintf("web/d%d/file", i))
		for j := range n {
			symlink(t, fmt.Sprintf("../d%d", j), filepath.Join(dir, "web", fmt.Sprintf("d%d", i), fmt.Sprintf("l%d", j)))
		}
	}
	_, totals := scan(t, uploader.ScanOptions{Recursive: true, FollowSymlinks: true}, filepath.Join(dir, "web"))
	if totals.Files < n || totals.Files > 101*n || totals.Skipped[uploader.SkipLoop] == 0 {
		t.Errorf("%+v", totals)
	}
}

// TestAFolderIsSentUnderTheNameOfEachLink that leads to it, as the results of workflow engines are; from the hundredth on they are named.
func TestAFolderIsSentUnderTheNameOfEachLink(t *testing.T) {
	dir := t.TempDir()
	tree(t, dir, "work/results/deep/file", "run/")
	for i := range 103 {
		symlink(t, "../work/results", filepath.Join(dir, "run", fmt.Sprintf("link %03d", i)))
	}
	symlink(t, "../work/results/deep/file", filepath.Join(dir, "run", "one"))
	symlink(t, "one", filepath.Join(dir, "run", "two"))
	found, totals := scan(t, uploader.ScanOptions{Recursive: true, FollowSymlinks: true, FollowOutside: true}, filepath.Join(dir, "run"))
	if totals.Files != 102 || totals.Skipped[uploader.SkipFollowed] != 3 || totals.Outside != 102 {
		t.Errorf("%+v", totals)
	}
	sent, named := map[string]bool{}, 0
	for _, f := range found {
		switch {
		case f.Skip == uploader.SkipFollowed:
			named++
		case f.At.String() != place(t, filepath.Join(dir, "work", "results", "deep", "file")):
			t.Errorf("%q lies at %q", f.Source, f.At)
		default:
			sent[f.Blob.Blob] = true
		}
	}
	if len(sent) != 102 || !sent["run/link 000/deep/file"] || !sent["run/one"] || !sent["run/two"] || named != 3 {
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

// TestLinksOutsideMayLeadBack: what lies outside may hold links to what was given, and to folders above both.
func TestLinksOutsideMayLeadBack(t *testing.T) {
	dir := t.TempDir()
	tree(t, dir, "run/file", "other/file")
	symlink(t, "../other", filepath.Join(dir, "run", "out"))
	symlink(t, "../run", filepath.Join(dir, "other", "back"))
	symlink(t, "..", filepath.Join(dir, "other", "above"))
	found, _ := scan(t, uploader.ScanOptions{Recursive: true, FollowSymlinks: true, FollowOutside: true}, filepath.Join(dir, "run"))
	want := []string{
		"run/file → run/file", "run/out/above → skip:symlink-loop", "run/out/back → skip:symlink-loop", "run/out/file → run/out/file",
	}
	if diff := cmp.Diff(want, outcomes(found)); diff != "" {
		t.Error(diff)
	}
}

// TestAPatternGoesThroughNoLink unless links are followed, and then no further than they may lead.
func TestAPatternGoesThroughNoLink(t *testing.T) {
	dir := t.TempDir()
	tree(t, dir, "data/a/x.csv", "elsewhere/x.csv")
	symlink(t, "../elsewhere", filepath.Join(dir, "data", "b"))
	pattern := filepath.Join(dir, "data", "*", "x.csv")
	found, totals := scan(t, uploader.ScanOptions{}, pattern)
	if totals.Files != 1 || totals.Skipped[uploader.SkipSymlink] != 1 {
		t.Errorf("%v", outcomes(found))
	}
	found, totals = scan(t, uploader.ScanOptions{FollowSymlinks: true}, pattern)
	if totals.Files != 1 || totals.Skipped[uploader.SkipOutside] != 1 {
		t.Errorf("inside: %v", outcomes(found))
	}
	found, totals = scan(t, uploader.ScanOptions{FollowSymlinks: true, FollowOutside: true}, pattern)
	if totals.Files != 2 || totals.Outside != 1 {
		t.Errorf("anywhere: %v, %+v", outcomes(found), totals)
	}
	if err := os.Symlink("a", filepath.Join(dir, "data", "c")); err != nil {
		t.Fatal(err)
	}
	if _, totals = scan(t, uploader.ScanOptions{FollowSymlinks: true}, pattern); totals.Files != 2 {
		t.Errorf("inside, with a link inside: %+v", totals)
	}
}
