package stream

import (
	"testing"

	"pgregory.net/rapid"

	"inboxuploader/uploader/ledger"
)

// TestBlocksGrowSoThat50000AreEnough: data of a known length needs no more, whatever the line does
// meanwhile, and no block is larger than the memory has room for two.
func TestBlocksGrowSoThat50000AreEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		memory := rapid.Int64Range(mib, 16<<30).Draw(t, "memory")
		preferred := rapid.SampledFrom([]int64{0, 64 << 10, 8 << 20, 4000 << 20}).Draw(t, "preferred")
		total := rapid.Int64Range(0, 200<<40).Draw(t, "total")
		s := newSizes(total, preferred, memory)
		if s.least > s.most {
			return // is refused
		}
		blocks, offset := 0, int64(0)
		for end := max(total, 1<<40); offset < end && blocks < ledger.MaxBlocks; blocks++ {
			speed := float64(blocks % 3 * 1_000_000)
			n := s.next(offset, speed)
			if n < 64<<10 || n*inMemory > memory || n > ledger.MaxBlockSize {
				t.Fatalf("a block of %d bytes in a memory of %d", n, memory)
			}
			offset += n
		}
		if offset < total {
			t.Fatalf("%d blocks come to %d of %d bytes", blocks, offset, total)
		}
	})
}

// TestHowLongDataMayBe says what the help and the error say.
func TestHowLongDataMayBe(t *testing.T) {
	const tib = 1 << 40
	for _, c := range []struct {
		name          string
		total, memory int64
		want          float64 // TiB, at least
	}{
		{"of unknown length, by default", 0, 80 << 20, 1.7},
		{"of unknown length, with 8 GB", 0, 8 << 30, 125},
		{"announced, by default", 1 << 40, 80 << 20, 1.9},
		{"announced, with 8 GB: the service's own limit", 1 << 40, 8 << 30, 190.7},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSizes(c.total, 0, c.memory)
			if got := float64(s.reach()) / tib; got < c.want || got > c.want*1.1 {
				t.Errorf("%.2f TiB, want %.1f", got, c.want)
			}
		})
	}
}
