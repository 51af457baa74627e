package plan

// slowBlockSize is the smallest block size that a line is given for being slow, in bytes.
const slowBlockSize = 256 << 10

// PacedBlockSize returns the block size for a line that takes so many bytes per second: about what
// leaves in a second, so that one of the first four connections is answered each second. Of a line
// of which nothing is known (0), a file gets some hundred blocks.
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

// WholeSize returns up to which size a file is sent in one request over a line that takes so many
// bytes per second, 0 for not known.
func WholeSize(perSecond float64) int64 {
	if perSecond == 0 {
		return DefaultBlockSize
	}
	return min(4*PacedBlockSize(0, perSecond), DefaultBlockSize)
}
