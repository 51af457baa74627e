//go:build unix && !linux

package source_test

import "testing"

// withEachWay runs a test; here there is one way alone.
func withEachWay(t *testing.T, test func(t *testing.T)) { test(t) }
