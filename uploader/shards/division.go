package shards

import (
	"cmp"
	"container/heap"
	"slices"

	"inboxuploader/internal/pack"
)

// MaxShards is the largest number of lists.
const MaxShards = 10_000

// perFile is what a file costs beside its bytes, in bytes: about what a line sends while one request
// waits for its answer. It divides small files by their number.
const perFile = 256 << 10

// Division is what is to be divided. The zero value is empty. It takes 16 bytes for each file, and
// what its path does not share with the one before. Its methods must not be called concurrently.
type Division struct {
	paths pack.Writer // of all files, one behind the other
	last  string
	sizes []int64
}

// Add adds a file by its path, with slashes, and its size in bytes.
func (d *Division) Add(path string, size int64) {
	d.paths.Follow(d.last, path)
	d.last = path
	d.sizes = append(d.sizes, size)
}

// Files returns how many files there are.
func (d *Division) Files() int { return len(d.sizes) }

// divide returns for each file the number of its shard, from 0, and what each shard has. The
// largest files are given out first, each to the shard that has least to do. The same files in the
// same order are always divided alike.
func (d *Division) divide(shards int) (of []int32, have []List) {
	order := make([]int32, len(d.sizes))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := cmp.Compare(d.sizes[b], d.sizes[a]); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	of, have = make([]int32, len(d.sizes)), make([]List, shards)
	least := make(workers, shards)
	for i := range least {
		least[i].shard = int32(i)
	}
	for _, file := range order {
		w := &least[0]
		w.cost += d.sizes[file] + perFile
		of[file] = w.shard
		have[w.shard].Files++
		have[w.shard].Bytes += d.sizes[file]
		heap.Fix(&least, 0)
	}
	return of, have
}

// each calls visit for each file's number and path until it fails.
func (d *Division) each(visit func(file int, path string) error) error {
	r, last := pack.Reader{Buf: d.paths.Buf}, ""
	for i := range d.sizes {
		last = r.Follow(last)
		if err := visit(i, last); err != nil {
			return err
		}
	}
	return nil
}

// workers is a heap with the shard in front that has least to do.
type workers []struct {
	cost  int64
	shard int32
}

// Len implements heap.Interface.
func (w workers) Len() int { return len(w) }

// Less implements heap.Interface.
func (w workers) Less(i, j int) bool {
	return w[i].cost < w[j].cost || w[i].cost == w[j].cost && w[i].shard < w[j].shard
}

// Swap implements heap.Interface.
func (w workers) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

// Push implements heap.Interface. The number of shards does not change.
func (w workers) Push(any) {}

// Pop implements heap.Interface.
func (w workers) Pop() any { return nil }
