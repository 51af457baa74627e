package ledger

import (
	"context"
	"encoding/binary"
	"iter"

	"inboxuploader/uploader/scan"
)

// Seen is what a person saw in a review: the files that can be sent, with the names that they get.
// Fill it with [Seen.Add] from what [scan.Files] finds, and hand it to the Queue's Add in the
// options; from then on it must not change. It costs about as much as the list itself does.
type Seen struct {
	batches [][]byte // as encodeFacts has them
	marks   uint64   // sum of the paths' marks, by which two readings of a folder are compared
}

// Add adds what can be sent of what was found.
func (s *Seen) Add(found []scan.Found) {
	for len(found) > 0 {
		n := min(len(found), BatchSize)
		jobs := make([]Job, 0, n)
		for i := range found[:n] {
			if f := &found[i]; f.Err == nil && f.Skip == "" {
				jobs = append(jobs, Job{Source: f.Source, Blob: f.Blob.Blob, Size: f.Size, ModTime: f.ModTime, FileID: f.ID})
			}
		}
		s.marks += Marks(found[:n])
		if found = found[n:]; len(jobs) > 0 {
			s.batches = append(s.batches, encodeFacts(jobs))
		}
	}
}

// Agrees reports whether a reading that found files with these marks found what was seen.
func (s *Seen) Agrees(marks uint64) bool { return s.marks == marks }

// All goes through what was seen: jobs that say where a file lies, its name, size, time and
// identity.
func (s *Seen) All() iter.Seq[Job] {
	return func(yield func(Job) bool) {
		for _, facts := range s.batches {
			jobs, _ := DecodeFacts(facts) // its own encoding
			for i := range jobs {
				if !yield(jobs[i]) {
					return
				}
			}
		}
	}
}

// Marks returns the sum of the marks of what was found and was not left out.
func Marks(found []scan.Found) (sum uint64) {
	for i := range found {
		if f := &found[i]; f.Skip == "" {
			mark := pathMark(f.Source)
			sum += binary.BigEndian.Uint64(mark[:])
		}
	}
	return sum
}

// WithoutKnown takes those out of files, by their paths, that a transfer has jobs for: they were
// found, and went after that.
func (x *Ledger) WithoutKnown(ctx context.Context, transfer int64, files map[string]Job) error {
	if len(files) == 0 {
		return nil
	}
	return x.Each(ctx, x.batchesOf(transfer), func(b *Page) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		for i := range b.jobs {
			delete(files, b.jobs[i].Source)
		}
		return nil
	})
}
