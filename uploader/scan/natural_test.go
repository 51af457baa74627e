package scan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNumbersInNamesAreOrderedByValue(t *testing.T) {
	want := []string{
		"", "10", "a", "a.csv", "a01", "a1", "a2b1", "a2b10", "a10", "a10b", "b", "scan_2.nii", "scan_10.nii",
		"scan_99999999999999999999", "scan_100000000000000000000", "scan_x", "ä",
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, natural)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNaturalIsAnOrder whatever the names are.
func TestNaturalIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune("0129ab_.")), 0, 8, -1)
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		if (natural(a, b) < 0) != (natural(b, a) > 0) || (natural(a, b) == 0) != (a == b) {
			t.Fatalf("%q and %q: %d and %d", a, b, natural(a, b), natural(b, a))
		}
		if natural(a, b) <= 0 && natural(b, c) <= 0 && natural(a, c) > 0 {
			t.Fatalf("%q ≤ %q ≤ %q, and the first is behind the last", a, b, c)
		}
	})
}
