//go:build unix

package desktop

import (
	"errors"
	"os"
	"syscall"
)

// ownedAlone refuses a folder that another user may have created.
func ownedAlone(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); !ok || !fi.IsDir() || fi.Mode().Perm() != 0o700 ||
		int(st.Uid) != os.Getuid() {
		return errors.New("the folder for the window's socket belongs to somebody else")
	}
	return nil
}
