//go:build unix

package desktop

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"inboxuploader/internal/filelock"
)

// waitForQuit does nothing: [Quit] uses the socket.
func waitForQuit(string, func()) (stop func()) { return func() {} }

// Quit asks the program with this state folder's window to quit, and waits until it has. It returns
// [ErrNotReached] after half a minute. If no window is open, it does nothing.
func Quit(dir string) error {
	lock, err := filelock.Open(filepath.Join(dir, lockName), 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	asked := false
	for begun := time.Now(); lock.Try(true) != nil; time.Sleep(20 * time.Millisecond) {
		if !asked {
			asked = askToQuit(dir)
		}
		if time.Since(begun) > quitTime {
			return ErrNotReached
		}
	}
	return nil
}

// askToQuit sends the message, and reports whether it arrived.
func askToQuit(dir string) bool {
	c := dial(dir)
	if c == nil {
		return false // it may just be starting
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(handTime))
	if json.NewEncoder(c).Encode(message{Quit: true}) != nil {
		return false
	}
	_, err := c.Read(make([]byte, 1))
	return err == nil
}
