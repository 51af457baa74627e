//go:build unix

package sim

import (
	"golang.org/x/sys/unix"

	"inboxuploader/uploader/source"
)

// systemID returns what the system knows a file as, whatever the world says of it.
func systemID(path string) (source.ID, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return source.ID{}, err
	}
	return source.ID{
		Device: uint64(st.Dev),
		Index:  uint64(st.Ino),
	}, nil //nolint:unconvert // types differ by system
}

// makePipe makes a named pipe.
func makePipe(path string) error { return unix.Mkfifo(path, 0o600) }
