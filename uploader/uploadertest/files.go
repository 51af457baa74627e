package uploadertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tree makes files, and folders where a path ends with a slash.
func Tree(t testing.TB, dir string, paths ...string) {
	t.Helper()
	for _, p := range paths {
		if strings.HasSuffix(p, "/") {
			if err := os.MkdirAll(filepath.Join(dir, p), 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		WriteFile(t, filepath.Join(dir, p), p)
	}
}

// Symlink makes a link, and skips the test where the system makes none.
func Symlink(t testing.TB, target, link string) {
	t.Helper()
	if err := os.Symlink(target, link); err != nil {
		t.Skipf("this system makes no links: %v", err)
	}
}

// WriteFile writes a file and makes the folders above it.
func WriteFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
