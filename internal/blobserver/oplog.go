package blobserver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// record is one line of a container's log: a change of one name.
type record struct {
	Op   string     `json:"op"` // one of the op constants
	Name string     `json:"name"`
	File string     `json:"file,omitempty"` // opBlob: the new content before it is placed
	Path string     `json:"path,omitempty"` // opBlob: where the content belongs, if it has a place already
	Blob *blobState `json:"blob,omitempty"` // opBlob, opProps
}

// What a record says.
const (
	opBlob   = "blob"   // the name has this content
	opProps  = "props"  // the name keeps its content and has other properties
	opDelete = "delete" // the name has no content
)

// record adds a line to the log, for the next start. A line break comes first, so that a partial
// line, left by a kill or a full disk, spoils no other.
func (c *container) record(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	if _, err := c.log.Write(append([]byte{'\n'}, text...)); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// readRecords calls f for every record from the start. A partial line is no record: its change was
// never acknowledged.
func readRecords(r io.Reader, f func(record)) error {
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		var rec record
		if i := bytes.IndexByte(line, '{'); i >= 0 && json.Unmarshal(line[i:], &rec) == nil {
			f(rec)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
	}
}
