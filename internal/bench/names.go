package main

import (
	"hash/fnv"
	"io"
	"strconv"
	"sync"
)

// blob is what the sink knows of a name: sizes, and which blocks there are. No content.
type blob struct {
	staged    map[string]int64 // by id, not committed
	committed map[string]int64 // of the last Put Block List; nil for a whole blob
	size      int64
	present   bool
	commits   int
}

// names holds the blobs in parts, so that requests seldom wait for each other.
type names [64]struct {
	sync.Mutex
	blobs map[string]*blob
}

// with calls do with the name's blob, which is made where there is none, while nobody else has it.
func (n *names) with(name string, do func(*blob)) {
	h := fnv.New32a()
	_, _ = io.WriteString(h, name) // a hash never fails
	part := &n[h.Sum32()%uint32(len(n))]
	part.Lock()
	defer part.Unlock()
	if part.blobs == nil {
		part.blobs = map[string]*blob{}
	}
	b := part.blobs[name]
	if b == nil {
		b = &blob{}
		part.blobs[name] = b
	}
	do(b)
}

// each calls do with each blob that is present.
func (n *names) each(do func(name string, b *blob)) {
	for i := range n {
		part := &n[i]
		part.Lock()
		for name, b := range part.blobs {
			if b.present {
				do(name, b)
			}
		}
		part.Unlock()
	}
}

func (n *names) clear() {
	for i := range n {
		n[i].Lock()
		n[i].blobs = nil
		n[i].Unlock()
	}
}

// summary is what a set of named sizes comes to. Two sets with the same summary are the same, but
// for a chance of one in 2^64.
type summary struct {
	Blobs  int64
	Bytes  int64
	Digest uint64 // the sum of a hash of each name with its size, so the order does not matter
}

func (s *summary) add(name string, size int64) {
	h := fnv.New64a()
	_, _ = io.WriteString(h, name+"\x00"+strconv.FormatInt(size, 10)) // a hash never fails
	s.Blobs++
	s.Bytes += size
	s.Digest += h.Sum64()
}
