package scan

import "testing"

func TestEveryReasonToSkipHasWords(t *testing.T) {
	if len(SkipReasons()) != len(skipWords) {
		t.Errorf("%d reasons, %d with words", len(SkipReasons()), len(skipWords))
	}
	for _, r := range SkipReasons() {
		if r.Why() == "" || r.Count(1) == "1 " || r.Count(2) == "2 " {
			t.Errorf("%s: %q, %q, %q", r, r.Why(), r.Count(1), r.Count(2))
		}
	}
}
