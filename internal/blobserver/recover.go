package blobserver

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// recover brings the container from its folder into memory: the log says what is true, and a commit that was recorded
// but whose file had not been moved yet is completed.
func (c *container) recover() error {
	type last struct {
		rec record
	}
	blobs := map[string]*last{}
	records, size, err := c.replay(func(r record) {
		switch r.Op {
		case opBlob:
			blobs[r.Name] = &last{rec: r}
		case opProps:
			if l := blobs[r.Name]; l != nil {
				l.rec.Blob = r.Blob
			}
		case opDelete:
			delete(blobs, r.Name)
		}
	})
	if err != nil {
		return err
	}
	for name, l := range blobs {
		p := ""
		if l.rec.File != "" && c.isFile(l.rec.File) {
			if err := c.cut(l.rec.File, l.rec.Blob.Size); err != nil {
				return err
			}
			p = c.place(name, l.rec.File, l.rec.Path)
		} else {
			p = c.find(name)
		}
		st, err := c.s.root.Lstat(p)
		if p == "" || err != nil || st.Size() != l.rec.Blob.Size {
			c.s.log.Warn("a delivered file is gone or was changed; its blob is dropped", "container", c.name)
			continue
		}
		c.at(name).cur = &content{*l.rec.Blob, p}
	}
	c.sweep()
	return c.openLog(records, size)
}

// replay reads the state and the log: blocks go into the entries, every record goes to f. It returns how many records
// there are and how long their part of the log is.
func (c *container) replay(f func(record)) (records int, size int64, err error) {
	text, err := c.s.root.ReadFile(path.Join(c.dir, "state.json"))
	if err != nil {
		return 0, 0, fmt.Errorf("recover: %w", err)
	}
	if err := json.Unmarshal(text, &c.state); err != nil {
		return 0, 0, fmt.Errorf("recover container's state: %w", err)
	}
	in, err := c.s.root.Open(path.Join(c.dir, "log"))
	if err != nil {
		return 0, 0, fmt.Errorf("recover: %w", err)
	}
	size, err = readRecords(in, func(r record) {
		records++
		c.apply(r)
		f(r)
	})
	return records, size, errors.Join(err, in.Close())
}

// apply does to the staged blocks what the record says.
func (c *container) apply(r record) {
	e := c.at(r.Name)
	if r.Op == opProps {
		return
	}
	if r.Op != opBlock || e.staging == nil || e.staging.file != r.File {
		if r.Op != opBlock || e.staging != nil {
			clear(e.staged)
			e.staging = nil
		}
	}
	if r.Op != opBlock {
		return
	}
	raw, err := base64.StdEncoding.DecodeString(r.ID)
	if err != nil {
		return // never written: ids are checked before
	}
	if e.staging == nil {
		e.staging = &staging{file: r.File}
	}
	e.staged[string(raw)] = stagedBlock{r.ID, r.Off, r.Len}
	e.staging.tail = max(e.staging.tail, r.Off+r.Len)
	e.lastBlock = r.At
}

// sweep removes files that no entry refers to: uploads that were cut off, blocks that were committed or discarded.
func (c *container) sweep() {
	used := map[string]bool{}
	for name, e := range c.entries {
		if e.staging != nil {
			if !c.isFile(e.staging.file) { // its blocks were committed as a whole
				clear(e.staged)
				e.staging = nil
			} else {
				used[e.staging.file] = true
			}
		}
		if e.cur != nil {
			used[e.cur.path] = true
		} else if e.staging == nil {
			delete(c.entries, name)
		}
	}
	for _, d := range []string{"incoming", "staging", "odd"} {
		dir := path.Join(c.dir, d)
		files, err := fs.ReadDir(c.s.root.FS(), dir)
		if err != nil {
			c.s.log.Warn("leftovers not removed", "container", c.name, "error", err)
			continue
		}
		for _, f := range files {
			if p := path.Join(dir, f.Name()); !used[p] {
				if err := c.s.root.Remove(p); err != nil {
					c.s.log.Warn("leftover not removed", "container", c.name, "error", err)
				}
			}
		}
	}
}

// openLog opens the log for appending, cut behind its last whole record. A log that is mostly history is written anew
// first, so that starting takes as long as there are blobs and not as long as there were requests.
func (c *container) openLog(records int, size int64) error {
	name := path.Join(c.dir, "log")
	live := 0
	for _, e := range c.entries {
		live += len(e.staged)
		if e.cur != nil {
			live++
		}
	}
	if records > 2*live+1000 {
		text, err := c.condensed()
		if err != nil {
			return err
		}
		if err := c.s.writeFile(name, text, 0o600); err != nil {
			return fmt.Errorf("condense log: %w", err)
		}
		size = int64(len(text))
	}
	f, err := c.s.root.OpenFile(name, os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	if err := f.Truncate(size); err != nil {
		return fmt.Errorf("open log: %w", errors.Join(err, f.Close()))
	}
	c.log = newOplog(f, size, c.s.cfg.Sync)
	return nil
}

// condensed returns a log that says only what is true now.
func (c *container) condensed() ([]byte, error) {
	var out []byte
	add := func(r record) error {
		line, err := encodeRecord(r)
		out = append(out, line...)
		return err
	}
	for name, e := range c.entries {
		if e.cur != nil {
			st := e.cur.blobState
			r := record{Op: opBlob, Name: name, At: st.Modified, Blob: &st}
			if c.temporary(e.cur.path) {
				r.File = e.cur.path
			}
			if err := add(r); err != nil {
				return nil, err
			}
		}
		for _, b := range e.staged {
			if err := add(record{
				Op: opBlock, Name: name, At: e.lastBlock, File: e.staging.file, ID: b.id, Off: b.off, Len: b.len,
			}); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
