package proof

import (
	"context"
	"errors"
	"io"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/source"
)

// Sums are what was computed of a file's content.
type Sums struct {
	Bytes int64
	CRC64 uint64 // CRC-64/NVME, as in receipts
	source.Sums
}

// read computes the checksums of what a reader has, through the buffer: CRC-64 if crc says so, and
// hashes. It ends early, with the cause, if the context does; other errors are the reader's.
func read(
	ctx context.Context, in io.Reader, buf []byte, crc bool, hashes source.Hashes,
) (s Sums, err error) {
	h := source.NewHasher(hashes)
	for err == nil {
		if ctx.Err() != nil {
			return Sums{}, context.Cause(ctx)
		}
		var n int
		n, err = in.Read(buf)
		s.Bytes += int64(n)
		if crc {
			s.CRC64 = crc64.Update(s.CRC64, buf[:n])
		}
		_, _ = h.Write(buf[:n]) // it never fails
	}
	if !errors.Is(err, io.EOF) {
		return Sums{}, err
	}
	s.Sums = h.Sums()
	return s, nil
}
