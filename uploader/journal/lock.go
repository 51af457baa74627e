package journal

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"inboxuploader/internal/filelock"
)

// own creates the lock file of a journal and locks it. In the moment before that, another journal
// that tidies up may take the file for a dead owner's, so own checks it again; see also register.
func (f files) own(id string) (*filelock.File, error) {
	l, err := filelock.Open(f.runFile(id), os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	if err := l.Try(true); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// alive reports whether the process of a journal's lock file is running. If in doubt it is, since
// two owners would send everything twice. It takes a shared lock for a moment, so that two
// concurrent checks don't take each other for the owner.
func (f files) alive(id string) bool {
	if !isID(id) {
		return false // not written by this program, so nobody holds it
	}
	l, err := filelock.Open(f.runFile(id), 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, filelock.ErrNotPlain)
	}
	defer func() { _ = l.Close() }()
	return l.Try(false) != nil
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
