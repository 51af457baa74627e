package journal

import (
	"errors"

	"golang.org/x/sys/windows"
)

// syncFolder does nothing: Windows can't, and keeps renamed files without it.
func syncFolder(string) error { return nil }

func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err,
		windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}
