package show

import "github.com/dustin/go-humanize"

// TwoSizes shows two different sizes so that they look different.
func TwoSizes(before, after int64) string {
	b, a := humanize.Bytes(uint64(before)), humanize.Bytes(uint64(after))
	if b == a {
		b, a = humanize.Comma(before), humanize.Comma(after)+" B"
	}
	return b + " → " + a
}
