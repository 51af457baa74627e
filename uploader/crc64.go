package uploader

import "github.com/minio/crc64nvme"

// crc64Polynomial is CRC-64/NVME's, bits reversed: Azure storage's x-ms-content-crc64.
const crc64Polynomial = 0x9A6C9329AC4BC9B5

// checksum returns the CRC-64/NVME of the bytes.
func checksum(p []byte) uint64 { return crc64nvme.Checksum(p) }

// combineCRC64 returns the checksum of A followed by B from the checksums of both and B's length in bytes. So blocks can be
// hashed in any order and the whole file's checksum costs nothing.
//
// Appending n zero bytes to A multiplies its checksum by x^8n modulo the polynomial; the checksum's inversions at the start
// and the end cancel each other out.
func combineCRC64(a, b uint64, lenB int64) uint64 {
	return multiplyCRC64(a, powerCRC64(uint64(lenB))) ^ b
}

// multiplyCRC64 multiplies two polynomials, bits reversed (bit 63 is x^0), modulo the checksum's.
func multiplyCRC64(a, b uint64) uint64 {
	var product uint64
	for bit := uint64(1) << 63; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crc64Polynomial
		}
	}
	return product
}

// powerCRC64 returns x^(8n).
func powerCRC64(n uint64) uint64 {
	result := uint64(1) << 63 // x^0
	square := uint64(1) << 55 // x^8
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = multiplyCRC64(result, square)
		}
		square = multiplyCRC64(square, square)
	}
	return result
}
