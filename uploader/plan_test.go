package uploader

import (
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"
)

func TestBlockSizeKeepsTheServicesLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, maxBlobSize).Draw(t, "size")
		preferred := rapid.SampledFrom([]int64{0, MinBlockSize, 100 * mib, maxBlockSize}).Draw(t, "preferred")
		bs := blockSizeFor(size, preferred)
		if n := blockCount(size, bs); n > maxBlocks || bs > maxBlockSize {
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
		{"the largest of all", maxBlobSize, maxBlockSize},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := blockSizeFor(c.size, 0); got != c.want {
				t.Errorf("blockSizeFor(%d) = %d MiB, want %d", c.size, got/mib, c.want/mib)
			}
		})
	}
}

func TestBlockIDsHaveOneLengthAndNeverRepeat(t *testing.T) {
	seen := map[string]bool{}
	for _, upload := range [][16]byte{newUploadID(), newUploadID()} {
		for n, crc := range map[int]uint64{0: 0, 1: 0, 9: 1 << 31, 10: 1, 255: 7, 256: 7, 49_999: 1<<64 - 1} {
			id := blockID(upload, n, crc)
			raw, err := base64.StdEncoding.DecodeString(id)
			if err != nil || len(raw) != 36 || len(id) != 48 {
				t.Errorf("id %q: %d raw bytes, %v", id, len(raw), err)
			}
			if seen[id] {
				t.Errorf("id %q twice", id)
			}
			seen[id] = true
			if other := blockID(upload, n, crc^0x40); seen[other] {
				t.Errorf("id %q for other bytes", other)
			}
		}
	}
}
