package scan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// FuzzNoTwoFilesGetOneName makes a tree of the names in a text, scans it and checks that each file
// is accounted for once: with a name of its own, or with the file whose name it would have got.
func FuzzNoTwoFilesGetOneName(f *testing.F) {
	f.Add("a\nA\na.\na..\n...")
	f.Add("x\\y\nx_y\nx/y\nx\x01y\nx\x02y")
	f.Add("cafe\u0301\ncaf\u00e9\ncaf\u00e9.")
	f.Add("d./f\nd/f\nd../f\nd.\x01/f\nd/f.")
	f.Add("\xff\n\xfe\n_\n\ue000\n\ufffe")
	f.Add(strings.Repeat("é", 120) + "\n" + strings.Repeat("e\u0301", 80))
	f.Fuzz(func(t *testing.T, text string) {
		root := filepath.Join(t.TempDir(), "root")
		if err := os.Mkdir(root, 0o700); err != nil {
			t.Fatal(err)
		}
		made := 0
		for i, name := range strings.Split(text, "\n") {
			path := filepath.Join(root, name)
			if i > 30 || len(name) > 200 || strings.ContainsRune(name, 0) ||
				!strings.HasPrefix(path, root+string(filepath.Separator)) {
				continue
			}
			if os.MkdirAll(filepath.Dir(path), 0o700) != nil {
				continue // a file stands there
			}
			file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				continue // it is there already, or the system does not take the name
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			made++
		}
		named, sources, dropped := map[string]string{}, map[string]bool{}, 0
		_, err := scan.Files(t.Context(), []string{root},
			scan.Options{Recursive: true, NoDefaultExcludes: true, Inbox: token.Inbox{Prefix: "in"}}, func(found []scan.Found) error {
				for _, x := range found {
					if sources[x.Source] {
						t.Errorf("%q came twice", x.Source)
					}
					sources[x.Source] = true
					switch {
					case x.Skip == scan.SkipEmptyFolder:
					case x.Skip != "":
						t.Errorf("%q was skipped: %s", x.Source, x.Skip)
					case x.Err != nil:
						dropped += files(t, x.Source)
						if x.Err.Reason == problem.NameTaken && x.Err.Value == "" {
							t.Errorf("%q: %v names no other file", x.Source, x.Err)
						}
					default:
						if other, taken := named[x.Blob.Blob]; taken {
							t.Errorf("%q and %q both get the name %q", other, x.Source, x.Blob.Blob)
						}
						named[x.Blob.Blob] = x.Source
						if !strings.HasPrefix(x.Blob.Blob, "in/root/") ||
							!utf8.ValidString(x.Blob.Blob) {
							t.Errorf("%q gets the name %q", x.Source, x.Blob.Blob)
						}
					}
				}
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
		if len(named)+dropped != made {
			t.Errorf("%d files: %d have names, %d were refused", made, len(named), dropped)
		}
	})
}

// files counts the files at or below a path.
func files(t *testing.T, path string) (n int) {
	t.Helper()
	err := filepath.WalkDir(path, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
