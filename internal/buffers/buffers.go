// Package buffers limits the memory for file contents. [New] makes a [Pool]; Take waits until there
// is room.
package buffers

import (
	"context"
	"math/bits"
	"slices"
	"sync"
)

// Pool is the one limit on memory: every byte of a file passes through a buffer taken here before
// the read and given back after the service's answer. Buffers are parts of slabs, which the pool
// keeps: buffers of all sizes reuse the same memory, and the garbage collector, which would let the
// heap grow to a multiple of the limit, has nothing to do. Close the pool after use.
type Pool struct {
	limit int64

	mu      sync.Mutex
	slabs   []*slab
	held    int64          // bytes of all slabs, at most limit
	handed  map[*byte]part // by the first byte
	waiting []*waiter      // first come, first served
}

// part is where a buffer lies.
type part struct {
	slab   *slab
	offset int64
}

// waiter is somebody who waits for a buffer.
type waiter struct {
	size int64
	got  chan []byte // holds one
}

const (
	unit     = 1 << 20 // of buffers that are larger than a slab
	smallest = 64 << 10
	slabSize = 8 << 20 // also the largest buffer that is a part of a slab; a larger one is a slab of its own
)

// New returns an empty pool of at most limit bytes, 1 MiB or more.
func New(limit int64) *Pool {
	return &Pool{limit: limit, handed: map[*byte]part{}}
}

// bufferSize rounds up to what a buffer is: powers of two up to 8 MiB, then whole MiB.
func sizeOf(n int64) int64 {
	switch {
	case n <= smallest:
		return smallest
	case n <= slabSize:
		return 1 << bits.Len64(uint64(n-1))
	default:
		return (n + unit - 1) / unit * unit
	}
}

// Take returns a buffer of n bytes, where n is at most the limit. It blocks until others have given
// back enough, or the context ends.
func (b *Pool) Take(ctx context.Context, n int64) ([]byte, error) {
	w := &waiter{size: min(sizeOf(n), b.limit), got: make(chan []byte, 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	b.serve()
	b.mu.Unlock()
	select {
	case buf := <-w.got: // it was there, even if the context has ended
		return buf[:n], nil
	default:
	}
	select {
	case buf := <-w.got:
		return buf[:n], nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case buf := <-w.got:
		b.release(buf)
	default:
		b.waiting = slices.DeleteFunc(b.waiting, func(o *waiter) bool { return o == w })
	}
	b.serve()
	return nil, context.Cause(ctx)
}

// Give returns a buffer of take. Nobody may use it any more.
func (b *Pool) Give(buf []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release(buf)
	b.serve()
}

// serve gives the first waiters their buffers, as long as there is room. The caller holds the lock,
// as for everything below.
func (b *Pool) serve() {
	for len(b.waiting) > 0 {
		w := b.waiting[0]
		buf := b.find(w.size)
		if buf == nil {
			return // who came later waits too, or small buffers would keep large ones from ever being free
		}
		b.waiting[0] = nil
		b.waiting = b.waiting[1:]
		w.got <- buf
	}
}

func (b *Pool) release(buf []byte) {
	first := &buf[:1][0]
	p := b.handed[first]
	delete(b.handed, first)
	p.slab.free(p.offset, int64(cap(buf)))
}

// find returns a free buffer of a size: from the slab with the least that suffices, so that whole
// ones stay free for long. It returns nil if there is none.
func (b *Pool) find(size int64) []byte {
	var best *slab
	for _, s := range b.slabs {
		if s.has(size) && (best == nil || s.largest[0] < best.largest[0]) {
			best = s
		}
	}
	if best == nil {
		if best = b.grow(size); best == nil {
			return nil
		}
	}
	offset := best.take(size)
	buf := best.memory[offset:][:size:size]
	b.handed[&buf[0]] = part{best, offset}
	return buf
}

// grow makes a slab that has room for a buffer of a size; slabs that nobody uses make way for it.
// It returns nil if that is not enough.
func (b *Pool) grow(size int64) *slab {
	length := size
	room := b.limit - b.held
	if most := min(slabSize, int64(1)<<bits.Len64(uint64(room))>>1); most >= size && isPart(size) {
		length = most
	} else if room < size {
		var idle int64
		for _, s := range b.slabs {
			if s.idle() {
				idle += s.length()
			}
		}
		if room+idle < size {
			return nil
		}
		b.drop()
	}
	s := newSlab(length)
	b.slabs = append(b.slabs, s)
	b.held += length
	return s
}

// drop lets the slabs go that nobody uses.
func (b *Pool) drop() {
	b.slabs = slices.DeleteFunc(b.slabs, func(s *slab) bool {
		if !s.idle() {
			return false
		}
		b.held -= s.length()
		if s.beside {
			freeMemory(s.memory)
		}
		return true
	})
}

// Close gives all memory back. Nobody may have a buffer any more.
func (b *Pool) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop()
}

// isPart reports whether buffers of the size are parts of slabs.
func isPart(size int64) bool { return size <= slabSize && size&(size-1) == 0 }

// slab is a piece of memory that the pool divides into halves, quarters and so on.
type slab struct {
	memory []byte
	beside bool // the heap
	// largest is a binary tree, the children of i being 2i+1 and 2i+2: how many bytes the largest
	// free part below a node has. A slab whose length is no power of two has a root only, and is
	// handed out as a whole.
	largest []int64
}

func newSlab(length int64) *slab {
	s := &slab{largest: []int64{length}}
	s.memory, s.beside = newMemory(length)
	if !isPart(length) {
		return s
	}
	for size := length / 2; size >= smallest; size /= 2 {
		for range length / size {
			s.largest = append(s.largest, size)
		}
	}
	return s
}

func (s *slab) length() int64 { return int64(len(s.memory)) }

// idle reports whether no part of it is handed out.
func (s *slab) idle() bool { return s.largest[0] == s.length() }

// has reports whether a buffer of a size can be taken.
func (s *slab) has(size int64) bool {
	return s.largest[0] >= size && (len(s.largest) > 1 || size == s.length()) &&
		(isPart(size) || size == s.length())
}

// take hands out the first part of a size, which it must have, and returns its offset.
func (s *slab) take(size int64) int64 {
	i, length := 0, s.length()
	for ; length > size; length /= 2 {
		i = 2*i + 1
		if s.largest[i] < size || s.largest[i+1] >= size && s.largest[i+1] < s.largest[i] {
			i++ // what is split already is used up first
		}
	}
	s.largest[i] = 0
	offset := int64(i+1)*length - s.length()
	s.update(i, length)
	return offset
}

// free takes a part back.
func (s *slab) free(offset, size int64) {
	i := int((offset+s.length())/size) - 1
	s.largest[i] = size
	s.update(i, size)
}

// update makes the nodes above i, whose parts have a length, right.
func (s *slab) update(i int, length int64) {
	for i > 0 {
		i = (i - 1) / 2
		left, right := s.largest[2*i+1], s.largest[2*i+2]
		s.largest[i] = max(left, right)
		if left == length && right == length {
			s.largest[i] = 2 * length
		}
		length *= 2
	}
}
