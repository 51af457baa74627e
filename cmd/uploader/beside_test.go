package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// besideTree makes the tree that each program sends, and returns its folder.
func besideTree(t *testing.T) string {
	t.Helper()
	tree := filepath.Join(t.TempDir(), "tree")
	for _, folder := range []string{"with files", "empty", "nested/in/this"} {
		if err := os.MkdirAll(filepath.Join(tree, filepath.FromSlash(folder)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, at := range map[string]time.Time{
		"a.txt":              time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC),
		"with files/b.csv":   time.Date(1999, 12, 31, 23, 59, 59, 123_456_000, time.UTC),
		"with files/c.empty": time.Date(2024, 2, 29, 12, 0, 0, 1000, time.FixedZone("", 5*3600)),
	} {
		path := filepath.Join(tree, filepath.FromSlash(name))
		text := name
		if strings.HasSuffix(name, "empty") {
			text = ""
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}

// beside says what each blob in the inbox has beside its bytes, in the order of their names.
func (l *lab) beside() (lines []string) {
	for _, b := range l.server.Blobs(labContainer) {
		var meta []string
		for k, v := range b.Metadata {
			meta = append(meta, k+"="+v)
		}
		slices.Sort(meta)
		lines = append(lines, fmt.Sprintf("%s  %d bytes  [%s]", b.Name, b.Size, strings.Join(meta, " ")))
	}
	return lines
}

// besidePeer runs another program over the tree and returns what stands in the inbox then.
func besidePeer(t *testing.T, rights, tree, name string, args func(l *lab) []string) []string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: what it keeps beside a file was not compared", name)
	}
	l := newLab(t, rights)
	home := t.TempDir()
	c := exec.CommandContext(t.Context(), path, args(l)...)
	c.Dir = filepath.Dir(tree)
	c.Env = append(os.Environ(), "HOME="+home, "AZCOPY_LOG_LOCATION="+home,
		"AZCOPY_JOB_PLAN_LOCATION="+home, "AZCOPY_DISABLE_SYSLOG=true",
		"RCLONE_CONFIG="+filepath.Join(home, "none.conf"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, strings.ReplaceAll(string(out), canaryOf(l.token), "…"))
	}
	return l.beside()
}

// TestTimesAndFoldersAreKeptAsOthersKeepThem compares the metadata of each blob with what rclone and
// AzCopy put there for the same tree. Content types are left out: all three guess, AzCopy by what is
// in a file as well, so that it calls a folder text.
func TestTimesAndFoldersAreKeptAsOthersKeepThem(t *testing.T) {
	tree := besideTree(t)
	ours := func(t *testing.T, flags ...string) []string {
		t.Helper()
		l := newLab(t, "w")
		l.outputOf(t, exitOK, append([]string{
			"copy", tree, "--recursive", "--token-file", l.tokenFile, "--state-dir", l.state,
		}, flags...)...)
		return l.beside()
	}
	t.Run("rclone", func(t *testing.T) {
		theirs := besidePeer(t, "rcwl", tree, "rclone", func(l *lab) []string {
			return []string{
				"copy", tree, ":azureblob:" + labContainer + "/tree", "--azureblob-sas-url", l.token,
				"--retries", "1",
			}
		})
		t.Log(strings.Join(theirs, "\n"))
		if got := ours(t, "--keep-times"); !slices.Equal(got, theirs) {
			t.Errorf("this program keeps\n%s\nand rclone\n%s", strings.Join(got, "\n"),
				strings.Join(theirs, "\n"))
		}
	})
	t.Run("azcopy", func(t *testing.T) {
		theirs := besidePeer(t, "rcwl", tree, "azcopy", func(l *lab) []string {
			return []string{
				"copy", tree, l.token, "--recursive", "--from-to", "LocalBlob", "--include-directory-stub",
				"--skip-version-check", "--output-level", "essential",
			}
		})
		t.Log(strings.Join(theirs, "\n"))
		// AzCopy makes one for each folder, also for those that their files show.
		shown := func(line string) bool {
			name, _, _ := strings.Cut(line, "  ")
			return slices.ContainsFunc(theirs, func(o string) bool { return strings.HasPrefix(o, name+"/") })
		}
		if n := len(theirs); n != 9 {
			t.Errorf("AzCopy made %d blobs of 3 files and 6 folders", n)
		}
		theirs = slices.DeleteFunc(slices.Clone(theirs), shown)
		if got := ours(t, "--empty-folders"); !slices.Equal(got, theirs) {
			t.Errorf("this program keeps\n%s\nand AzCopy\n%s", strings.Join(got, "\n"),
				strings.Join(theirs, "\n"))
		}
	})
}
