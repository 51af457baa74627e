package ledger

import (
	"context"
	"crypto/sha256"
)

// KnownFiles counts files by their paths: if sources overlap, a file has as many names as sources.
// Nil is empty.
type KnownFiles struct {
	files map[[16]byte]uint16
	jobs  jobSet // of the rescanned transfer, whose files are counted

	// The names of that transfer's files are known too: a file may have had a job only under the
	// name that another source gives it.
	named map[[16]byte]uint16 // by path and name
	exact map[[16]byte]uint16 // by path: how many of files are among named
}

func newKnownFiles() *KnownFiles {
	return &KnownFiles{
		files: map[[16]byte]uint16{}, jobs: jobSet{},
		named: map[[16]byte]uint16{}, exact: map[[16]byte]uint16{},
	}
}

// Take removes one count of a file and reports whether there was one.
func (s *KnownFiles) Take(path string) bool {
	if s == nil {
		return false
	}
	mark := pathMark(path)
	n := s.files[mark]
	if n > 0 {
		s.files[mark] = n - 1
	}
	return n > 0
}

// TakeAs is Take for a file found under that name: a file known only under other names does not
// count.
func (s *KnownFiles) TakeAs(path, name string) bool {
	if s == nil {
		return false
	}
	at, mark := nameMark(path, name), pathMark(path)
	switch {
	case s.named[at] > 0:
		s.named[at]--
		s.exact[mark]--
	case s.files[mark] <= s.exact[mark]:
		return false
	}
	return s.Take(path)
}

func nameMark(path, name string) [16]byte { return pathMark(path + "\x00" + name) }

// Has reports whether a job's file is counted.
func (s *KnownFiles) Has(job int64) bool { return s != nil && s.jobs.has(job) }

// pathMark returns a short hash of a path, for remembering a million paths; nameSet explains why 16
// bytes are enough.
func pathMark(path string) [16]byte {
	sum := sha256.Sum256([]byte(path))
	return [16]byte(sum[:16])
}

// sources returns the files of transfers. A file of several transfers, which moved from one to the
// other, counts once. With undelivered it leaves out the files that the first transfer has
// delivered.
func (x *Ledger) sources(ctx context.Context, of []int64, undelivered bool) (*KnownFiles, error) {
	known := newKnownFiles()
	for i, id := range of {
		these := newKnownFiles()
		if i == 0 {
			these = known
		}
		if err := x.countSources(ctx, id, undelivered && i == 0, these); err != nil {
			return nil, err
		}
		for mark, n := range these.files {
			known.files[mark] = max(known.files[mark], n)
		}
	}
	return known, nil
}

// batchesOf returns the ids of a transfer's batches.
func (x *Ledger) batchesOf(transfer int64) (ids []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, b := range x.batches {
		if b.Transfer == transfer {
			ids = append(ids, b.ID)
		}
	}
	return ids
}

// countSources adds the files of a transfer, with undelivered only those not delivered yet.
func (x *Ledger) countSources(
	ctx context.Context, transfer int64, undelivered bool, to *KnownFiles,
) error {
	return x.Each(ctx, x.batchesOf(transfer), func(b *Page) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		for i := range b.jobs {
			if j := &b.jobs[i]; !undelivered || !j.State.IsDelivered() {
				to.files[pathMark(j.Source)]++
				to.named[nameMark(j.Source, OriginalName(j.Blob, j.Copy))]++
				to.exact[pathMark(j.Source)]++
				to.jobs.add(j.ID)
			}
		}
		return nil
	})
}
