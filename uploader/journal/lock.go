package journal

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// lockFile is a file whose lock tells others that somebody lives: the kernel drops the lock when the process ends, however
// it ends. Locks belong to the open file, so that two in one process are two.
type lockFile struct{ file *os.File }

// errLocked says that somebody else holds a lock.
var errLocked = errors.New("locked by another")

// openLock opens a lock file, and makes it if it isn't there. It neither follows a link nor truncates.
func openLock(path string, flag int) (*lockFile, error) {
	h, err := openNoFollow(path, os.O_RDWR|flag)
	if err != nil {
		return nil, err
	}
	at, err := h.Stat()
	if err == nil && !at.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errStrange}
	}
	if err == nil && flag&os.O_CREATE != 0 && at.Mode().Perm()&0o777 != 0o600 {
		err = h.Chmod(0o600)
	}
	if err != nil {
		_ = h.Close()
		return nil, err
	}
	return &lockFile{h}, nil
}

// try takes the lock, shared or alone, or returns errLocked. A lock that is held becomes the new one, but may be lost
// where that fails.
func (l *lockFile) try(alone bool) error { return tryLock(l.file, alone) }

// release gives the lock up.
func (l *lockFile) release() { unlock(l.file) }

// close gives the lock up and closes the file.
func (l *lockFile) close() { _ = l.file.Close() }

// own makes the lock file of a journal and locks it. Another journal that tidies up may take a file for a dead one's in
// the moment before it is locked, so it is looked at again; see also register.
func (f files) own(id string) (*lockFile, error) {
	l, err := openLock(f.runFile(id), os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	if err := l.try(true); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// stands reports whether the lock file is still the one at the path.
func (l *lockFile) stands(path string) bool {
	at, err := os.Lstat(path)
	if err != nil {
		return false
	}
	mine, err := l.file.Stat()
	return err == nil && os.SameFile(at, mine)
}

// alive reports whether the process of a journal's lock file lives. In doubt it does: two owners would send twice. Looking
// takes a shared lock for a moment, so that two who look don't take each other for the owner.
func (f files) alive(id string) bool {
	if !isID(id) {
		return false // not written by this program, so nobody holds it
	}
	l, err := openLock(f.runFile(id), 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errStrange)
	}
	defer l.close()
	return l.try(false) != nil
}

// isID reports whether a text is the id of a journal, which is part of a file's name.
func isID(s string) bool {
	if len(s) != 32 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// cutLock returns the id in a lock file's name.
func cutLock(name string) (id string, ok bool) {
	id, ok = strings.CutSuffix(name, lockSuffix)
	return id, ok && isID(id)
}
