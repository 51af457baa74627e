package store

import (
	"encoding/base64"
	"testing"
)

func TestBlockIDsHaveOneLengthAndNeverRepeat(t *testing.T) {
	seen := map[string]bool{}
	for _, upload := range [][16]byte{NewUploadID(), NewUploadID()} {
		for n, crc := range map[int]uint64{0: 0, 1: 0, 9: 1 << 31, 10: 1, 255: 7, 256: 7, 49_999: 1<<64 - 1} {
			id := BlockID(upload, n, crc)
			raw, err := base64.StdEncoding.DecodeString(id)
			if err != nil || len(raw) != 36 || len(id) != 48 {
				t.Errorf("id %q: %d raw bytes, %v", id, len(raw), err)
			}
			if seen[id] {
				t.Errorf("id %q twice", id)
			}
			seen[id] = true
			if other := BlockID(upload, n, crc^0x40); seen[other] {
				t.Errorf("id %q for other bytes", other)
			}
		}
	}
}
