package blobserver

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the service's protocol; it protects against accidents, not against people
	"encoding/base64"
	"encoding/binary"
	"hash"
	"hash/crc64"
	"net/http"
)

// crcTable is CRC-64/NVME, the checksum of Azure storage (check value AE8B14860A799888).
var crcTable = crc64.MakeTable(0x9A6C9329AC4BC9B5)

// encodeCRC renders a CRC64 as the service does: eight bytes, little-endian, base64.
func encodeCRC(v uint64) string {
	return base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, v))
}

// sums verifies a body against the client's checksums.
type sums struct {
	wantMD5, wantBlobMD5, wantCRC []byte
	md5                           hash.Hash // nil if nobody asked for it
	crc                           hash.Hash64
}

// newSums reads the checksum headers. One MD5 and one CRC64 together are refused, as the service
// does. whole is true for a whole blob, whose x-ms-blob-content-md5 is verified and whose MD5 is
// always kept.
func newSums(h http.Header, whole bool) (*sums, *apiError) {
	s := &sums{crc: crc64.New(crcTable)}
	var e *apiError
	if s.wantMD5, e = digest(h, "Content-MD5", md5.Size); e != nil {
		return nil, e
	}
	if s.wantCRC, e = digest(h, "x-ms-content-crc64", crc64.Size); e != nil {
		return nil, e
	}
	if s.wantMD5 != nil && s.wantCRC != nil {
		return nil, badHeader("x-ms-content-crc64", h.Get("x-ms-content-crc64"))
	}
	if whole {
		if s.wantBlobMD5, e = digest(h, "x-ms-blob-content-md5", md5.Size); e != nil {
			return nil, e
		}
	}
	if whole || s.wantMD5 != nil {
		s.md5 = md5.New() //nolint:gosec // see above
	}
	return s, nil
}

// digest decodes a checksum header of the size; nil if it is absent.
func digest(h http.Header, name string, size int) ([]byte, *apiError) {
	v := h.Get(name)
	if v == "" {
		return nil, nil
	}
	b, err := base64.StdEncoding.DecodeString(v)
	if err == nil && len(b) == size {
		return b, nil
	}
	if size == md5.Size {
		return nil, fail("InvalidMd5")
	}
	return nil, badHeader(name, v)
}

// Write adds bytes of the body. It never fails.
func (s *sums) Write(p []byte) (int, error) {
	_, _ = s.crc.Write(p) // a hash never fails
	if s.md5 != nil {
		_, _ = s.md5.Write(p)
	}
	return len(p), nil
}

// verify compares with the client's checksums and sets the answer's checksum header.
func (s *sums) verify(answer http.Header) *apiError {
	var got []byte
	if s.md5 != nil {
		got = s.md5.Sum(nil)
	}
	for _, want := range [][]byte{s.wantMD5, s.wantBlobMD5} {
		if want != nil && !bytes.Equal(want, got) {
			e := fail("Md5Mismatch")
			e.fields = [][2]string{
				{"UserSpecifiedMd5", base64.StdEncoding.EncodeToString(want)},
				{"ServerCalculatedMd5", base64.StdEncoding.EncodeToString(got)},
			}
			return e
		}
	}
	crc := encodeCRC(s.crc.Sum64())
	if s.wantCRC != nil && base64.StdEncoding.EncodeToString(s.wantCRC) != crc {
		e := fail("Crc64Mismatch")
		e.fields = [][2]string{
			{"UserSpecifiedCrc64", base64.StdEncoding.EncodeToString(s.wantCRC)},
			{"ServerCalculatedCrc64", crc},
		}
		return e
	}
	if s.wantMD5 != nil {
		answer.Set("Content-MD5", base64.StdEncoding.EncodeToString(got))
	} else {
		answer.Set("x-ms-content-crc64", crc)
	}
	return nil
}

// md5Text returns the MD5 as a header's value, or "" if it was not computed.
func (s *sums) md5Text() string {
	if s.md5 == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(s.md5.Sum(nil))
}
