package store

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
)

// NewUploadID returns a random id that distinguishes the blocks of one upload from all others.
func NewUploadID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails since Go 1.24: it ends the program instead
	return id
}

var idEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// BlockID returns the service's id of a block: the base64 of 36 bytes, which are the upload id, the
// number and half of the block's checksum in base32. All ids of a blob must have the same length,
// leftovers of other programs included; AzCopy's and the SDK's have 36 bytes too. The checksum
// keeps blocks of an older version of the file from passing for those of the present one.
func BlockID(upload [16]byte, number int, crc uint64) string {
	raw := make([]byte, 0, 22)
	raw = append(raw, upload[:]...)
	raw = binary.BigEndian.AppendUint16(raw, uint16(number)) // below maxBlocks
	raw = binary.BigEndian.AppendUint32(raw, uint32(crc))
	return base64.StdEncoding.EncodeToString(idEncoding.AppendEncode(nil, raw))
}

// BlockIDs returns the ids of all blocks, given their checksums.
func BlockIDs(upload [16]byte, crcs []uint64) []string {
	ids := make([]string, len(crcs))
	for i, crc := range crcs {
		ids[i] = BlockID(upload, i, crc)
	}
	return ids
}
