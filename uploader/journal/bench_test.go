package journal

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/ledger"
)

// A batch of 256 jobs as the queue encodes it is some 40 KB of facts and up to 20 KB of states.

// millionDir is where the journal of a million jobs is, which all benchmarks of this run share.
var millionDir string

// RemoveMillion removes it.
func RemoveMillion() { _ = os.RemoveAll(millionDir) }

// million makes a journal of a million jobs: 4,000 batches of ten transfers, closed as it should
// be.
func million(b *testing.B) (dir string) {
	b.Helper()
	if millionDir != "" {
		return millionDir
	}
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		b.Fatal(err)
	}
	millionDir = dir
	j, _, err := Open(b.Context(), dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for range 10 {
		id, err := j.AddTransfer(b.Context(), ledger.Transfer{Roots: []string{"/data"}})
		if err != nil {
			b.Fatal(err)
		}
		for range 100 {
			if err := j.AddBatches(b.Context(), batchesOf(id, 4)); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkMillionOpen is the time from a closed journal of a million jobs to all heads in memory.
func BenchmarkMillionOpen(b *testing.B) {
	dir := million(b)
	b.ReportAllocs()
	for b.Loop() {
		j, _, err := Open(b.Context(), dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if c, err := j.Load(b.Context()); err != nil || len(c.Batches) != 4000 {
			b.Fatalf("%d batches, %v", len(c.Batches), err)
		}
		b.StopTimer()
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkMillionLoad(b *testing.B) {
	j, _ := openFine(b, million(b), Options{})
	b.ReportAllocs()
	for b.Loop() {
		if c, err := j.Load(b.Context()); err != nil || len(c.Batches) != 4000 {
			b.Fatalf("%d batches, %v", len(c.Batches), err)
		}
	}
}

func BenchmarkMillionBatch(b *testing.B) {
	j, _ := openFine(b, million(b), Options{})
	b.ReportAllocs()
	id := int64(0)
	for b.Loop() {
		id = (id + 997) % 4000
		if x, err := j.Batch(b.Context(), id+1); err != nil || len(x.Facts) == 0 {
			b.Fatalf("batch %d: %v", id+1, err)
		}
	}
}

// BenchmarkMillionCheck is what Open does besides after a process was killed (trees), or damage was
// met (everything).
func BenchmarkMillionCheck(b *testing.B) {
	for name, how := range map[string]thoroughness{"form": form, "trees": trees, "everything": everything} {
		b.Run(name, func(b *testing.B) {
			db, err := connect(filepath.Join(million(b), "queue.db"), looking)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = db.Close() })
			b.ReportAllocs()
			for b.Loop() {
				if err := check(b.Context(), db, how); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMillionRepair reads a million jobs out of a damaged file into a new one.
func BenchmarkMillionRepair(b *testing.B) {
	whole, err := os.ReadFile(filepath.Join(million(b), "queue.db"))
	if err != nil {
		b.Fatal(err)
	}
	whole[len(whole)/2] ^= 1
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		writeFile(b, filepath.Join(dir, "queue.db"), whole)
		writeFile(b, filepath.Join(dir, "queue.check"), nil)
		b.StartTimer()
		j, opened, err := Open(b.Context(), dir, Options{})
		if err != nil || opened.Kept != 3999 {
			b.Fatalf("%+v, %v", opened, err)
		}
		b.StopTimer()
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkAddBatches keeps four new batches, as a scan does with each thousand files.
func BenchmarkAddBatches(b *testing.B) {
	j, _ := openFine(b, b.TempDir(), Options{})
	id, err := j.AddTransfer(b.Context(), ledger.Transfer{})
	if err != nil {
		b.Fatal(err)
	}
	all := batchesOf(id, 4)
	b.ReportAllocs()
	for b.Loop() {
		if err := j.AddBatches(b.Context(), all); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCommit keeps four batches' new states and 100 acknowledged blocks, as the queue does
// some 20 times a second.
func BenchmarkCommit(b *testing.B) {
	for name, sync := range map[string]bool{"process": false, "power": true} {
		b.Run(name, func(b *testing.B) {
			j, _ := openFine(b, b.TempDir(), Options{})
			id, err := j.AddTransfer(b.Context(), ledger.Transfer{})
			if err != nil {
				b.Fatal(err)
			}
			all := batchesOf(id, 4)
			if err := j.AddBatches(b.Context(), all); err != nil {
				b.Fatal(err)
			}
			c := ledger.Changes{Sync: sync, Alive: true, Batches: all}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				c.Blocks = c.Blocks[:0]
				for i := range 100 {
					n++
					job := all[i%4].ID*ledger.BatchSize + int64(i)
					c.Blocks = append(c.Blocks,
						ledger.BlockChange{Job: job, Block: ledger.AckedBlock{Number: n % 50_000, CRC64: uint64(n)}})
				}
				for i := range all {
					all[i].States[n%20_000]++
				}
				if err := j.Commit(context.Background(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkChanged is asked for whenever another process may have written.
func BenchmarkChanged(b *testing.B) {
	j, _ := openFine(b, b.TempDir(), Options{})
	b.ReportAllocs()
	for b.Loop() {
		if changed, err := j.Changed(b.Context()); err != nil || changed {
			b.Fatalf("%v, %v", changed, err)
		}
	}
}
