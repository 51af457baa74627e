package blobserver

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
)

// listed is one line of a block list: an id and where to look for it.
type listed struct {
	id    string
	where string // Latest, Committed or Uncommitted
}

// extent is a block's place, in the staging file or in the current content.
type extent struct {
	blockRef
	staged bool
	off    int64
}

// commit makes a blob of the listed blocks, all or nothing. It discards staged blocks that are not
// listed.
func (c *container) commit(
	name string, list []listed, st blobState, limit int64, allow guard,
) (*content, error) {
	leave, gone := c.enter()
	if gone != nil {
		return nil, gone
	}
	defer leave()
	e := c.at(name)
	e.mu.Lock()
	defer e.mu.Unlock()
	c.expire(e)
	cur := e.load()
	if refused := allow(cur); refused != nil {
		return nil, refused
	}
	extents, refused := e.resolve(list, cur)
	if refused != nil {
		return nil, refused
	}
	st.Blocks = make([]blockRef, len(extents))
	for i, x := range extents {
		st.Blocks[i] = x.blockRef
		st.Size += x.Size
	}
	if st.Size > limit {
		return nil, fail("RequestBodyTooLarge")
	}
	src, err := c.assemble(e, cur, extents, st.Size)
	if err != nil {
		return nil, err
	}
	done, err := c.replace(e, src, st)
	if err != nil {
		if src != "" && (e.staging == nil || src != e.staging.file) {
			err = errors.Join(err, c.s.root.Remove(src))
		}
		return nil, err
	}
	if e.staging != nil && src == e.staging.file {
		e.staging = nil // it is the blob now
		clear(e.staged)
	} else {
		c.drop(e)
	}
	return done, nil
}

// resolve finds every listed block; InvalidBlockList if one is missing.
func (e *entry) resolve(list []listed, cur *content) ([]extent, *apiError) {
	committed := map[string]extent{}
	if cur != nil {
		off := int64(0)
		for _, b := range cur.Blocks {
			raw, err := base64.StdEncoding.DecodeString(b.ID)
			if err != nil {
				return nil, fail("InternalError")
			}
			committed[string(raw)] = extent{b, false, off}
			off += b.Size
		}
	}
	out := make([]extent, 0, len(list))
	for _, l := range list {
		raw, err := base64.StdEncoding.DecodeString(l.id)
		if err != nil {
			return nil, fail("InvalidBlockList")
		}
		if b, ok := e.staged[string(raw)]; ok && l.where != "Committed" {
			out = append(out, extent{blockRef{b.id, b.len}, true, b.off})
			continue
		}
		x, ok := committed[string(raw)]
		if !ok || l.where == "Uncommitted" {
			return nil, fail("InvalidBlockList")
		}
		out = append(out, x)
	}
	return out, nil
}

// assemble returns the file that holds the extents one after another: "" if the current content
// already does, the staging file itself if its blocks came in order, a new file otherwise.
func (c *container) assemble(e *entry, cur *content, extents []extent, size int64) (string, error) {
	same, inOrder := cur != nil && cur.Size == size, len(extents) > 0 && e.staging != nil &&
		e.staging.inflight == 0
	off := int64(0)
	for _, x := range extents {
		same = same && !x.staged && x.off == off
		inOrder = inOrder && x.staged && x.off == off
		off += x.Size
	}
	switch {
	case same:
		return "", nil
	case inOrder:
		return e.staging.file, nil // what is behind the last block is cut off when the commit is recorded
	}
	return c.gather(e, cur, extents)
}

// gather copies the extents into a new file.
func (c *container) gather(e *entry, cur *content, extents []extent) (_ string, err error) {
	p := c.incomingPath()
	dst, err := c.s.root.OpenFile(p, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return "", fmt.Errorf("commit: %w", err)
	}
	var from [2]*os.File // staged, committed
	defer func() {
		for _, f := range from {
			if f != nil {
				err = errors.Join(err, f.Close())
			}
		}
		if err = errors.Join(err, dst.Close()); err != nil {
			err = errors.Join(err, c.s.root.Remove(p))
		}
	}()
	for i := 0; i < len(extents); {
		x, which := extents[i], 0
		// Neighbours are copied in one go.
		n, j := x.Size, i+1
		for ; j < len(extents) && extents[j].staged == x.staged && extents[j].off == x.off+n; j++ {
			n += extents[j].Size
		}
		i = j
		if !x.staged {
			which = 1
		}
		if from[which] == nil {
			file := ""
			if x.staged {
				file = e.staging.file
			} else {
				file = cur.path
			}
			if from[which], err = c.s.root.Open(file); err != nil {
				return "", fmt.Errorf("commit: %w", err)
			}
		}
		if err = copyRange(dst, from[which], x.off, n); err != nil {
			return "", err
		}
	}
	return p, nil
}
