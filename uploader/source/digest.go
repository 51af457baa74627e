package source

import (
	"context"
	"io"
	"sync"

	"inboxuploader/uploader/problem"
)

// Digest computes the hashes of a file that several goroutines read in blocks, roughly in order. It
// adds a block from memory when its turn has come, and reads only skipped blocks again. Its methods
// may be called from any goroutine; a nil Digest does nothing.
type Digest struct {
	size, block int64
	file        io.ReaderAt

	mu   sync.Mutex
	sum  *Hasher
	crcs []uint64 // of the blocks that are in sum
	buf  []byte   // for skipped blocks
	err  error    // of reading those
}

// catchUp is how many skipped blocks are read before the next block is added. More are left for the
// end: a whole file that was sent before would keep others waiting.
const catchUp = 64

// NewDigest returns the empty digest of a file of size bytes in blocks of block bytes, or nil for
// no hashes.
func NewDigest(of Hashes, file io.ReaderAt, size, block int64) *Digest {
	if of == 0 {
		return nil
	}
	return &Digest{size: size, block: block, file: file, sum: NewHasher(of)}
}

// Add adds the block with that number, bytes and checksum, if its turn has come; it may read
// skipped blocks first. A block may be added any number of times, or never. Nil data adds nothing.
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
			return // Sums returns the error
		}
	}
	if len(d.crcs) == number {
		_, _ = d.sum.Write(data)
		d.crcs = append(d.crcs, crc)
	}
}

// Sums reads the blocks not added yet and returns the hashes of the file. crcs are the checksums of
// the blocks as sent: if the added ones differ, the error says that the file has changed. Other
// errors are those of reading. It may block on the disk.
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

// readNext adds the next block from the file. After an error it adds nothing more. The caller holds
// the lock.
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

// SumsOf reads a file of size bytes through buf and returns its checksum and these hashes. It
// blocks on the disk. If the context ends, it returns the cause; other errors are those of
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

// tee is a file that also hashes all bytes read from it.
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
