package uploader

import (
	"context"
	"math/bits"
	"sync"

	"golang.org/x/sync/semaphore"
)

// buffers is the one limit on memory: every byte of a file passes through a buffer taken here before the read and given
// back after the service's answer. Buffers are kept for the next request, so that the garbage collector, which would let
// the heap grow to twice the limit, has nothing to do.
type buffers struct {
	limit int64
	room  *semaphore.Weighted

	mu   sync.Mutex
	free map[int64][][]byte // by capacity
	kept int64              // bytes in free
	used int64              // bytes handed out
}

func newBuffers(limit int64) *buffers {
	return &buffers{limit: limit, room: semaphore.NewWeighted(limit), free: map[int64][][]byte{}}
}

// bufferSize rounds up so that few sizes serve all files: powers of two up to 8 MiB, then whole MiB.
func bufferSize(n int64) int64 {
	switch {
	case n <= 64<<10:
		return 64 << 10
	case n <= 8*mib:
		return 1 << bits.Len64(uint64(n-1))
	default:
		return (n + mib - 1) / mib * mib
	}
}

// take returns a buffer of n bytes, n at most the limit. It blocks until others gave back enough, or the context ends.
func (b *buffers) take(ctx context.Context, n int64) ([]byte, error) {
	size := min(bufferSize(n), b.limit)
	if err := b.room.Acquire(ctx, size); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += size
	if list := b.free[size]; len(list) > 0 {
		buf := list[len(list)-1]
		b.free[size] = list[:len(list)-1]
		b.kept -= size
		return buf[:n], nil
	}
	// Buffers of other sizes that nobody uses make way, or the sum could exceed the limit.
	for other, list := range b.free {
		for b.used+b.kept > b.limit && len(list) > 0 {
			list = list[:len(list)-1]
			b.kept -= other
		}
		b.free[other] = list
	}
	return make([]byte, n, size), nil
}

// give returns a buffer of take. Nobody may use it any more.
func (b *buffers) give(buf []byte) {
	size := int64(cap(buf))
	b.mu.Lock()
	b.used -= size
	b.kept += size
	b.free[size] = append(b.free[size], buf)
	b.mu.Unlock()
	b.room.Release(size)
}
