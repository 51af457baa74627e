package stream

import (
	"math/bits"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
)

const (
	mib = 1 << 20
	// growAfter is after how many blocks' worth of data blocks grow: each is at least one
	// growAfter-th of what was sent before. So 50,000 of them come to 2,500 times the largest,
	// and 47,500 times it nearly.
	growAfter = 2500
	// inMemory is how many blocks fit into memory at least, so that one can be read while another
	// is sent.
	inMemory = 2
)

// sizes decides how large blocks are, in bytes.
type sizes struct {
	preferred int64 // 0: by the speed of the line
	least     int64 // so that data of a known length needs at most 50,000 blocks; 0 if it is unknown
	most      int64
}

// newSizes returns the sizes for total bytes, 0 if unknown, within so many bytes of memory.
func newSizes(total, preferred, memory int64) sizes {
	return sizes{
		preferred: preferred, least: roundUp((total + ledger.MaxBlocks - 1) / ledger.MaxBlocks),
		most: roundDown(min(memory/inMemory, ledger.MaxBlockSize)),
	}
}

// next returns the size of the block that begins at an offset, over a line that takes so many bytes
// per second; 0 is unknown.
func (s *sizes) next(offset int64, perSecond float64) int64 {
	size := s.preferred
	if size == 0 {
		size = plan.PacedBlockSize(offset, perSecond)
	}
	least := s.least
	if least == 0 {
		least = roundUp(offset / growAfter)
	}
	return min(max(size, least), s.most)
}

// reach returns about how many bytes the data may have.
func (s *sizes) reach() int64 {
	if s.least > 0 {
		return s.most * ledger.MaxBlocks
	}
	total := int64(0)
	for range ledger.MaxBlocks {
		total += s.next(total, 0)
	}
	return total
}

// roundUp rounds a block's size up to a buffer size: 64 KiB, powers of two up to 8 MiB, then whole
// MiB. 0 stays 0.
func roundUp(n int64) int64 {
	if n <= 0 {
		return 0
	}
	if n = max(n, plan.MinBlockSize); n <= plan.DefaultBlockSize {
		return 1 << bits.Len64(uint64(n-1))
	}
	return (n + mib - 1) / mib * mib
}

// roundDown is roundUp in the other direction.
func roundDown(n int64) int64 {
	if n < plan.DefaultBlockSize {
		return 1 << (bits.Len64(uint64(max(n, 1))) - 1)
	}
	return n / mib * mib
}
