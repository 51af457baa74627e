package proof

import (
	"context"
	"crypto/md5" //nolint:gosec // archives ask for it, and it finds accidents
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"inboxuploader/internal/crc64"
)

// Kinds says which checksums are wanted.
type Kinds uint8

// The kinds, which can be joined with |.
const (
	CRC64 Kinds = 1 << iota // CRC-64/NVME, as in receipts
	MD5
	SHA256
)

// Sums are what was computed of a file's content. What was not wanted is zero.
type Sums struct {
	Bytes  int64
	CRC64  uint64
	MD5    []byte // 16 bytes
	SHA256 []byte // 32 bytes
}

// read computes the checksums of what a reader has, through the buffer. It ends early, with the
// cause, if the context does; other errors are the reader's.
func read(ctx context.Context, in io.Reader, buf []byte, kinds Kinds) (s Sums, err error) {
	var sha, md hash.Hash
	if kinds&SHA256 != 0 {
		sha = sha256.New()
	}
	if kinds&MD5 != 0 {
		md = md5.New() //nolint:gosec // see above
	}
	for err == nil {
		if ctx.Err() != nil {
			return Sums{}, context.Cause(ctx)
		}
		var n int
		n, err = in.Read(buf)
		part := buf[:n]
		s.Bytes += int64(n)
		if kinds&CRC64 != 0 {
			s.CRC64 = crc64.Update(s.CRC64, part)
		}
		for _, h := range [...]hash.Hash{sha, md} {
			if h != nil {
				_, _ = h.Write(part) // a hash never fails
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		return Sums{}, err
	}
	if sha != nil {
		s.SHA256 = sha.Sum(nil)
	}
	if md != nil {
		s.MD5 = md.Sum(nil)
	}
	return s, nil
}
