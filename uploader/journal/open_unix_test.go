//go:build unix

package journal

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"inboxuploader/uploader/ledger"
)

func TestFilesAreTheOwnersAlone(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		t.Run(fmt.Sprintf("umask %03o", umask), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			defer unix.Umask(unix.Umask(umask))
			ownersAlone(t, dir)
		})
	}
}

func ownersAlone(t *testing.T, dir string) {
	t.Helper()
	j, _ := openFine(t, dir, Options{})
	id, err := j.AddTransfer(t.Context(), ledger.Transfer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Commit(t.Context(),
		ledger.Changes{Transfers: []ledger.Transfer{{ID: id}}}); err != nil {
		t.Fatal(err)
	}
	j.files.wantCheck()
	seen := map[string]bool{}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if at.Mode().Perm() != want {
			t.Errorf("%s has rights %o, want %o", path, at.Mode().Perm(), want)
		}
		seen[strings.TrimPrefix(path, dir)] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "/queue.db", "/queue.db-wal", "/queue.db-shm", "/queue.lock", "/queue.check", "/run", "/run/" + j.id + ".lock"} {
		if !seen[name] {
			t.Errorf("%q is not there", name)
		}
	}
}

func TestAFolderThatIsThereKeepsItsRights(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	openFine(t, dir, Options{})
	if at, err := os.Stat(dir); err != nil || at.Mode().Perm() != 0o755 {
		t.Errorf("rights %o, want 755 (%v)", at.Mode().Perm(), err)
	}
}
