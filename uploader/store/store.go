package store

import (
	"context"
	"io"
	"time"

	"inboxuploader/internal/contenttype"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// Store puts blocks and blobs into one inbox. It is implemented by package azure and, for tests, by
// uploadertest.
//
// What every implementation promises, and uploadertest.TestStore checks:
//
//   - It sends each request once. Retrying is the queue's alone.
//   - Errors are [*problem.Error]s that wrap one sentinel and never contain the token's query. Error.Unanswered is true where
//     the service may have done the work; Error.Date is the service's clock where it answered.
//   - A call returns soon after its context is cancelled, and no goroutine of it reads the body after it returned.
//   - The service verifies each body against its CRC64 before it acknowledges; other bytes are ErrCorrupt.
//   - Nothing is listed, read or deleted. Writing rights suffice for everything.
//   - It may be used by any number of goroutines at once.
//
// Names are complete names inside the container, as [scan.PlanName] made them; the implementation
// escapes them once.
type Store interface {
	// PutBlob stores a whole blob in one request and discards blocks staged under its name.
	PutBlob(ctx context.Context, name string, body *Body, p Properties, c Condition) (ledger.Answer,
		error)
	// PutBlock stages one block. Staging an id again replaces it. All ids of a blob have the same
	// length.
	PutBlock(ctx context.Context, name, id string, body *Body) (ledger.Answer, error)
	// PutBlockList makes a blob of staged blocks, all or nothing: where one is missing it returns
	// ErrBlocksLost and nothing changed. It discards staged blocks that are not listed.
	PutBlockList(ctx context.Context, name string, ids []string, p Properties,
		c Condition) (ledger.Answer, error)
	// Close ends idle connections. It does not wait for calls under way.
	Close() error
}

// Properties are what the service keeps beside a blob's bytes.
type Properties struct {
	ContentType string
	ModTime     time.Time // when the file was modified; zero: is not kept
	Folder      bool      // it stands for a folder, and has no bytes
	MD5         string    // of the content, 16 bytes; empty: is not kept
}

// PropertiesOf returns what the service keeps beside the bytes of a job, whose hashes these are.
func PropertiesOf(j *ledger.Job, s source.Sums) Properties {
	p := Properties{ContentType: contenttype.Of(j.Blob), Folder: j.IsFolder()}
	if j.KeepTime {
		p.ModTime = j.ModTime
	}
	if j.PutMD5 {
		p.MD5 = s.MD5
	}
	return p
}

// Condition says when a write may take place. The zero Condition is: always.
type Condition struct {
	// IfAbsent: only where no blob of the name exists, else ErrExists.
	IfAbsent bool
	// IfModifiedSince: only where no blob of the name exists or the existing one was written after
	// this moment of the service's clock (seconds), else ErrExists.
	IfModifiedSince time.Time
	// IfUnmodifiedSince, for PutBlockList only: only where no blob was written under the name after
	// this moment of the service's clock (seconds), else ErrExists.
	IfUnmodifiedSince time.Time
	// IfCommitted, for PutBlockList only: only where the listed blocks are the blob's committed
	// ones already, else ErrBlocksLost. It asks "was that blob made by our own commit?" without the
	// right to read.
	IfCommitted bool
}

// Body is the bytes of one request with their checksum. They belong to the queue: an implementation
// must not keep them after its call returned. A Body is used by one request at a time, which reads
// it from the start to the end.
type Body struct {
	data  []byte      // the bytes, or
	file  io.ReaderAt // where they are read from while being sent, where they are more than the buffers may hold
	start int64       // their offset in file
	size  int64
	off   int64
	crc64 uint64
	pace  func(n int) error // waits for the speed limit and marks progress; may be nil
}

// NewBody returns a Body over data. crc64 is its CRC-64/NVME, the checksum of Azure storage.
func NewBody(data []byte, crc64 uint64) *Body {
	return &Body{data: data, size: int64(len(data)), crc64: crc64}
}

// NewFileBody returns a Body over a part of a file, which is read while it is sent. Its checksum
// was computed before; the service notices where the file changed since.
func NewFileBody(file io.ReaderAt, start, size int64, crc64 uint64) *Body {
	return &Body{file: file, start: start, size: size, crc64: crc64}
}

// SetPace has pace called before each few KiB that are handed over; it may wait. An error of it
// ends the reading.
func (b *Body) SetPace(pace func(n int) error) { b.pace = pace }

// Len returns the number of bytes in all, whatever has been read.
func (b *Body) Len() int64 { return b.size }

// CRC64 returns the CRC-64/NVME of all bytes.
func (b *Body) CRC64() uint64 { return b.crc64 }

// Bytes returns all bytes, or nil where they are read from a file while being sent.
func (b *Body) Bytes() []byte { return b.data }

// Sums returns these hashes of all bytes, which it reads for them. It must be called before
// SetPace.
func (b *Body) Sums(of source.Hashes) (source.Sums, error) {
	h := source.NewHasher(of)
	if h == nil {
		return source.Sums{}, nil
	}
	_, err := b.WriteTo(h)
	b.off = 0
	return h.Sums(), err
}

// Read implements io.Reader. It may wait for the speed limit.
func (b *Body) Read(p []byte) (int, error) {
	n := int(min(int64(len(p)), b.size-b.off))
	if n == 0 && b.off == b.size {
		return 0, io.EOF
	}
	if b.pace != nil {
		n = min(n, paceStep)
		if err := b.pace(n); err != nil {
			return 0, err
		}
	}
	if b.file == nil {
		copy(p[:n], b.data[b.off:])
	} else if m, err := b.file.ReadAt(p[:n], b.start+b.off); m < n {
		return 0, source.ChangedWhileRead(err)
	}
	b.off += int64(n)
	return n, nil
}

// WriteTo implements io.WriterTo: it hands the rest to w without copying it, in steps between which
// it may wait for the speed limit. w must not keep what it is given.
func (b *Body) WriteTo(w io.Writer) (written int64, err error) {
	var buf []byte
	for b.off < b.size {
		n := int(min(b.size-b.off, paceStep))
		if b.pace != nil {
			if err := b.pace(n); err != nil {
				return written, err
			}
		}
		var step []byte
		if b.file == nil {
			step = b.data[b.off:][:n]
		} else {
			if buf == nil {
				buf = make([]byte, n)
			}
			step = buf[:n]
			if m, err := b.file.ReadAt(step, b.start+b.off); m < n {
				return written, source.ChangedWhileRead(err)
			}
		}
		m, err := w.Write(step)
		b.off += int64(m)
		written += int64(m)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// paceStep is how many bytes are handed over between two looks at the speed limit. With a quarter
// of it, on a fast line, a third of all work would be going to the system and back; with much more,
// a step on the slowest line would take longer than a request may stand still.
const paceStep = 256 << 10

// Seek implements io.Seeker: the SDK rewinds the body before sending it.
func (b *Body) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += b.off
	case io.SeekEnd:
		offset += b.size
	}
	if offset < 0 || offset > b.size {
		return 0, problem.New("seek", "", problem.Unexpected)
	}
	b.off = offset
	return offset, nil
}

// Close implements io.Closer and does nothing.
func (b *Body) Close() error { return nil }
