package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/fsnotify/fsnotify"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/netdisk"
)

// Why the watcher does not ask the system to report changes.
var (
	errNoNotices = errors.New("this system needs an open file for each file that it watches")
	errShare     = errors.New("what other machines change on a network disk is not told of")
)

// notice reports which paths change.
type notice struct {
	alone   error // not nil: why it reports nothing
	watcher *fsnotify.Watcher
	roots   []string
	changed chan string // the empty path says that some were missed
	end     chan struct{}
	ended   sync.WaitGroup
}

// newNotice listens to all existing folders below the roots. It blocks on the disk.
func newNotice(roots []string) *notice {
	n := &notice{roots: roots, changed: make(chan string, 1000), end: make(chan struct{})}
	if runtime.GOOS == "darwin" {
		n.alone = errNoNotices
		return n
	}
	for _, root := range roots {
		if netdisk.On(root) {
			n.alone = errShare
			return n
		}
	}
	var err error
	if n.watcher, err = fsnotify.NewWatcher(); err != nil {
		n.alone = err
		return n
	}
	for _, root := range roots {
		if err := n.add(root); err != nil {
			n.alone = err
			_ = n.watcher.Close()
			n.watcher = nil
			return n
		}
	}
	n.ended.Go(func() {
		defer crash.Catch()
		n.listen()
	})
	return n
}

// add listens to a folder and all folders below it. The error says that the system can't listen to
// so many. The scan reports a folder that can't be read.
func (n *notice) add(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // the scan says so
		}
		if !d.IsDir() {
			return nil
		}
		err = n.watcher.Add(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return nil
		}
		return err
	})
}

// tellsAll listens again to roots that are back, and reports whether it listens to all roots. It
// blocks on the disk.
func (n *notice) tellsAll() bool {
	if n.alone != nil {
		return false
	}
	heard := n.watcher.WatchList()
	for _, root := range n.roots {
		if !slices.Contains(heard, filepath.Clean(root)) && (n.add(root) != nil || !isThere(root)) {
			return false
		}
	}
	return true
}

func isThere(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

// listen passes on changed paths until close.
func (n *notice) listen() {
	for {
		select {
		case <-n.end:
			return
		case e, ok := <-n.watcher.Events:
			if !ok {
				return
			}
			if e.Has(fsnotify.Create) && n.add(e.Name) != nil {
				n.tell("")
			}
			n.tell(e.Name)
		case _, ok := <-n.watcher.Errors:
			if !ok {
				return
			}
			n.tell("")
		}
	}
}

func (n *notice) tell(path string) {
	select {
	case n.changed <- path:
	case <-n.end:
	}
}

// changes returns the channel of changed paths, or nil if the system reports none.
func (n *notice) changes() <-chan string {
	if n.alone != nil {
		return nil
	}
	return n.changed
}

// close ends it.
func (n *notice) close() {
	close(n.end)
	n.ended.Wait()
	if n.watcher != nil {
		_ = n.watcher.Close()
	}
}
