//go:build unix

package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openNoFollow opens a file, and neither a link nor, by waiting for its other end, a pipe.
func openNoFollow(path string, flag int) (*os.File, error) {
	h, err := os.OpenFile(path, flag|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EISDIR) {
		err = &os.PathError{Op: "open", Path: path, Err: ErrNotPlain}
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
			return ErrLocked
		case err != nil:
			return &os.PathError{Op: "lock", Path: h.Name(), Err: err}
		default:
			return nil
		}
	}
}

func unlock(h *os.File) { _ = unix.Flock(int(h.Fd()), unix.LOCK_UN) }
