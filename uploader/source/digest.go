package source

import (
	"context"
	"io"
	"sync"

	"inboxuploader/uploader/problem"
)

// Digest is the hashes of a file that is read in blocks, in about their order and by several goroutines
// at once: a block whose turn has come is added from memory, and only what was passed over is read
// once more. Its methods may be called from any goroutine; a nil Digest is none.
type Digest struct {
	size, block int64
	file        io.ReaderAt

	mu   sync.Mutex
	sum  *Hasher
	crcs []uint64 // of the blocks that are in sum
	buf  []byte   // for what was passed over
	err  error    // of reading that
}

// catchUp is how many blocks that were passed over are read before one whose turn comes after them.
// More are left for the end: a whole file that was sent before would keep others waiting.
const catchUp = 64

// NewDigest returns the digest of a file of so many bytes in blocks of so many, with none of it yet;
// nil for no hashes.
func NewDigest(of Hashes, file io.ReaderAt, size, block int64) *Digest {
	if of == 0 {
		return nil
	}
	return &Digest{size: size, block: block, file: file, sum: NewHasher(of)}
}

// Add adds the block of that number, whose bytes and checksum these are, if that is possible now.
// Each block may be added any number of times, and none has to be. No bytes add nothing.
func (d *Digest) Add(ctx context.Context, number int, data []byte, crc uint64) {
	if d == nil || data == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if number-len(d.crcs) > catchUp {
		return
	}
	for len(d.crcs) < number {
		if d.readNext(ctx) != nil {
			return // which is told at the end
		}
	}
	if len(d.crcs) == number {
		_, _ = d.sum.Write(data)
		d.crcs = append(d.crcs, crc)
	}
}

// Sums reads what was not added and returns the hashes of the file. crcs are the checksums of the
// blocks as they were sent: where others were added, the error says that the file has changed.
// Others are those of reading.
func (d *Digest) Sums(ctx context.Context, crcs []uint64) (Sums, error) {
	if d == nil {
		return Sums{}, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.crcs) < len(crcs) {
		if err := d.readNext(ctx); err != nil {
			return Sums{}, err
		}
	}
	for n, crc := range crcs {
		if d.crcs[n] != crc {
			return Sums{}, problem.New("hash", "", problem.SourceChanged)
		}
	}
	return d.sum.Sums(), nil
}

// readNext adds the next block from the file. Once that has failed nothing is added any more. The
// caller holds the lock.
func (d *Digest) readNext(ctx context.Context) error {
	if d.err != nil {
		return d.err
	}
	offset := int64(len(d.crcs)) * d.block
	length := min(d.block, d.size-offset)
	if d.buf == nil {
		d.buf = make([]byte, min(d.block, 1<<20))
	}
	var crc uint64
	if crc, d.err = Checksum(ctx, tee{d.file, d.sum}, offset, length, d.buf); d.err == nil {
		d.crcs = append(d.crcs, crc)
	}
	return d.err
}

// SumsOf reads a file of so many bytes through the buffer, and returns its checksum and these
// hashes. It ends early, with the cause, if the context does; other errors are those of
// [ReadBlock].
func SumsOf(
	ctx context.Context, of Hashes, f io.ReaderAt, size int64, buf []byte,
) (crc uint64, s Sums, err error) {
	h := NewHasher(of)
	if crc, err = Checksum(ctx, tee{f, h}, 0, size, buf); err != nil {
		return 0, Sums{}, err
	}
	return crc, h.Sums(), nil
}

// tee is a file of which all that is read is hashed as well.
type tee struct {
	io.ReaderAt
	to *Hasher
}

// ReadAt implements io.ReaderAt.
func (t tee) ReadAt(p []byte, off int64) (int, error) {
	n, err := t.ReaderAt.ReadAt(p, off)
	_, _ = t.to.Write(p[:n])
	return n, err
}
