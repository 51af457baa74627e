package blobserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// receive writes a body of size bytes into a new file and adds every byte to s. On error it leaves
// nothing behind.
func (c *container) receive(body io.Reader, size int64, s io.Writer) (string, error) {
	p := c.incomingPath()
	f, err := c.s.root.OpenFile(p, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return "", fmt.Errorf("receive: %w", err)
	}
	err = c.s.pour(f, 0, body, size, s)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, c.s.root.Remove(p))
	}
	return p, nil
}

// guard checks the current content, nil if there is none, and may refuse the write.
type guard func(cur *content) *apiError

// put makes src the content of name. It discards staged blocks. On error src is gone.
func (c *container) put(name, src string, st blobState, allow guard) (*content, error) {
	leave, gone := c.enter()
	if gone != nil {
		return nil, errors.Join(gone, c.s.root.Remove(src))
	}
	defer leave()
	e := c.at(name)
	e.mu.Lock()
	defer e.mu.Unlock()
	if refused := allow(e.load()); refused != nil {
		return nil, errors.Join(refused, c.s.root.Remove(src))
	}
	done, err := c.replace(e, src, st)
	if err != nil {
		return nil, errors.Join(err, c.s.root.Remove(src))
	}
	c.drop(e)
	return done, nil
}

// replace records that src is the content of e and moves it into place. The record commits the
// change: if later steps are interrupted, the next start completes them. The caller holds e.mu and
// drops or keeps the staged blocks.
func (c *container) replace(e *entry, src string, st blobState) (*content, error) {
	now := c.s.now()
	had := e.load()
	st.Created, st.Modified, st.ETag = now, now, c.s.etag()
	rec := record{Op: opBlob, Name: e.name, File: src, Blob: &st}
	path := ""
	if had != nil {
		st.Created, path = had.Created, had.path
		if !c.temporary(path) {
			rec.Path = path
		}
	}
	if err := c.record(rec); err != nil {
		return nil, err
	}
	if e.staging != nil && src == e.staging.file {
		// After the last block there may be bytes of an interrupted request that never became one.
		if err := c.cut(src, st.Size); err != nil {
			return nil, err
		}
	}
	e.swap.Lock()
	defer e.swap.Unlock()
	if src != "" {
		path = c.place(e.name, src, path)
	}
	e.cur = &content{st, path}
	if had != nil && had.path != path && c.temporary(had.path) {
		c.tidy(had.path)
	}
	return e.cur, nil
}

// drop discards the staged blocks of e. A block that is still arriving keeps the file.
func (c *container) drop(e *entry) {
	clear(e.staged)
	st := e.staging
	if st == nil || st.inflight > 0 {
		return
	}
	e.staging = nil
	c.tidy(st.file)
}

// cut shortens the file p to n bytes.
func (c *container) cut(p string, n int64) error {
	f, err := c.s.root.OpenFile(p, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cut: %w", err)
	}
	return errors.Join(f.Truncate(n), f.Close())
}

// tidy removes a file that nothing refers to any more. Otherwise the next start would.
func (c *container) tidy(p string) {
	if err := c.s.root.Remove(p); err != nil {
		c.s.log.Warn("leftover not removed", "container", c.name, "error", err)
	}
}

// expire discards staged blocks if none was added for a week
// (rest/api/storageservices/put-block-list, Remarks). The caller holds e.mu.
func (c *container) expire(e *entry) {
	if len(e.staged) > 0 && c.s.now().Sub(e.lastBlock) >= blockLife {
		c.drop(e)
	}
}

// delete removes a blob and its staged blocks.
func (c *container) delete(name string, allow guard) error {
	leave, gone := c.enter()
	if gone != nil {
		return gone
	}
	defer leave()
	e := c.lookup(name)
	if e == nil {
		return fail("BlobNotFound")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	cur := e.load()
	if cur == nil {
		return fail("BlobNotFound")
	}
	if refused := allow(cur); refused != nil {
		return refused
	}
	// The file leaves its path before the record is written, so that no record is ever read as
	// "that path is nobody's" after another name has taken the path.
	trash := c.incomingPath()
	e.swap.Lock()
	err := c.s.root.Rename(cur.path, trash)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		if err = c.record(record{Op: opDelete, Name: name}); err == nil {
			e.cur = nil
		} else {
			err = errors.Join(err, c.s.root.Rename(trash, cur.path))
		}
	}
	e.swap.Unlock()
	if err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	c.drop(e)
	if c.isFile(trash) {
		c.tidy(trash)
	}
	if i := strings.LastIndexByte(cur.path, '/'); i > 0 {
		c.prune(cur.path[:i])
	}
	return nil
}

// change gives a blob other properties or metadata.
func (c *container) change(name string, allow guard, f func(*blobState)) (*content, error) {
	leave, gone := c.enter()
	if gone != nil {
		return nil, gone
	}
	defer leave()
	e := c.lookup(name)
	if e == nil {
		return nil, fail("BlobNotFound")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	cur := e.load()
	if cur == nil {
		return nil, fail("BlobNotFound")
	}
	if refused := allow(cur); refused != nil {
		return nil, refused
	}
	next := *cur
	f(&next.blobState)
	next.Modified, next.ETag = c.s.now(), c.s.etag()
	if err := c.record(record{Op: opProps, Name: name, Blob: &next.blobState}); err != nil {
		return nil, err
	}
	e.swap.Lock()
	e.cur = &next
	e.swap.Unlock()
	return &next, nil
}

// blockLife is how long staged blocks are kept after the last one was added.
const blockLife = 7 * 24 * time.Hour
