package journal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
)

// TestLogCutAndWithFlippedBits: whatever happens to the log of a process that was killed, the
// journal is what it was after one of the commits, and never something in between.
func TestLogCutAndWithFlippedBits(t *testing.T) {
	dir := quickDir(t)
	j := open(t, dir)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	id, err := j.AddTransfer(ctx, ledger.Transfer{Inbox: "inbox", Roots: []string{"/data"}})
	must(err)
	all := []ledger.Batch{
		{BatchHead: ledger.BatchHead{Transfer: id, Totals: pseudorandom(1, 30)}, Facts: pseudorandom(2, 3000), States: pseudorandom(3, 2000)},
		{BatchHead: ledger.BatchHead{Transfer: id, Totals: pseudorandom(1, 30)}, Facts: pseudorandom(4, 3000), States: pseudorandom(5, 6000)},
	}
	must(j.AddBatches(ctx, all))
	// From here on all is in the log alone.
	must(j.Close())
	j = open(t, dir)
	if _, err := j.Adopt(ctx, []int64{id}); err != nil {
		t.Fatal(err)
	}
	timeless := func(c content) content {
		for id, tr := range c.Transfers {
			tr.Seen = time.Time{} // of the last sign of life, which is another from second to second
			c.Transfers[id] = tr
		}
		return c
	}
	moments := []content{timeless(contentOf(t, j))}
	for n := range byte(8) {
		c := ledger.Changes{Sync: n%2 == 0}
		for i := range all {
			all[i].States, all[i].Facts = pseudorandom(10+2*n+byte(i), len(all[i].States)), nil
			c.Batches = append(c.Batches, all[i])
		}
		c.Blocks = []ledger.BlockChange{{Job: all[0].ID * ledger.BatchSize, Block: ledger.AckedBlock{Number: int(n), CRC64: uint64(n)}}}
		must(j.Commit(ctx, c))
		moments = append(moments, timeless(contentOf(t, j)))
	}
	db, err := os.ReadFile(filepath.Join(dir, "queue.db"))
	must(err)
	log, err := os.ReadFile(filepath.Join(dir, "queue.db-wal"))
	must(err)
	must(j.Close())
	try := func(what string, log []byte) (at int, damaged bool) {
		dir := quickDir(t)
		defer func() { _ = os.RemoveAll(dir) }()
		write(t, filepath.Join(dir, "queue.db"), db)
		write(t, filepath.Join(dir, "queue.db-wal"), log)
		j, opened, err := journal.Open(t.Context(), dir, journal.Options{})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer func() { _ = j.Close() }()
		got := timeless(contentOf(t, j))
		for i := len(moments) - 1; i >= 0; i-- {
			if cmp.Equal(moments[i], got, compare) {
				return i, opened.SetAside != ""
			}
		}
		t.Errorf("%s: the journal is as it never was: %+v", what, opened)
		return -1, opened.SetAside != ""
	}
	if at, damaged := try("as it is", log); at != 8 || damaged {
		t.Errorf("an intact log leads to %d, %v", at, damaged)
	}
	step := len(log)/100 + 1
	for n := 0; n < len(log); n += step {
		try(fmt.Sprintf("cut at %d", n), log[:n])
		flipped := append([]byte(nil), log...)
		flipped[n] ^= 1 << (n % 8)
		try(fmt.Sprintf("bit of byte %d", n), flipped)
	}
}
