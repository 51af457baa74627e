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
	// longestSocket is what a socket's path may have on each system (unix(7): 108 bytes with the
	// zero; macOS: 104).
	longestSocket = 100
	// handTime is how long one start waits for the other.
	handTime = 10 * time.Second
	// longestMessage bounds what a start may hand over.
	longestMessage = 16 << 20
	// quitTime is how long a program may take to end that was asked to.
	quitTime = 30 * time.Second
)

// message is what a second start hands to the first.
type message struct {
	Paths []string `json:"paths"`
	Quit  bool     `json:"quit,omitzero"` // it is to end, rather than to show anything
}

// ErrNotReached means that another process has the window, and does not answer.
var ErrNotReached = errors.New("the open window can't be reached")

// Instance is this process's right to the one window of a state folder.
type Instance struct {
	lock     *filelock.File
	listener net.Listener // nil where no folder takes a socket
	unwait   func()       // ends what waitForQuit began
	wg       sync.WaitGroup
}

// Claim makes this process the one with the window, if no other is. Then open is called, on a
// goroutine of its own, with the paths of each later start, which may be none; it may block. If
// another process has the window, first is false and [Hand] reaches it. The folder must exist and
// belong to this user alone. The lock ends with the process, however that ends. Where no socket can
// be made, as on Windows before 2018, nothing can be handed to this window. When [Quit] asks this
// process to end, quit is called, on a goroutine of its own; it may be called several times, and
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

// listen makes the socket in the first place that takes it; nil where none does. Nobody else may
// have the lock.
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

// Close gives the window up and waits for the calls of open and quit that are under
// way.
func (i *Instance) Close() error {
	var err error
	if i.listener != nil {
		err = i.listener.Close()
	}
	i.unwait()
	i.wg.Wait()
	return errors.Join(err, i.lock.Close())
}

// Hand passes paths to the process that has the window, which comes to the front. It returns when
// they are taken, or [ErrNotReached] after ten seconds.
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

// dial connects to where listen listens; nil where nobody does.
func dial(dir string) net.Conn {
	for path := range socketPaths(dir) {
		if c, err := net.Dial("unix", path); err == nil {
			return c
		}
	}
	return nil
}

// socketPaths is where the window of a state folder may listen: in the folder, or, where that path
// is too long for a socket or the folder's disk takes none, in a folder of this user's among the
// temporary ones.
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
