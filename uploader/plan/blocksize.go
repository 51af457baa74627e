package plan

// slowBlockSize is the smallest block size for a slow line, in bytes.
const slowBlockSize = 256 << 10

// PacedBlockSize returns the block size in bytes for a line that takes so many bytes per second:
// about what leaves in a second, so that one of the first four connections is answered each second.
// If nothing is known of the line (0), a file gets some hundred blocks.
func PacedBlockSize(size int64, perSecond float64) int64 {
	least, want := int64(1<<20), float64(size/128)
	if perSecond > 0 {
		least, want = slowBlockSize, perSecond
	}
	bytes := int64(DefaultBlockSize)
	for bytes > least && float64(bytes) > want {
		bytes /= 2
	}
	return bytes
}

// WholeSize returns the size in bytes up to which a file is sent in one request, over a line that
// takes so many bytes per second; 0 is unknown.
func WholeSize(perSecond float64) int64 {
	if perSecond == 0 {
		return DefaultBlockSize
	}
	return min(4*PacedBlockSize(0, perSecond), DefaultBlockSize)
}
