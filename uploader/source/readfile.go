package source

import (
	"context"
	"errors"
	"io"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/problem"
)

// ChangedWhileRead returns the error for a read that gave fewer bytes than planned: at its end the
// file has shrunk, else it can't be read.
func ChangedWhileRead(err error) *problem.Error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return problem.New("read", "", problem.SourceChanged)
	}
	return Problem("read", "", err)
}

// ReadBlock fills the buffer from the offset on. With an empty buffer it checks that the file
// really is empty: files that systems make up, as below /proc, only claim to be.
func ReadBlock(f io.ReaderAt, buf []byte, offset int64) error {
	if len(buf) == 0 {
		if n, _ := f.ReadAt(make([]byte, 1), offset); n > 0 {
			return problem.New("read", "", problem.SourceChanged)
		}
		return nil
	}
	if n, err := f.ReadAt(buf, offset); n < len(buf) {
		return ChangedWhileRead(err)
	}
	return nil
}

// Checksum returns the checksum of a part of a file, read through the buffer. If the context ends,
// it returns the cause.
func Checksum(
	ctx context.Context, f io.ReaderAt, offset, length int64, buf []byte,
) (uint64, error) {
	var crc uint64
	for length > 0 {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		part := buf[:min(int64(len(buf)), length)]
		if err := ReadBlock(f, part, offset); err != nil {
			return 0, err
		}
		crc = crc64.Combine(crc, crc64.Checksum(part), int64(len(part)))
		offset += int64(len(part))
		length -= int64(len(part))
	}
	return crc, nil
}
