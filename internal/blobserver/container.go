package blobserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"sync"
	"time"
)

// Policy is a stored access policy. Zero fields are not part of it: the token must then state them.
type Policy struct {
	ID     string    `json:"id"` // 1 to 64 characters
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
	Rights string    `json:"rights,omitempty"` // letters as in sp
}

// containerState is the state of a container, apart from its blobs.
type containerState struct {
	ETag     string            `json:"etag"`
	Modified time.Time         `json:"modified"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Policies []Policy          `json:"policies,omitempty"`
}

// container is one container on disk.
type container struct {
	s    *Server
	name string
	dir  string // internal folder, relative to the root: log, state, staged blocks, odd names
	tree string // folder of the delivered files, relative to the root

	// gate is held for reading while a name changes, and for writing while the container is removed.
	gate    sync.RWMutex
	deleted bool
	log     *os.File // see record

	mu      sync.Mutex // guards state and entries
	state   containerState
	entries map[string]*entry

	placing sync.Mutex // only one new name at a time looks for a free path
}

func newContainer(s *Server, name string) *container {
	c := &container{
		s: s, name: name, dir: path.Join(internalDir, "containers", name), tree: name,
		entries: map[string]*entry{},
	}
	if deviceName(name) {
		c.dir += "_" // no container's name has an underscore, so this one is free
		c.tree += "_"
	}
	return c
}

// create creates the folders, an empty log and the state. state.json comes last: without it the
// container does not exist.
func (c *container) create(st containerState) error {
	for _, d := range []string{"incoming", "staging", "odd"} {
		if err := c.s.root.MkdirAll(path.Join(c.dir, d), 0o700); err != nil {
			return fmt.Errorf("create container: %w", err)
		}
	}
	if err := c.s.root.MkdirAll(c.tree, 0o777); err != nil {
		return fmt.Errorf("create container: %w", err)
	}
	f, err := c.s.root.OpenFile(path.Join(c.dir, "log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("create container: %w", err)
	}
	c.log = f
	if err := c.save(st); err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// save writes the state to disk and then uses it.
func (c *container) save(st containerState) error {
	text, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("save container: %w", err)
	}
	if err := c.s.writeFile(path.Join(c.dir, "state.json"), text, 0o600); err != nil {
		return fmt.Errorf("save container: %w", err)
	}
	c.mu.Lock()
	c.state = st
	c.mu.Unlock()
	return nil
}

// snapshot returns the container's state; nobody changes its maps and slices.
func (c *container) snapshot() containerState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// lookup returns the entry of name, nil if there is none.
func (c *container) lookup(name string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[name]
}

// at returns the entry of name and creates it if necessary.
func (c *container) at(name string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[name]
	if e == nil {
		e = &entry{name: name, staged: map[string]stagedBlock{}}
		c.entries[name] = e
	}
	return e
}

// blob returns the committed content of name, nil if there is none.
func (c *container) blob(name string) *content {
	e := c.lookup(name)
	if e == nil {
		return nil
	}
	return e.load()
}

// names returns the names of all committed blobs with the prefix, in the service's order.
func (c *container) names(prefix string) []string {
	c.mu.Lock()
	all := make([]*entry, 0, len(c.entries))
	for _, e := range c.entries {
		if strings.HasPrefix(e.name, prefix) {
			all = append(all, e)
		}
	}
	c.mu.Unlock()
	var out []string
	for _, e := range all {
		if e.load() != nil {
			out = append(out, e.name)
		}
	}
	sort.Strings(out)
	return out
}

// enter must be called before a name changes, and leave afterwards.
func (c *container) enter() (leave func(), e *apiError) {
	c.gate.RLock()
	if c.deleted {
		c.gate.RUnlock()
		return nil, fail("ContainerNotFound")
	}
	return c.gate.RUnlock, nil
}

// open finds the content of name and opens its file. The caller closes it.
func (c *container) open(name string) (*content, *os.File, error) {
	e := c.lookup(name)
	if e == nil {
		return nil, nil, fail("BlobNotFound")
	}
	e.swap.RLock()
	defer e.swap.RUnlock()
	if e.cur == nil {
		return nil, nil, fail("BlobNotFound")
	}
	f, err := c.s.root.Open(e.cur.path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) { // somebody took the file out of the folder
			return nil, nil, fail("BlobNotFound")
		}
		return nil, nil, fmt.Errorf("open blob: %w", err)
	}
	return e.cur, f, nil
}

// remove deletes the container: it first renames the folder, after which nobody can reach it, and
// then deletes its files.
func (c *container) remove() error {
	c.gate.Lock()
	defer c.gate.Unlock()
	c.deleted = true
	trash := path.Join(internalDir, "trash", newID())
	closeErr := c.log.Close()
	if err := c.s.root.Rename(c.dir, trash); err != nil {
		return fmt.Errorf("delete container: %w", errors.Join(err, closeErr))
	}
	for _, e := range c.entries {
		if e.staging != nil && e.staging.f != nil {
			closeErr = errors.Join(closeErr, e.staging.f.Close())
		}
		if e.cur != nil && !strings.HasPrefix(e.cur.path, internalDir+"/") {
			if err := c.s.root.Remove(e.cur.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				closeErr = errors.Join(closeErr, err)
			}
			c.prune(path.Dir(e.cur.path))
		}
	}
	c.prune(c.tree)
	return errors.Join(closeErr, c.s.root.RemoveAll(trash))
}

// prune removes dir and the folders above it, as long as they are empty and inside the container's
// tree.
func (c *container) prune(dir string) {
	for dir != "." && dir != "/" && (dir == c.tree && c.deleted ||
		strings.HasPrefix(dir, c.tree+"/")) {
		if c.s.root.Remove(dir) != nil {
			return // not empty, which is the usual case
		}
		dir = path.Dir(dir)
	}
}

// close ends the container's use of its files.
func (c *container) close() error {
	c.gate.Lock()
	defer c.gate.Unlock()
	if c.deleted {
		return nil
	}
	c.deleted = true
	err := c.log.Close()
	for _, e := range c.entries {
		if e.staging != nil && e.staging.f != nil {
			err = errors.Join(err, e.staging.f.Close())
			e.staging.f = nil
		}
	}
	return err
}

// copyRange copies n bytes of src from off to dst's position. Between files the kernel copies them
// if it can.
func copyRange(dst, src *os.File, off, n int64) error {
	if _, err := src.Seek(off, io.SeekStart); err != nil {
		return fmt.Errorf("copy blocks: %w", err)
	}
	if _, err := io.CopyN(dst, src, n); err != nil {
		return fmt.Errorf("copy blocks: %w", err)
	}
	return nil
}
