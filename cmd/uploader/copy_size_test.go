package main

import (
	"math"
	"testing"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1048576": 1 << 20, "64MiB": 64 << 20, "64 MiB": 64 << 20, "1G": 1e9, "1GB": 1e9,
		"500k": 500_000, "1.5MB": 1_500_000,
		"": -1, "x": -1, "-1": -1, "+1": -1, "12x": -1, "99999999999GB": -1, "1MB/s": -1,
		"10Mbit": -1,
	} {
		got, err := parseBytes(text, false)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("parseBytes(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]int64{"2MB/s": 2e6, "2MBps": 2e6, "500k": 500_000, "10Mbit/s": 1_250_000, "10Mbits": 1_250_000} {
		if got, err := parseBytes(text, true); err != nil || got != want {
			t.Errorf("parseBytes(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestSizesKeepTheirRange(t *testing.T) {
	b := byteSize{bytes: 5, min: 10, max: 20}
	for _, text := range []string{"9", "21", "nine"} {
		if err := b.Set(text); err == nil || b.bytes != 5 {
			t.Errorf("Set(%q): %v, %d", text, err, b.bytes)
		}
	}
	if err := b.Set("20"); err != nil || b.bytes != 20 {
		t.Errorf("Set: %v, %d", err, b.bytes)
	}
	open := byteSize{min: 10, max: math.MaxInt64}
	if err := open.Set("1"); err == nil || err.Error() != "at least 10 B" {
		t.Errorf("Set: %v", err)
	}
}
