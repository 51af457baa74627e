package blobserver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

// record is one line of a container's log: what became true of one name.
type record struct {
	Op   string     `json:"op"` // one of the op constants
	Name string     `json:"name"`
	At   time.Time  `json:"at"`
	File string     `json:"file,omitempty"` // opBlob: the new content before it is placed; opBlock: the staging file
	Path string     `json:"path,omitempty"` // opBlob: where the content belongs, if it has a place already
	ID   string     `json:"id,omitempty"`   // opBlock: the block's id, base64
	Off  int64      `json:"off,omitempty"`  // opBlock: where the block is in the staging file
	Len  int64      `json:"len,omitempty"`  // opBlock: its length
	Blob *blobState `json:"blob,omitempty"` // opBlob
}

// What a record says.
const (
	opBlob    = "blob"    // the name has this content; staged blocks are gone
	opProps   = "props"   // the name keeps its content and has other properties
	opDelete  = "delete"  // the name has no content; staged blocks are gone
	opBlock   = "block"   // a block is staged
	opDiscard = "discard" // staged blocks are gone
)

// oplog is an append-only file of records, each line led by its CRC32 so that a torn end is told from a whole line.
type oplog struct {
	durable bool // fsync before wait returns

	mu      sync.Mutex
	cond    *sync.Cond
	f       *os.File
	size    int64
	written int64 // records written
	synced  int64 // records known to be on disk
	syncing bool
	err     error // set once, when the file can no longer be trusted
}

func newOplog(f *os.File, size int64, durable bool) *oplog {
	l := &oplog{f: f, size: size, durable: durable}
	l.cond = sync.NewCond(&l.mu)
	return l
}

// encodeRecord returns the record's line.
func encodeRecord(r record) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	line := fmt.Appendf(nil, "%08x ", crc32.ChecksumIEEE(text))
	return append(append(line, text...), '\n'), nil
}

// append writes r and returns its number for wait. The order of calls is the order of the log.
func (l *oplog) append(r record) (int64, error) {
	line, err := encodeRecord(r)
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	if _, err := l.f.WriteAt(line, l.size); err != nil {
		// Half a line must not stay before the next one. If it can't be cut off, nothing more may follow it.
		if cut := l.f.Truncate(l.size); cut != nil {
			l.err = fmt.Errorf("log: %w", errors.Join(err, cut))
		}
		return 0, fmt.Errorf("log: %w", err)
	}
	l.size += int64(len(line))
	l.written++
	return l.written, nil
}

// wait returns when record n is on disk. Callers that wait at once share one fsync.
func (l *oplog) wait(n int64) error {
	if !l.durable {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.synced < n && l.err == nil {
		if l.syncing {
			l.cond.Wait()
			continue
		}
		l.syncing = true
		upTo := l.written
		l.mu.Unlock()
		err := l.f.Sync()
		l.mu.Lock()
		l.syncing = false
		if err != nil {
			l.err = fmt.Errorf("log: %w", err)
		} else {
			l.synced = upTo
		}
		l.cond.Broadcast()
	}
	if l.synced >= n {
		return nil
	}
	return l.err
}

// commit appends r and waits for it.
func (l *oplog) commit(r record) error {
	n, err := l.append(r)
	if err != nil {
		return err
	}
	return l.wait(n)
}

func (l *oplog) close() error { return l.f.Close() }

// readRecords calls f for every whole record from the start and returns how many bytes they take. What follows the
// first line that is not whole was never acknowledged and is to be cut off.
func readRecords(r io.Reader, f func(record)) (int64, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	var good int64
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return good, nil
		}
		if err != nil {
			return good, fmt.Errorf("read log: %w", err)
		}
		rec, ok := decodeRecord(line)
		if !ok {
			return good, nil
		}
		f(rec)
		good += int64(len(line))
	}
}

// decodeRecord reads one line; false if it is not whole.
func decodeRecord(line []byte) (record, bool) {
	var r record
	head, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if !ok {
		return r, false
	}
	want, err := strconv.ParseUint(string(head), 16, 32)
	if err != nil || uint32(want) != crc32.ChecksumIEEE(text) {
		return r, false
	}
	return r, json.Unmarshal(text, &r) == nil
}
