package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/journal"
)

func TestAJournalIsRemovedUnlessItIsInUse(t *testing.T) {
	dir := t.TempDir()
	nothing := func() error { return nil }
	if err := journal.Remove(dir, nothing); err != nil {
		t.Errorf("where there is none: %v", err)
	}
	for _, name := range []string{"queue-damaged-20260101T000000Z.db", "mine.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j := open(t, dir)
	called := false
	err := journal.Remove(dir, func() error { called = true; return nil })
	if !errors.Is(err, journal.ErrInUse) || called || !journal.Exists(dir) {
		t.Errorf("in use: %v, called %v, there %v", err, called, journal.Exists(dir))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	if err := journal.Remove(dir, func() error { return refused }); !errors.Is(err, refused) ||
		!journal.Exists(dir) {
		t.Errorf("refused: %v, there %v", err, journal.Exists(dir))
	}
	if err := journal.Remove(dir, nothing); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "mine.txt" {
		t.Errorf("left: %v, %v", left, err)
	}
}
