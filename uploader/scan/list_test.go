package scan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// listOf writes a list and returns its path.
func listOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAListNamesWhatIsSent(t *testing.T) {
	dir := t.TempDir()
	uploadertest.Tree(t, dir, "d/a", "d/b", "d/.git/HEAD", "d/s/c", "d/s/t/e", "d/v.", "d/v", "d/w.", "d/w", "d/u/.DS_Store", "d/u/f")
	for _, c := range []struct {
		name, list string
		opts       scan.Options
		want       []string
	}{
		{"files", "a\ns/t/e\n", scan.Options{}, []string{"d/a → d/a", "d/s/t/e → d/s/t/e"}},
		{"NULs", "a\x00s/c", scan.Options{}, []string{"d/a → d/a", "d/s/c → d/s/c"}},
		{"ends of lines as Windows has them", "a\r\n\r\n./s//c\r\n", scan.Options{}, []string{"d/a → d/a", "d/s/c → error:source-missing"}},
		{"what is not there", "b\ns/none\nnone/at/all\nb/c\n", scan.Options{}, []string{
			"d/b → d/b", "d/b/c → error:source-missing", "d/none/at/all → error:source-missing", "d/s/none → error:source-missing",
		}},
		{"system files that are named", ".git/HEAD\nu\n", scan.Options{Recursive: true}, []string{
			"d/.git/HEAD → d/.git/HEAD", "d/u/.DS_Store → skip:junk", "d/u/f → d/u/f",
		}},
		{"a folder", "s\n", scan.Options{}, []string{"d/s → error:source-is-folder"}},
		{"a folder with some of it", "s\ns/c\n", scan.Options{}, []string{"d/s/c → d/s/c"}},
		{"a folder with all of it", "s\ns/c\n", scan.Options{Recursive: true}, []string{"d/s/c → d/s/c", "d/s/t/e → d/s/t/e"}},
		{"excluded all the same", "a\nb\n", scan.Options{Exclude: []string{"a"}}, []string{"d/a → skip:excluded", "d/b → d/b"}},
		{"a renamed file whose name a file has that is not named", "v.\n", scan.Options{}, []string{"d/v. → d/v"}},
		{"a renamed file whose name is taken", "w.\nw\n", scan.Options{}, []string{"d/w → d/w", "d/w. → error:name-taken"}},
		{"without the folder's name", "a\nnone\n", scan.Options{Contents: true, Folder: "p"}, []string{"p/a → p/a", "p/none → error:source-missing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.FilesFrom = listOf(t, c.list)
			found, _ := find(t, c.opts, filepath.Join(dir, "d"))
			if diff := cmp.Diff(c.want, outcomes(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAListThatLeadsOutsideIsRefused(t *testing.T) {
	for _, line := range []string{"..", "../a", "a/../../b", "a/..", "/etc/passwd", "https://host/c?sig=c2VjcmV0"} {
		err := (scan.Options{FilesFrom: listOf(t, "a\n"+line+"\n")}).Check()
		if problem.ReasonOf(err) != problem.ListOutside {
			t.Errorf("%q: %v", line, err)
		}
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "c2VjcmV0") {
			t.Errorf("a signature is repeated: %s", text)
		}
	}
	err := (scan.Options{FilesFrom: filepath.Join(t.TempDir(), "none")}).Check()
	if problem.ReasonOf(err) != problem.ListUnreadable {
		t.Error(err)
	}
}
