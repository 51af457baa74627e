//go:build unix && !linux && !darwin

package source

import "golang.org/x/sys/unix"

func renameAlone(int, string, int, string) error { return unix.ENOSYS }
