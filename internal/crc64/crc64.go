// Package crc64 computes CRC-64/NVME, the checksum of Azure storage: of bytes with [Checksum], of
// what comes piece by piece with [Update], of parts with [Combine].
package crc64

import "github.com/minio/crc64nvme"

// polynomial is CRC-64/NVME's, bits reversed: Azure storage's x-ms-content-crc64.
const polynomial = 0x9A6C9329AC4BC9B5

// Checksum returns the CRC-64/NVME of the bytes.
func Checksum(p []byte) uint64 { return crc64nvme.Checksum(p) }

// Update returns the checksum of A followed by p from the checksum of A, which is 0 for nothing.
func Update(a uint64, p []byte) uint64 { return crc64nvme.Update(a, p) }

// Combine returns the checksum of A followed by B from the checksums of both and B's length in
// bytes. So blocks can be hashed in any order and the whole file's checksum costs nothing.
//
// Appending n zero bytes to A multiplies its checksum by x^8n modulo the polynomial; the checksum's
// inversions at the start and the end cancel each other out.
func Combine(a, b uint64, lenB int64) uint64 {
	return multiply(a, power(uint64(lenB))) ^ b
}

// multiply multiplies two polynomials, bits reversed (bit 63 is x^0), modulo the checksum's.
func multiply(a, b uint64) uint64 {
	var product uint64
	for bit := uint64(1) << 63; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= polynomial
		}
	}
	return product
}

// power returns x^(8n).
func power(n uint64) uint64 {
	result := uint64(1) << 63 // x^0
	square := uint64(1) << 55 // x^8
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = multiply(result, square)
		}
		square = multiply(square, square)
	}
	return result
}
