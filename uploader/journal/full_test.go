package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// batchesOf returns new batches of a transfer, of some 60 KB each.
func batchesOf(transfer int64, n int) []ledger.Batch {
	all := make([]ledger.Batch, n)
	for i := range all {
		all[i] = ledger.Batch{
			BatchHead: ledger.BatchHead{Transfer: transfer, Totals: make([]byte, 64)},
			Facts:     make([]byte, 40_000), States: make([]byte, 20_000),
		}
	}
	return all
}

// fillUp adds batches until there is no room, and returns how many there are then.
func fillUp(t *testing.T, j *Journal, transfer int64) int {
	t.Helper()
	for n := 0; ; n++ {
		err := j.AddBatches(t.Context(), batchesOf(transfer, 1))
		if err != nil {
			refused(t, err, problem.JournalFull)
			return n
		}
		if n > 10_000 {
			t.Fatal("the disk does not fill")
		}
	}
}

// holds checks how many batches there are, and that each is whole.
func holds(t *testing.T, j *Journal, want int) {
	t.Helper()
	c, err := j.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Batches) != want {
		t.Errorf("%d batches, want %d", len(c.Batches), want)
	}
	for _, h := range c.Batches {
		if _, err := j.Batch(t.Context(), h.ID); err != nil {
			t.Error(err)
		}
	}
}

func TestFullFile(t *testing.T) {
	j, _ := openFine(t, t.TempDir(), Options{})
	id, err := j.AddTransfer(t.Context(), ledger.Transfer{})
	if err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		t.Helper()
		if err := j.change(t.Context(), false, func(ctx context.Context) error {
			var now int
			return j.writer.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count=%d",
				pages)).Scan(&now)
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(100)
	n := fillUp(t, j, id)
	holds(t, j, n)
	limit(1000)
	if err := j.AddBatches(t.Context(), batchesOf(id, 1)); err != nil {
		t.Errorf("after there was room again: %v", err)
	}
	holds(t, j, n+1)
}

func TestFullDisk(t *testing.T) {
	disk := smallDisk(t, 5<<20)
	dir := filepath.Join(disk, "state")
	j, _ := openFine(t, dir, Options{network: func(string) bool { return false }})
	id, err := j.AddTransfer(t.Context(), ledger.Transfer{})
	if err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	n := fillUp(t, j, id)
	if n == 0 {
		t.Fatal("there was no room for one batch")
	}
	holds(t, j, n)
	// Nothing else gets through either, and nothing breaks by trying.
	for range 3 {
		if err := j.AddBatches(t.Context(), batchesOf(id, 4)); !errors.Is(err, problem.ErrJournal) {
			t.Fatalf("AddBatches on a full disk: %v", err)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := j.AddBatches(t.Context(), batchesOf(id, 1)); err != nil {
		t.Fatalf("after there was room again: %v", err)
	}
	holds(t, j, n+1)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again, opened := openFine(t, dir, Options{})
	if opened.SetAside != "" {
		t.Errorf("Open says %s", opened.Explain())
	}
	holds(t, again, n+1)
}

func TestNoRoomForAJournal(t *testing.T) {
	disk := smallDisk(t, 64<<10)
	if err := os.WriteFile(filepath.Join(disk, "ballast"), make([]byte, 48<<10),
		0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Open(t.Context(), filepath.Join(disk, "state"), Options{})
	refused(t, err, problem.JournalFull)
}

// TestNoRoomForARepair leaves a damaged file alone until there is room for a new one.
func TestNoRoomForARepair(t *testing.T) {
	disk := smallDisk(t, 5<<20)
	dir := filepath.Join(disk, "state")
	j, _ := openFine(t, dir, Options{network: func(string) bool { return false }})
	id, err := j.AddTransfer(t.Context(), ledger.Transfer{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 12
	if err := j.AddBatches(t.Context(), batchesOf(id, n)); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(dir, "queue.db"), 0)
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := content(t, dir)
	for range 2 {
		_, _, err = Open(t.Context(), dir, Options{})
		refused(t, err, problem.JournalFull)
		if content(t, dir) != damaged {
			t.Fatal("the damaged file was changed")
		}
	}
	if err := os.Truncate(ballast, 0); err != nil {
		t.Fatal(err)
	}
	again, opened := openFine(t, dir, Options{network: func(string) bool { return false }})
	if opened.SetAside == "" || opened.Kept != n {
		t.Errorf("Open says %+v: %s", opened, opened.Explain())
	}
	holds(t, again, n)
}

// flip alters a byte of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	h, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	if _, err = h.ReadAt(b[:], at); err == nil {
		b[0] ^= 0x55
		_, err = h.WriteAt(b[:], at)
	}
	if err := errors.Join(err, h.Close()); err != nil {
		t.Fatal(err)
	}
}
