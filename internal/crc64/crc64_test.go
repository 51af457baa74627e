package crc64

import (
	"testing"

	"pgregory.net/rapid"
)

func TestChecksumIsAzures(t *testing.T) {
	// The check value of CRC-64/NVME, https://reveng.sourceforge.io/crc-catalogue/17plus.htm
	if got := Checksum([]byte("123456789")); got != 0xAE8B14860A799888 {
		t.Errorf("checksum = %X", got)
	}
}

func TestChecksumsOfPartsCombine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 1, 6).Draw(t, "parts")
		var whole []byte
		var crc uint64
		for _, p := range parts {
			whole = append(whole, p...)
			crc = Combine(crc, Checksum(p), int64(len(p)))
		}
		if crc != Checksum(whole) {
			t.Fatalf("combined %X, want %X", crc, Checksum(whole))
		}
	})
}
