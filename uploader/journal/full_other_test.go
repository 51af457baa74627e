//go:build !linux

package journal

import "testing"

func smallDisk(t *testing.T, _ int) string {
	t.Helper()
	t.Skip("a small disk can be mounted on Linux only")
	return ""
}
