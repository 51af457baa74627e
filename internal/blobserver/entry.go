package blobserver

import (
	"os"
	"sync"
	"time"
)

// blobState is the state of a committed blob.
type blobState struct {
	ETag     string            `json:"etag"`
	Created  time.Time         `json:"created"`
	Modified time.Time         `json:"modified"`
	Size     int64             `json:"size"`
	Header   properties        `json:"header"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Blocks   []blockRef        `json:"blocks,omitempty"` // as committed; empty for Put Blob
}

// properties are the blob's own HTTP headers. They are replaced as a whole at each commit.
type properties struct {
	ContentType        string `json:"type,omitempty"`
	ContentEncoding    string `json:"encoding,omitempty"`
	ContentLanguage    string `json:"language,omitempty"`
	ContentDisposition string `json:"disposition,omitempty"`
	CacheControl       string `json:"cache,omitempty"`
	ContentMD5         string `json:"md5,omitempty"`
}

// blockRef is a block with its base64 id.
type blockRef struct {
	ID   string `json:"id"`
	Size int64  `json:"size"`
}

// content is a committed blob and the place of its bytes. It never changes; it is only replaced.
type content struct {
	blobState
	path string // relative to the server's folder, with slashes
}

// entry is one name in a container: its committed content, its staged blocks, or both.
type entry struct {
	name string

	// mu is held while the name changes, I/O included: changes to one name are one after the other.
	mu        sync.Mutex
	staged    map[string]stagedBlock // by raw id
	staging   *staging               // nil if there is none
	lastBlock time.Time              // when the last block was staged

	// swap is held for a moment: by writers around placing a file and replacing cur, by readers
	// around loading cur and opening its file.
	swap sync.RWMutex
	cur  *content // nil if the name is not committed
}

func (e *entry) load() *content {
	e.swap.RLock()
	defer e.swap.RUnlock()
	return e.cur
}

// stagedBlock is an acknowledged block in the staging file.
type stagedBlock struct {
	id       string // base64, as sent
	off, len int64
}

// staging is the file that holds a name's uncommitted blocks side by side. Its regions are handed
// out in order of arrival, so that blocks that come in the blob's order are the blob already.
// Guarded by the entry's mu.
type staging struct {
	file     string // relative to the server's folder
	f        *os.File
	tail     int64
	inflight int               // blocks being written
	free     map[int64][]int64 // regions without use by length: a block sent again fits exactly
}

// take hands out a region of n bytes.
func (s *staging) take(n int64) int64 {
	if at := s.free[n]; len(at) > 0 {
		off := at[len(at)-1]
		s.free[n] = at[:len(at)-1]
		return off
	}
	off := s.tail
	s.tail += n
	return off
}

// giveBack makes a region free again.
func (s *staging) giveBack(off, n int64) {
	if off+n == s.tail {
		s.tail = off
		return
	}
	if s.free == nil {
		s.free = map[int64][]int64{}
	}
	s.free[n] = append(s.free[n], off)
}
