package blobserver

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Limits of blocks (rest/api/storageservices/put-block).
const (
	maxBlockID     = 64 // bytes before encoding
	maxUncommitted = 100_000
	maxBlockList   = 50_000
)

// checkID refuses an id that can't join the staged blocks: all ids of a name have one length. The
// caller holds e.mu.
func (e *entry) checkID(raw string) *apiError {
	if _, again := e.staged[raw]; again {
		return nil
	}
	for other := range e.staged {
		if len(other) != len(raw) {
			return fail("InvalidBlobOrBlock")
		}
		break
	}
	if len(e.staged) >= maxUncommitted {
		return fail("BlockCountExceedsLimit")
	}
	return nil
}

// stage writes one block of size bytes into the name's staging file, calls verify, and then
// acknowledges the block.
func (c *container) stage(
	name, raw, id string, body io.Reader, size int64, s io.Writer, verify func() *apiError,
) error {
	e := c.at(name)
	st, off, err := c.reserve(e, raw, size)
	if err != nil {
		return err
	}
	err = c.s.pour(st.f, off, body, size, s)
	if err == nil {
		if refused := verify(); refused != nil {
			err = refused
		}
	}
	return c.register(e, st, raw, stagedBlock{id, off, size}, err)
}

// reserve finds room for a block that is about to arrive.
func (c *container) reserve(e *entry, raw string, size int64) (*staging, int64, error) {
	leave, gone := c.enter()
	if gone != nil {
		return nil, 0, gone
	}
	defer leave()
	e.mu.Lock()
	defer e.mu.Unlock()
	c.expire(e)
	if refused := e.checkID(raw); refused != nil {
		return nil, 0, refused
	}
	if e.staging == nil {
		e.staging = &staging{file: c.stagingPath()}
	}
	st := e.staging
	if st.f == nil {
		f, err := c.s.root.OpenFile(st.file, os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			return nil, 0, fmt.Errorf("stage: %w", err)
		}
		st.f = f
	}
	st.inflight++
	return st, st.take(size), nil
}

// register completes reserve: it registers the block, or frees its region if err is not nil.
func (c *container) register(e *entry, st *staging, raw string, b stagedBlock, err error) error {
	leave, gone := c.enter()
	if gone != nil {
		return gone // the container's files were closed with it
	}
	defer leave()
	e.mu.Lock()
	defer e.mu.Unlock()
	st.inflight--
	if err == nil {
		if refused := e.checkID(raw); refused != nil {
			err = refused
		}
	}
	if err != nil {
		st.giveBack(b.off, b.len)
		return errors.Join(err, c.release(e, st))
	}
	old, again := e.staged[raw]
	e.staged[raw], e.lastBlock = b, c.s.now()
	if again {
		st.giveBack(old.off, old.len)
	}
	return c.release(e, st)
}

// release closes the staging file if nobody writes to it, and removes it if it is empty.
func (c *container) release(e *entry, st *staging) error {
	if st.inflight > 0 {
		return nil
	}
	err := st.f.Close()
	st.f = nil
	if len(e.staged) == 0 && e.staging == st {
		e.staging = nil
		err = errors.Join(err, c.s.root.Remove(st.file))
	}
	return err
}
