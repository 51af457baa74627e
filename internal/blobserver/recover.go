package blobserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// recover loads the container from its folder into memory: the log says which blobs exist. Staged
// blocks ended with the server that had them.
func (c *container) recover() error {
	text, err := c.s.root.ReadFile(path.Join(c.dir, "state.json"))
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	if err := json.Unmarshal(text, &c.state); err != nil {
		return fmt.Errorf("recover container's state: %w", err)
	}
	c.log, err = c.s.root.OpenFile(path.Join(c.dir, "log"), os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	blobs := map[string]record{}
	err = readRecords(c.log, func(r record) {
		switch last, there := blobs[r.Name]; {
		case r.Op == opBlob && r.Blob != nil:
			blobs[r.Name] = r
		case r.Op == opProps && r.Blob != nil && there:
			last.Blob = r.Blob
			blobs[r.Name] = last
		case r.Op == opDelete:
			delete(blobs, r.Name)
		}
	})
	if err != nil {
		return errors.Join(err, c.log.Close())
	}
	used := map[string]bool{}
	for name, r := range blobs {
		p, err := c.settle(r)
		if err != nil {
			return errors.Join(err, c.log.Close())
		}
		st, err := c.s.root.Lstat(p)
		if p == "" || err != nil || st.Size() != r.Blob.Size {
			c.s.log.Warn("a delivered file is gone or was changed; its blob is dropped",
				"container", c.name)
			continue
		}
		c.at(name).cur = &content{*r.Blob, p}
		used[p] = true
	}
	c.sweep(used)
	return nil
}

// settle returns where a recorded blob's content is, "" if it is gone. If a kill came between the
// record and the move into place, settle moves the content now.
func (c *container) settle(r record) (string, error) {
	if r.File == "" || !c.isFile(r.File) {
		return c.find(r.Name), nil
	}
	if err := c.cut(r.File, r.Blob.Size); err != nil {
		return "", err
	}
	return c.place(r.Name, r.File, r.Path), nil
}

// sweep removes unused hidden files: interrupted uploads, staged blocks, replaced content.
func (c *container) sweep(used map[string]bool) {
	for _, d := range []string{"incoming", "staging", "odd"} {
		dir := path.Join(c.dir, d)
		files, err := fs.ReadDir(c.s.root.FS(), dir)
		if err != nil {
			c.s.log.Warn("leftovers not removed", "container", c.name, "error", err)
			continue
		}
		for _, f := range files {
			if p := path.Join(dir, f.Name()); !used[p] {
				c.tidy(p)
			}
		}
	}
}
