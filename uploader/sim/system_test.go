//go:build unix && !race

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
	id := source.ID{Index: st.Ino}
	id.Device = uint64(st.Dev) //nolint:unconvert // the field's type differs by system
	return id, nil
}

// makePipe makes a named pipe.
func makePipe(path string) error { return unix.Mkfifo(path, 0o600) }

// makeSocket makes a socket that nobody listens at.
func makeSocket(path string) error { return unix.Mknod(path, unix.S_IFSOCK|0o600, 0) }
