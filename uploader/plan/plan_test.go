package plan

import (
	"testing"

	"pgregory.net/rapid"

	"inboxuploader/uploader/ledger"
)

func TestBlockSizeKeepsTheServicesLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, maxBlobSize).Draw(t, "size")
		preferred := rapid.SampledFrom([]int64{0, MinBlockSize, 100 << 20, ledger.MaxBlockSize}).Draw(t, "preferred")
		bs := BlockSize(size, preferred)
		if n := ledger.BlockCount(size, bs); n > ledger.MaxBlocks || bs > ledger.MaxBlockSize {
			t.Fatalf("%d blocks of %d bytes", n, bs)
		}
		if preferred != 0 && bs < preferred {
			t.Fatalf("%d bytes, asked for %d", bs, preferred)
		}
	})
}

func TestBlockSizes(t *testing.T) {
	for _, c := range []struct {
		name string
		size int64
		want int64
	}{
		{"one byte", 1, 8 << 20},
		{"the largest for the default", 50_000 * 8 << 20, 8 << 20},
		{"one byte more", 50_000*8<<20 + 1, 9 << 20},
		{"1 TB", 1e12, 20 << 20},
		{"1 TiB", 1 << 40, 21 << 20},
		{"the largest of all", maxBlobSize, ledger.MaxBlockSize},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := BlockSize(c.size, 0); got != c.want {
				t.Errorf("blockSizeFor(%d) = %d MiB, want %d", c.size, got>>20, c.want>>20)
			}
		})
	}
}

// TestBlocksAreAboutASecondOfTheLine, from 256 KiB to 8 MiB, and never more than 50,000.
func TestBlocksAreAboutASecondOfTheLine(t *testing.T) {
	for _, c := range []struct {
		name      string
		size      int64
		perSecond float64
		want      int64
	}{
		{"20 kB/s", 1e9, 20e3, 256 << 10},
		{"1 MB/s", 1e9, 1e6, 512 << 10},
		{"2 MB/s", 60e6, 2e6, 1 << 20},
		{"10 MB/s", 1e9, 10e6, 8 << 20},
		{"1 GB/s", 1e9, 1e9, 8 << 20},
		{"1 TB at 20 kB/s", 1e12, 20e3, 20 << 20},
		{"60 MB over a line of which nothing is known", 60e6, 0, 1 << 20},
		{"600 MB likewise", 600e6, 0, 4 << 20},
		{"4 GiB likewise", 4 << 30, 0, 8 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := BlockSize(c.size, PacedBlockSize(c.size, c.perSecond)); got != c.want {
				t.Errorf("%d KiB, want %d", got>>10, c.want>>10)
			}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		size, perSecond := rapid.Int64Range(1, maxBlobSize).Draw(t, "size"),
			rapid.Float64Range(0, 1e12).Draw(t, "per second")
		paced := PacedBlockSize(size, perSecond)
		if bs := BlockSize(size, paced); paced < slowBlockSize || paced > DefaultBlockSize ||
			ledger.BlockCount(size, bs) > ledger.MaxBlocks {
			t.Fatalf("%d blocks of %d bytes", ledger.BlockCount(size, bs), bs)
		}
		if whole := WholeSize(perSecond); whole < slowBlockSize || whole > DefaultBlockSize {
			t.Fatalf("%d bytes in one request", whole)
		}
	})
}
