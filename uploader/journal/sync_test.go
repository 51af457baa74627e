package journal_test

import (
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/ledger"
)

// TestADurableCommitOfNothingKeepsWhatWasCommittedBefore: SQLite writes what a commit changed and
// has the disk keep that; of a commit that changes nothing it does neither, and what was committed
// without Sync before could be lost with the machine's power.
func TestADurableCommitOfNothingKeepsWhatWasCommittedBefore(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	defer func() { _ = j.Close() }()
	id, err := j.AddTransfer(t.Context(), ledger.Transfer{Inbox: "inbox"})
	if err != nil {
		t.Fatal(err)
	}
	commit := func(c ledger.Changes) (written int64) {
		t.Helper()
		log := filepath.Join(dir, "queue.db-wal")
		before, err := os.Stat(log)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		after, err := os.Stat(log)
		if err != nil {
			t.Fatal(err)
		}
		return after.Size() - before.Size()
	}
	if n := commit(ledger.Changes{Transfers: []ledger.Transfer{{ID: id, Inbox: "inbox", Scanned: true}}}); n == 0 {
		t.Fatal("a change was not written")
	}
	if n := commit(ledger.Changes{Sync: true}); n == 0 {
		t.Error("nothing was written, so nothing was synced")
	}
	if n := commit(ledger.Changes{Sync: true}); n != 0 {
		t.Error("something was written though all had been synced")
	}
}
