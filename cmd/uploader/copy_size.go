package main

import (
	"math"
	"strings"

	"github.com/dustin/go-humanize"
)

// byteSize is a flag's number of bytes, such as 64MiB, 1G (10^9) or 1048576.
type byteSize struct {
	bytes    int64
	min, max int64 // allowed range
	perTime  bool  // the unit may end in /s, and Mbit/s is understood
}

// Set implements pflag.Value.
func (b *byteSize) Set(text string) error {
	n, err := parseBytes(text, b.perTime)
	if err != nil {
		return err
	}
	return b.set(n)
}

func (b *byteSize) set(n int64) error {
	if n < b.min || n > b.max {
		if b.max == math.MaxInt64 {
			return wanted("at least " + humanize.IBytes(uint64(b.min)))
		}
		return wanted(humanize.IBytes(uint64(b.min)) + " to " + humanize.IBytes(uint64(b.max)))
	}
	b.bytes = n
	return nil
}

// String implements pflag.Value. It is empty for the default, so the help does not show it.
func (b *byteSize) String() string {
	if b.bytes <= 0 {
		return ""
	}
	return humanize.IBytes(uint64(b.bytes))
}

// Type implements pflag.Value.
func (b *byteSize) Type() string {
	if b.perTime {
		return "RATE"
	}
	return "SIZE"
}

const errSize = wanted("a number of bytes such as 64MiB, 500k or 1G")

// parseBytes parses a number of bytes. perTime allows the forms of speeds: /s after the unit, and
// bits.
func parseBytes(text string, perTime bool) (int64, error) {
	text = strings.TrimSpace(text)
	bits := false
	if perTime {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "/s"), "ps")
		for _, unit := range []string{"bit", "bits"} {
			if t, ok := strings.CutSuffix(text, unit); ok {
				text, bits = t, true
			}
		}
	}
	if text == "" || text[0] == '-' || text[0] == '+' {
		return 0, errSize
	}
	n, err := humanize.ParseBytes(text)
	if err != nil || n > math.MaxInt64 {
		return 0, errSize
	}
	if bits {
		n /= 8
	}
	return int64(n), nil
}
