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

// Store puts blocks and blobs into one inbox. Package azure implements it and, for tests, package
// uploadertest.
//
// Every implementation promises, and uploadertest.TestStore checks:
//
//   - It sends each request once. Only the queue retries.
//   - Errors are [*problem.Error]s that wrap one sentinel and never contain the token's query.
//     Error.Unanswered is true if the service may have done the work; Error.Date is the service's
//     clock if it answered.
//   - A call returns soon after its context is cancelled, and none of its goroutines reads the body
//     after it has returned.
//   - The service verifies each body against its CRC64 before it acknowledges; wrong bytes are
//     ErrCorrupt.
//   - It lists, reads and deletes nothing. Write permission is enough for everything.
//   - Any number of goroutines may use it at once.
//
// Names are complete names inside the container, as [scan.PlanName] returns them; the
// implementation escapes them once.
type Store interface {
	// PutBlob stores a whole blob in one request and discards blocks staged under its name.
	PutBlob(ctx context.Context, name string, body *Body, p Properties, c Condition) (ledger.Answer,
		error)
	// PutBlock stages one block. Staging an id again replaces it. All ids of a blob have the same
	// length.
	PutBlock(ctx context.Context, name, id string, body *Body) (ledger.Answer, error)
	// PutBlockList makes a blob of staged blocks, all or nothing: if one is missing, it returns
	// ErrBlocksLost and changes nothing. It discards staged blocks that are not listed.
	PutBlockList(ctx context.Context, name string, ids []string, p Properties,
		c Condition) (ledger.Answer, error)
	// Close closes idle connections. It does not wait for running calls.
	Close() error
}

// Properties are what the service keeps beside a blob's bytes.
type Properties struct {
	ContentType string
	ModTime     time.Time // of the file; zero: not kept
	Folder      bool      // the blob stands for a folder and has no bytes
	MD5         string    // of the content, 16 bytes; empty: not kept
}

// PropertiesOf returns the properties of a job's blob; s has the file's hashes.
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

// Condition says when a write may take place. The zero Condition means always.
type Condition struct {
	// IfAbsent: only if no blob of the name exists, else ErrExists.
	IfAbsent bool
	// IfModifiedSince: only if no blob of the name exists or the existing one was written after
	// this time on the service's clock (seconds), else ErrExists.
	IfModifiedSince time.Time
	// IfUnmodifiedSince, for PutBlockList only: only if no blob was written under the name after
	// this time on the service's clock (seconds), else ErrExists.
	IfUnmodifiedSince time.Time
	// IfCommitted, for PutBlockList only: only if the listed blocks already are the blob's
	// committed ones, else ErrBlocksLost. It asks "did our own commit make that blob?" without the
	// right to read.
	IfCommitted bool
}

// Body is the bytes of one request with their checksum. The queue owns the bytes: an implementation
// must not keep them after its call has returned. One request at a time uses a Body and reads it
// from start to end.
type Body struct {
	data  []byte      // the bytes, or
	file  io.ReaderAt // the file to read them from while sending, if they exceed the buffers
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

// NewFileBody returns a Body over a part of a file, which is read while it is sent. The checksum is
// computed before, so the service notices if the file has changed since.
func NewFileBody(file io.ReaderAt, start, size int64, crc64 uint64) *Body {
	return &Body{file: file, start: start, size: size, crc64: crc64}
}

// SetPace sets a function that is called before each few KiB are handed over; it may wait. Its
// error ends the reading.
func (b *Body) SetPace(pace func(n int) error) { b.pace = pace }

// Len returns the total number of bytes, read or not.
func (b *Body) Len() int64 { return b.size }

// CRC64 returns the CRC-64/NVME of all bytes.
func (b *Body) CRC64() uint64 { return b.crc64 }

// Bytes returns all bytes, or nil if they are read from a file while sending.
func (b *Body) Bytes() []byte { return b.data }

// Sums reads all bytes and returns their hashes. Call it before SetPace.
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

// WriteTo implements io.WriterTo: it passes the rest to w without copying it, in steps between
// which it may wait for the speed limit. w must not keep the bytes.
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

// paceStep is how many bytes are handed over between two checks of the speed limit. With a quarter
// of it, system calls would be a third of all work on a fast line; with much more, one step on the
// slowest line would take longer than a request may stall.
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
