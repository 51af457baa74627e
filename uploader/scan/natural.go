package scan

import "strings"

// natural compares two names as people order them: numbers by value, so that scan_2 comes before
// scan_10. Names that differ only in leading zeros are ordered by their bytes.
func natural(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && isDigit(a[i-1]) { // a number may have begun before the difference
		i--
	}
	x, m := number(a[i:])
	y, n := number(b[i:])
	switch {
	case m == 0 || n == 0: // at most one is a number there
		return strings.Compare(a, b)
	case len(x) != len(y):
		return len(x) - len(y)
	case x != y:
		return strings.Compare(x, y)
	}
	if c := natural(a[i+m:], b[i+n:]); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// number returns the number at the start of a text without leading zeros, and its length with them.
func number(s string) (digits string, length int) {
	for length < len(s) && isDigit(s[length]) {
		length++
	}
	return strings.TrimLeft(s[:length], "0"), length
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
