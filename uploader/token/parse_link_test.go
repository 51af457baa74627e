package token

import (
	"strings"
	"testing"
)

// The limits of names are lengths, not numbers of letters.
func TestContainerNamesAreAsLongAsTheServiceAllows(t *testing.T) {
	for name, want := range map[string]bool{
		"abc": true, "a-b": true, "$root": true, "WS7-0042": true, strings.Repeat("a", 63): true,
		"": false, "ab": false, "-ab": false, "ab-": false, "a--b": false, "a_b": false,
		"$roots":                false,
		strings.Repeat("a", 64): false, strings.Repeat("a-", 32) + "a": false,
	} {
		if got := isContainer(name); got != want {
			t.Errorf("isContainer(%q) = %t", name, got)
		}
	}
}
