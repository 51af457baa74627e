package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// someBatches makes a closed journal with n batches in a folder and returns the database's path.
func someBatches(t *testing.T, dir string, n int) string {
	t.Helper()
	j, _ := openFine(t, dir, Options{})
	id := addTransfer(t, j)
	if err := j.Commit(t.Context(),
		ledger.Changes{Transfers: []ledger.Transfer{{ID: id, Roots: []string{"/data"}, Scanned: true}}}); err != nil {
		t.Fatal(err)
	}
	if err := j.AddBatches(t.Context(), batchesOf(id, n)); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "queue.db")
}

// TestDamageThatIsMetInUse finds damage only when it reads that page, says so, and the next Open
// repairs it.
func TestDamageThatIsMetInUse(t *testing.T) {
	dir := t.TempDir()
	path := someBatches(t, dir, 5)
	j, _ := openFine(t, dir, Options{})
	at, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := int64(20); page < at.Size()/pageSize; page++ {
		flip(t, path, page*pageSize+pageSize/2)
	}
	met := 0
	for id := range int64(5) {
		if _, err := j.Batch(t.Context(), id+1); err != nil {
			refused(t, err, problem.JournalDamaged)
			met++
		}
	}
	if met == 0 {
		t.Fatal("no damage was met")
	}
	// As long as this process has it open, nobody takes it away.
	_, _, err = Open(t.Context(), dir, Options{Patience: time.Nanosecond})
	refused(t, err, problem.JournalDamaged)
	if err := j.Close(); err != nil && !errors.Is(err, problem.ErrJournal) {
		t.Fatal(err)
	}
	again, opened := openFine(t, dir, Options{})
	if opened.SetAside == "" || opened.Lost != met || opened.Kept != 5-met {
		t.Errorf("Open says %+v, want %d lost", opened, met)
	}
	equal(t, "what is read again", opened.Again, []string{"/data"})
	if words := opened.Explain().String(); !strings.Contains(words, "/data") ||
		!strings.Contains(words, "queue-damaged-") {
		t.Errorf("Open says %q", words)
	}
	// Nothing is promised of uploads that may replace what is there.
	if words := opened.Explain().String(); !strings.Contains(words, "left alone") {
		t.Errorf("Open says %q", words)
	}
	opened.Replaces = true
	if words := opened.Explain().String(); strings.Contains(words, "left alone") {
		t.Errorf("of uploads that replace, Open says %q", words)
	}
	holds(t, again, 5-met)
	if exists(filepath.Join(dir, "queue.check")) {
		t.Error("the next Open would look at all of it again")
	}
}

// TestTheNewestDamagedDatabasesAreKept: each is as large as the list, so they don't pile up; other
// files are left alone.
func TestTheNewestDamagedDatabasesAreKept(t *testing.T) {
	dir := t.TempDir()
	path := someBatches(t, dir, 1)
	old := []string{"queue-damaged-20250101T000000Z.db", "queue-damaged-20250102T000000Z.db", "queue-damaged-20250103T000000Z.db", "queue-damaged-20250104T000000Z.db"}
	for _, name := range append(old, old[0]+"-wal", "queue-damaged-notes.txt") {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, opened := openFine(t, dir, Options{})
	left, err := filepath.Glob(filepath.Join(dir, "queue-damaged-*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	equal(t, "left", left, append(old[2:], filepath.Base(opened.SetAside),
		"queue-damaged-notes.txt"))
}

// TestARepairThatWasInterrupted begins with what a process leaves that is killed between any two
// steps of a repair.
func TestARepairThatWasInterrupted(t *testing.T) {
	for _, c := range []struct {
		name string
		step func(f files) error
		kept int
	}{
		{"while the new one was made", func(f files) error {
			return errors.Join(os.WriteFile(f.making(), []byte("half"), 0o600),
				os.WriteFile(f.copied(), []byte("half"), 0o600),
				os.WriteFile(f.copied()+"-wal", []byte("half"), 0o600))
		}, 3},
		{"after the new one was made", func(f files) error { return os.WriteFile(f.recovered(), []byte("an older one"), 0o600) }, 3},
		{"after the -wal was set aside", func(f files) error {
			return os.WriteFile(filepath.Join(f.dir, "queue-damaged-20260102T030405Z.db-wal"), nil,
				0o600)
		}, 3},
		{"after all was set aside", func(f files) error {
			o := Opened{}
			if err := f.build(t.Context(), f.making(), false, nil); err != nil {
				return err
			}
			return errors.Join(os.Rename(f.making(), f.recovered()), f.setAside(&o))
		}, 0},
		{"while a new one was begun", func(f files) error {
			return errors.Join(os.Rename(f.db(), filepath.Join(f.dir, "elsewhere")),
				os.WriteFile(f.making(), []byte("half"), 0o600))
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := someBatches(t, dir, 3)
			flip(t, path, 0)
			if err := c.step(files{dir}); err != nil {
				t.Fatal(err)
			}
			j, opened := openFine(t, dir, Options{})
			holds(t, j, c.kept)
			if (opened.SetAside == "") != opened.Fresh {
				t.Errorf("Open says %+v", opened)
			}
			for _, path := range []string{j.files.copied(), j.files.recovered(), j.files.making(), j.files.copied() + "-wal"} {
				if exists(path) {
					t.Errorf("%s is left", filepath.Base(path))
				}
			}
		})
	}
}

// TestALogWithoutItsDatabase finds a -wal alone: what is in it is no use, but it is not thrown
// away.
func TestALogWithoutItsDatabase(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "queue.db-wal"), []byte("precious"),
		0o600); err != nil {
		t.Fatal(err)
	}
	_, opened := openFine(t, dir, Options{})
	if b, err := os.ReadFile(opened.SetAside + "-wal"); err != nil || string(b) != "precious" {
		t.Errorf("the log holds %q, %v; Open says %+v", b, err, opened)
	}
}

// TestADamagedIDFarAway must not make a repair look up all ids below it.
func TestADamagedIDFarAway(t *testing.T) {
	seen := map[int64]bool{maxProbes: true, 7: true, 8: true, 11: true}
	equal(t, "candidates", candidates(seen), []int64{7, 8, 9, 10, 11, maxProbes})
}

// TestForeignDatabase sets any other file aside: it is not this program's.
func TestForeignDatabase(t *testing.T) {
	for name, text := range map[string]string{
		"another program's":       "CREATE TABLE t(x); PRAGMA user_version=1;",
		"another program's newer": "CREATE TABLE t(x); PRAGMA user_version=7;",
		"one with a trigger": literal +
			"CREATE TRIGGER x AFTER INSERT ON transfers BEGIN DELETE FROM transfers; END;",
		"one without a table":    literal + "DROP TABLE ranks;",
		"one with another table": literal + "DROP TABLE ranks; CREATE TABLE ranks(job TEXT);",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeDatabase(t, dir, text)
			j, opened := openFine(t, dir, Options{})
			if opened.SetAside == "" {
				t.Errorf("Open says %+v", opened)
			}
			addTransfer(t, j)
			holds(t, j, 0)
		})
	}
	t.Run("no database at all", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "queue.db"),
			[]byte(strings.Repeat("something else ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, opened := openFine(t, dir, Options{})
		if b, err := os.ReadFile(opened.SetAside); err != nil ||
			!strings.HasPrefix(string(b), "something else") {
			t.Errorf("what was set aside holds %.20q, %v", b, err)
		}
	})
}
