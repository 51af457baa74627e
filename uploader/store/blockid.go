package store

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
)

// NewUploadID returns a random id, by which blocks of one upload are told from all others.
func NewUploadID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails since Go 1.24: it ends the program instead
	return id
}

var idEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// BlockID returns the service's id of a block: 36 bytes in base64, which are the upload id, the
// number and half of the block's checksum in base32. All ids of a blob must have one length,
// leftovers of other programs included; AzCopy's and the SDK's have 36 bytes too. The checksum is
// there so that blocks of an older version of the file never pass for those of the present one.
func BlockID(upload [16]byte, number int, crc uint64) string {
	raw := make([]byte, 0, 22)
	raw = append(raw, upload[:]...)
	raw = binary.BigEndian.AppendUint16(raw, uint16(number)) // below maxBlocks
	raw = binary.BigEndian.AppendUint32(raw, uint32(crc))
	return base64.StdEncoding.EncodeToString(idEncoding.AppendEncode(nil, raw))
}

// BlockIDs returns the ids of all blocks, whose checksums these are.
func BlockIDs(upload [16]byte, crcs []uint64) []string {
	ids := make([]string, len(crcs))
	for i, crc := range crcs {
		ids[i] = BlockID(upload, i, crc)
	}
	return ids
}
