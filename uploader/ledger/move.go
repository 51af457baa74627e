package ledger

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"inboxuploader/uploader/source"
)

// Move says that a folder or a whole disk is now elsewhere.
type Move struct {
	From, To string // absolute paths
	Last     int64  // the transfer's last batch at that time: later batches were found at the new place
	Roots    []Place
}

// Place is where a root of a transfer was, with all links followed, when a person said that it had
// moved.
type Place struct {
	Root, At string // absolute paths
}

// apply returns a path's new place after the move, and whether the move concerns it.
func (m *Move) apply(path string) (string, bool) {
	rest, ok := CutFolder(path, m.From)
	if !ok {
		return path, false
	}
	return filepath.Join(m.To, rest) + trailing(path), true
}

// CutFolder returns the part of a path below a folder; ok is whether it is below it or the folder
// itself. On Windows case does not matter.
func CutFolder(path, folder string) (rest string, ok bool) {
	head := path[:min(len(folder), len(path))]
	if head != folder && (runtime.GOOS != "windows" || !strings.EqualFold(head, folder)) {
		return "", false
	}
	rest = path[len(head):]
	return rest, rest == "" || os.IsPathSeparator(rest[0]) ||
		os.IsPathSeparator(folder[len(folder)-1])
}

// trailing returns a path's final separator, which marks a folder.
func trailing(path string) string {
	if n := len(path); n > 1 && os.IsPathSeparator(path[n-1]) {
		return path[n-1:]
	}
	return ""
}

// Move records a move and returns the batches with jobs that need a person, and the number of jobs
// of the transfer.
func (x *Ledger) Move(id int64, m Move) (batches []int64, n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.transferOf(id)
	if t == nil {
		return nil, 0
	}
	for _, b := range x.batches {
		if b.transfer == t {
			m.Last = max(m.Last, b.ID)
		}
	}
	roots := make([]string, len(t.Roots)) // others may read the old ones
	for i, root := range t.Roots {
		roots[i], _ = m.apply(root)
	}
	t.Roots = roots
	t.Moved = append(slices.Clone(t.Moved), m)
	t.dirty, t.away, x.ended = true, nil, true
	for _, b := range x.batches {
		if b.transfer == t {
			b.away = nil
			b.follow(t.Moved[len(t.Moved)-1:])
		}
	}
	x.recount()
	x.mark()
	return x.batchesWith(id, transitions[FoundAgain].from), int(t.Files.Total())
}

// follow gives the batch's jobs, if they are in memory, their paths after the moves.
func (b *Page) follow(moves []Move) {
	for i := range b.jobs {
		j := &b.jobs[i]
		for k := range moves {
			if b.ID > moves[k].Last {
				continue
			}
			path, moved := moves[k].apply(j.Source)
			if !moved {
				continue
			}
			j.At = source.Path{} // to be resolved again, links and all
			if j.Problem != nil && j.Problem.Path == j.Source {
				problem := *j.Problem
				problem.Path = path
				j.Problem = &problem
			}
			j.Source = path
		}
	}
}

// HasMoved reports whether a job's file has moved since it was found: then its file id means
// nothing.
func (x *Ledger) HasMoved(job int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, _ := x.batchOf(job)
	return b != nil && slices.ContainsFunc(b.transfer.Moved,
		func(m Move) bool { return b.ID <= m.Last })
}
