//go:build unix

package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncFolder makes renames in a folder survive a loss of power. It blocks on the disk.
func syncFolder(dir string) error {
	h, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = h.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil // a disk that can't
	}
	return errors.Join(err, h.Close())
}

func isFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
