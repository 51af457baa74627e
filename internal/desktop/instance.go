package desktop

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/filelock"
)

const (
	lockName   = "window.lock"
	socketName = "window.sock"
	// longestSocket is the longest path of a socket that every system allows (unix(7): 108 bytes
	// with the zero; macOS: 104).
	longestSocket = 100
	// handTime is how long one start waits for the other.
	handTime = 10 * time.Second
	// longestMessage bounds a message from another start, in bytes.
	longestMessage = 16 << 20
	// quitTime is how long a program may take to quit when asked to.
	quitTime = 30 * time.Second
)

// message is a message from a second start to the first.
type message struct {
	Paths []string `json:"paths"`
	Quit  bool     `json:"quit,omitzero"` // quit instead of showing the window
}

// ErrNotReached means that another process has the window, and does not answer.
var ErrNotReached = errors.New("the open window can't be reached")

// Instance is this process's right to the one window of a state folder.
type Instance struct {
	lock     *filelock.File
	listener net.Listener // nil if no folder allows a socket
	unwait   func()       // stops waitForQuit
	wg       sync.WaitGroup
}

// Claim makes this process the one with the window, unless another process is. It then calls open
// with the paths of each later start, which may be none, on a new goroutine; open may block. If
// another process has the window, first is false and [Hand] reaches it. The folder must exist and
// belong only to this user. The lock ends with the process, even if that crashes. Without sockets,
// as on Windows before 2018, later starts can't hand paths to this window. When [Quit] asks this
// process to end, quit is called on a goroutine of its own; it may be called several times, and
// must not wait for [Instance.Close].
func Claim(
	dir string, open func(paths []string), quit func(),
) (i *Instance, first bool, err error) {
	lock, err := filelock.Open(filepath.Join(dir, lockName), os.O_CREATE)
	if err != nil {
		return nil, false, fmt.Errorf("claim window: %w", err)
	}
	if lock.Try(true) != nil {
		return nil, false, lock.Close()
	}
	i = &Instance{lock: lock, listener: listen(dir), unwait: waitForQuit(dir, quit)}
	if i.listener == nil {
		return i, true, nil
	}
	i.wg.Go(func() { defer crash.Catch(); i.serve(open, quit) })
	return i, true, nil
}

// listen creates the socket in the first possible place; nil if there is none. The caller holds the
// lock.
func listen(dir string) net.Listener {
	for path := range socketPaths(dir) {
		_ = os.Remove(path) // of a process that was killed
		if l, err := net.Listen("unix", path); err == nil {
			return l
		}
	}
	return nil
}

// serve takes messages until the listener is closed.
func (i *Instance) serve(open func([]string), quit func()) {
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
			if m.Quit {
				quit()
			} else {
				open(m.Paths)
			}
			_, _ = c.Write([]byte{'\n'}) // taken
		})
	}
}

// limited ends a reader after longestMessage bytes.
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

// Close gives up the window and waits for running calls of open and quit.
func (i *Instance) Close() error {
	var err error
	if i.listener != nil {
		err = i.listener.Close()
	}
	i.unwait()
	i.wg.Wait()
	return errors.Join(err, i.lock.Close())
}

// Hand passes paths to the process that has the window, and the window comes to the front. It
// returns when that process has taken them, or [ErrNotReached] after ten seconds.
func Hand(dir string, paths []string) error {
	c := dial(dir)
	for begun := time.Now(); c == nil; c = dial(dir) { // the other may just be starting
		if time.Since(begun) > handTime {
			return ErrNotReached
		}
		time.Sleep(20 * time.Millisecond)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(handTime))
	if err := json.NewEncoder(c).Encode(message{Paths: paths}); err != nil {
		return ErrNotReached
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		return ErrNotReached
	}
	return nil
}

// dial connects to the socket of listen; nil if nobody listens.
func dial(dir string) net.Conn {
	for path := range socketPaths(dir) {
		if c, err := net.Dial("unix", path); err == nil {
			return c
		}
	}
	return nil
}

// socketPaths returns where the window of a state folder may listen: in the folder, or, if that
// path is too long for a socket or the folder's disk allows none, in this user's own temporary
// folder.
func socketPaths(dir string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if p := filepath.Join(dir, socketName); len(p) <= longestSocket && !yield(p) {
			return
		}
		sum := sha256.Sum256([]byte(dir))
		name := "inboxuploader-" + hex.EncodeToString(sum[:8])
		short := filepath.Join(os.TempDir(), name)
		if len(short)+len(socketName) >= longestSocket {
			short = filepath.Join("/tmp", name) // TMPDIR is as long
		}
		if err := os.Mkdir(short, 0o700); (err == nil || errors.Is(err, os.ErrExist)) &&
			ownedAlone(short) == nil {
			yield(filepath.Join(short, socketName))
		}
	}
}
