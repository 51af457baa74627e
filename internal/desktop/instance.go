package desktop

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"inboxuploader/internal/crash"
)

const (
	lockName   = "window.lock"
	socketName = "window.sock"
	// longestSocket is what a socket's path may have on each system (unix(7): 108 bytes with the zero; macOS: 104).
	longestSocket = 100
	// handTime is how long one start waits for the other.
	handTime = 10 * time.Second
	// longestMessage bounds what a start may hand over.
	longestMessage = 16 << 20
)

// message is what a second start hands to the first.
type message struct {
	Paths []string `json:"paths"`
}

// Instance is this process's right to the one window of a state folder.
type Instance struct {
	lock     *os.File
	listener net.Listener
	wg       sync.WaitGroup
}

// Claim makes this process the one with the window, if no other is. Then open is called, on a goroutine of its own, with the paths
// of each later start, which may be none; it may block. If another process has the window, first is false and [Hand] reaches it.
// The folder must exist and belong to this user alone. The lock ends with the process, however that ends.
func Claim(dir string, open func(paths []string)) (i *Instance, first bool, err error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("claim window: %w", err)
	}
	if !tryLock(lock) {
		return nil, false, lock.Close()
	}
	socket, err := socketPath(dir)
	if err == nil {
		err = os.Remove(socket) // of a process that was killed; nobody else has the lock
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	var listener net.Listener
	if err == nil {
		listener, err = net.Listen("unix", socket)
	}
	if err != nil {
		return nil, false, errors.Join(fmt.Errorf("claim window: %w", err), lock.Close())
	}
	i = &Instance{lock: lock, listener: listener}
	i.wg.Go(func() { defer crash.Catch(); i.serve(open) })
	return i, true, nil
}

// serve takes messages until the listener is closed.
func (i *Instance) serve(open func([]string)) {
	for {
		c, err := i.listener.Accept()
		if err != nil {
			return
		}
		i.wg.Go(func() {
			defer func() { _ = c.Close() }()
			defer crash.Catch()
			_ = c.SetDeadline(time.Now().Add(handTime))
			var m message
			if json.NewDecoder(bufio.NewReader(&limited{c, longestMessage})).Decode(&m) != nil {
				return
			}
			open(m.Paths)
			_, _ = c.Write([]byte{'\n'}) // taken
		})
	}
}

// limited ends a reader after so many bytes.
type limited struct {
	net.Conn
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errors.New("message too long")
	}
	n, err := l.Conn.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// Close gives the window up and waits for the calls of open that are under way.
func (i *Instance) Close() error {
	err := i.listener.Close()
	i.wg.Wait()
	return errors.Join(err, i.lock.Close())
}

// Hand passes paths to the process that has the window, which comes to the front. It returns when they are taken.
func Hand(dir string, paths []string) error {
	socket, err := socketPath(dir)
	if err != nil {
		return err
	}
	var c net.Conn
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) { // the other may just be starting
		if c, err = net.Dial("unix", socket); err == nil {
			break
		}
		if time.Since(begun) > handTime {
			return fmt.Errorf("reach window: %w", err)
		}
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(handTime))
	if err := json.NewEncoder(c).Encode(message{paths}); err != nil {
		return fmt.Errorf("reach window: %w", err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("reach window: %w", err)
	}
	return nil
}

// socketPath is where the window of a state folder listens: in the folder, or, where that path is too long for a socket, in a folder
// of this user's among the temporary ones.
func socketPath(dir string) (string, error) {
	if p := filepath.Join(dir, socketName); len(p) <= longestSocket {
		return p, nil
	}
	sum := sha256.Sum256([]byte(dir))
	name := "inboxuploader-" + hex.EncodeToString(sum[:8])
	short := filepath.Join(os.TempDir(), name)
	if len(short)+len(socketName) >= longestSocket {
		short = filepath.Join("/tmp", name) // TMPDIR is as long
	}
	if err := os.Mkdir(short, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make folder: %w", err)
	}
	if err := ownedAlone(short); err != nil {
		return "", err
	}
	return filepath.Join(short, socketName), nil
}
