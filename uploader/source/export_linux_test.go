package source

import "testing"

// DenyOpenat2 makes this package do without openat2 until the test ends, as where the system is
// older or does not let it be used.
func DenyOpenat2(t *testing.T) {
	before := hasOpenat2
	hasOpenat2 = func() bool { return false }
	t.Cleanup(func() { hasOpenat2 = before })
}
