//go:build unix

package source

import (
	"testing"

	"golang.org/x/sys/unix"
)

// DenyRenameAlone makes this package do without a rename that replaces nothing until the test ends,
// as on disks that have none.
func DenyRenameAlone(t *testing.T) {
	before := alone
	alone = func(int, string, int, string) error { return unix.EINVAL }
	t.Cleanup(func() { alone = before })
}

// BeforeRename calls a function before the next rename.
func BeforeRename(t *testing.T, call func()) {
	before := alone
	alone = func(from int, name string, into int, newName string) error {
		alone = before
		call()
		return alone(from, name, into, newName)
	}
	t.Cleanup(func() { alone = before })
}
