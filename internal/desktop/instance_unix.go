//go:build unix

package desktop

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of an open file, which ends when the file is closed. It does not wait.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// ownedAlone refuses a folder that somebody else may have put there.
func ownedAlone(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); !ok || !fi.IsDir() || fi.Mode().Perm() != 0o700 || int(st.Uid) != os.Getuid() {
		return errors.New("the folder for the window's socket belongs to somebody else")
	}
	return nil
}
