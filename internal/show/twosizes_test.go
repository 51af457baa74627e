package show

import "testing"

func TestSizesThatDifferLookDifferent(t *testing.T) {
	for want, pair := range map[string][2]int64{
		"3.0 MB → 5.0 MB":     {3e6, 5e6},
		"300,000 → 300,004 B": {300_000, 300_004},
	} {
		if got := TwoSizes(pair[0], pair[1]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
