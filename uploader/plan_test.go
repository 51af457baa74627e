package uploader

import (
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/store"
)

func TestBlockSizeKeepsTheServicesLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, maxBlobSize).Draw(t, "size")
		preferred := rapid.SampledFrom([]int64{0, MinBlockSize, 100 * mib, ledger.MaxBlockSize}).Draw(t, "preferred")
		bs := blockSizeFor(size, preferred)
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
		{"one byte", 1, 8 * mib},
		{"the largest for the default", 50_000 * 8 * mib, 8 * mib},
		{"one byte more", 50_000*8*mib + 1, 9 * mib},
		{"1 TB", 1e12, 20 * mib},
		{"1 TiB", 1 << 40, 21 * mib},
		{"the largest of all", maxBlobSize, ledger.MaxBlockSize},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := blockSizeFor(c.size, 0); got != c.want {
				t.Errorf("blockSizeFor(%d) = %d MiB, want %d", c.size, got/mib, c.want/mib)
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
		{"2 MB/s", 60e6, 2e6, mib},
		{"10 MB/s", 1e9, 10e6, 8 * mib},
		{"1 GB/s", 1e9, 1e9, 8 * mib},
		{"1 TB at 20 kB/s", 1e12, 20e3, 20 * mib},
		{"60 MB over a line of which nothing is known", 60e6, 0, mib},
		{"600 MB likewise", 600e6, 0, 4 * mib},
		{"4 GiB likewise", 4 << 30, 0, 8 * mib},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := blockSizeFor(c.size, pacedBlockSize(c.size, c.perSecond)); got != c.want {
				t.Errorf("%d KiB, want %d", got>>10, c.want>>10)
			}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		size, perSecond := rapid.Int64Range(1, maxBlobSize).Draw(t, "size"), rapid.Float64Range(0, 1e12).Draw(t, "per second")
		paced := pacedBlockSize(size, perSecond)
		if bs := blockSizeFor(size, paced); paced < slowBlockSize || paced > defaultBlockSize || ledger.BlockCount(size, bs) > ledger.MaxBlocks {
			t.Fatalf("%d blocks of %d bytes", ledger.BlockCount(size, bs), bs)
		}
		if whole := wholeSize(perSecond); whole < slowBlockSize || whole > defaultBlockSize {
			t.Fatalf("%d bytes in one request", whole)
		}
	})
}

func TestBlockIDsHaveOneLengthAndNeverRepeat(t *testing.T) {
	seen := map[string]bool{}
	for _, upload := range [][16]byte{store.NewUploadID(), store.NewUploadID()} {
		for n, crc := range map[int]uint64{0: 0, 1: 0, 9: 1 << 31, 10: 1, 255: 7, 256: 7, 49_999: 1<<64 - 1} {
			id := store.BlockID(upload, n, crc)
			raw, err := base64.StdEncoding.DecodeString(id)
			if err != nil || len(raw) != 36 || len(id) != 48 {
				t.Errorf("id %q: %d raw bytes, %v", id, len(raw), err)
			}
			if seen[id] {
				t.Errorf("id %q twice", id)
			}
			seen[id] = true
			if other := store.BlockID(upload, n, crc^0x40); seen[other] {
				t.Errorf("id %q for other bytes", other)
			}
		}
	}
}
