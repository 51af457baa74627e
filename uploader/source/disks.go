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

// Disks are disks that may not be there. On a dead network disk such a look blocks for as long as
// the system likes, where nothing can end it; so nobody who wants to end waits for one, and there
// is at most one under way for the same root.
type Disks struct {
	// Stat is [Path.Stat] of a real path; nil outside of tests.
	Stat func(path string) (Info, error)

	mu   sync.Mutex
	turn map[string]chan struct{} // by root: holds a value while a look is under way
}

func (d *Disks) stat(path string) (Info, error) {
	if d.Stat != nil {
		return d.Stat(path)
	}
	return Path{Root: path}.Stat()
}

// Do calls look on a goroutine of its own, when no other look at the root is under way, and reports
// whether it has ended. If ctx ends first, look goes on alone, and nothing that it sets may be
// read.
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

// Missing returns the topmost folder or file on the way to a path that is not there because its
// disk is not; empty where the path is there, or is missing from a disk that is there. A disk is
// known by the device that the file was on; where files have no such identity, a disk is missing
// when nothing of the path is there.
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
			// The file alone is missing among others. Some file systems in layers say another
			// device for a file than for its folder.
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

// IsThere reports whether the root that a file was found below is there and has something in it:
// then its disk is there, whatever number the system gives it since it was connected again. It
// blocks on the disk.
func (d *Disks) IsThere(root string) bool {
	_, err := d.stat(root)
	return err == nil && !isEmpty(root)
}

// isEmpty reports whether nothing is in a folder, as in a mount point on which nothing is mounted.
func isEmpty(folder string) bool {
	f, err := os.Open(folder)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	_, err = f.Readdirnames(1)
	return errors.Is(err, io.EOF)
}
