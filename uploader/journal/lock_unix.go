//go:build unix

package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openNoFollow opens a file, and neither a link nor, by waiting for its other end, a pipe.
func openNoFollow(path string, flag int) (*os.File, error) {
	h, err := os.OpenFile(path, flag|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EISDIR) {
		err = &os.PathError{Op: "open", Path: path, Err: errStrange}
	}
	return h, err
}

func tryLock(h *os.File, alone bool) error {
	how := unix.LOCK_SH
	if alone {
		how = unix.LOCK_EX
	}
	for {
		err := unix.Flock(int(h.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		case err != nil:
			return &os.PathError{Op: "lock", Path: h.Name(), Err: err}
		default:
			return nil
		}
	}
}

func unlock(h *os.File) { _ = unix.Flock(int(h.Fd()), unix.LOCK_UN) }

// syncFolder keeps renamed files where they are, also if the power goes.
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
