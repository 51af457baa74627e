package source

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"inboxuploader/internal/crash"
)

// Disks looks at disks that may be missing. On a dead network disk a look blocks as long as the
// system likes, and nothing can interrupt it. So no caller that ends waits for a look, and at most
// one look runs for each root.
type Disks struct {
	// Stat is [Path.Stat] of a real path; tests replace it, else it is nil.
	Stat func(path string) (Info, error)

	mu   sync.Mutex
	turn map[string]chan struct{} // by root: holds a value during a look
}

func (d *Disks) stat(path string) (Info, error) {
	if d.Stat != nil {
		return d.Stat(path)
	}
	return Path{Root: path}.Stat()
}

// Do calls look on a goroutine of its own, once no other look at the root is running, and reports
// whether it has ended. If ctx ends first, look goes on alone, and the caller must not read
// anything that it sets.
func (d *Disks) Do(ctx context.Context, root string, look func()) bool {
	d.mu.Lock()
	if d.turn == nil {
		d.turn = map[string]chan struct{}{}
	}
	turn := d.turn[root]
	if turn == nil {
		turn = make(chan struct{}, 1)
		d.turn[root] = turn
	}
	d.mu.Unlock()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	done := make(chan struct{})
	go func() {
		defer func() { <-turn }()
		defer close(done)
		defer crash.Catch()
		look()
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// Missing returns the topmost folder or file on the way to a path that is missing because its disk
// is; empty if the path exists, or is missing from a disk that is there. The device of the file
// identifies the disk; if files have no such identity, the disk is missing when nothing of the path
// exists. It blocks on the disk.
func (d *Disks) Missing(path string, id ID) string {
	if _, err := d.stat(path); err == nil {
		return ""
	}
	missing := path
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		info, err := d.stat(folder)
		switch {
		case err == nil && (id == ID{} || info.ID.Device == id.Device):
			return ""
		case err == nil && missing == path && !isEmpty(folder):
			// Only the file is missing. Some layered file systems give a file another device than
			// its folder.
			return ""
		case err == nil:
			return missing
		case folder == filepath.Dir(folder):
			return folder // not even the drive or the share
		}
		missing = folder
	}
}

// Exists reports whether something is at a path. It blocks on the disk.
func (d *Disks) Exists(path string) bool {
	_, err := d.stat(path)
	return err == nil
}

// IsThere reports whether the root above a file exists and is not empty: then its disk is there,
// even if the system gave it another number when it was reconnected. It blocks on the disk.
func (d *Disks) IsThere(root string) bool {
	_, err := d.stat(root)
	return err == nil && !isEmpty(root)
}

// isEmpty reports whether a folder is empty, as a mount point without a disk is.
func isEmpty(folder string) bool {
	f, err := os.Open(folder)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	_, err = f.Readdirnames(1)
	return errors.Is(err, io.EOF)
}
