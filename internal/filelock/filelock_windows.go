package filelock

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// openNoFollow opens a file and no link. The folder is the user's own, so that nobody can put a
// link there in between.
func openNoFollow(path string, flag int) (*os.File, error) {
	if at, err := os.Lstat(path); err == nil && !at.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotPlain}
	}
	return os.OpenFile(path, flag, 0o600)
}

// lockedByte is far beyond the file's end, so that a lock keeps nobody from reading it.
const lockedByte = 1 << 30

func tryLock(h *os.File, alone bool) error {
	unlock(h) // Windows would keep the old one beside the new one
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if alone {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(h.Fd()), flags, 0, 1, 0,
		&windows.Overlapped{Offset: lockedByte})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	if err != nil {
		return &fs.PathError{Op: "lock", Path: h.Name(), Err: err}
	}
	return nil
}

func unlock(h *os.File) {
	_ = windows.UnlockFileEx(windows.Handle(h.Fd()), 0, 1, 0,
		&windows.Overlapped{Offset: lockedByte})
}
