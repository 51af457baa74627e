//go:build !windows

package desktop

import (
	"errors"
	"os"
	"path/filepath"
)

// writeLogin puts a file in the place of the one with that name, in one step: a half one may be
// read at the next login.
func writeLogin(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".inboxuploader-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// removeLogin removes the entry. One that is not there is removed already.
func removeLogin() error {
	path, err := loginPath()
	if err != nil {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
