package ledger

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"inboxuploader/uploader/source"
)

// Move says that a folder, or a whole disk, lies elsewhere since.
type Move struct {
	From, To string // absolute paths
	Last     int64  // the last batch of the transfer at that time: what was found later was found there
	Roots    []Place
}

// Place is where a root of a transfer lay, with all links followed, when a person said that it had
// moved.
type Place struct {
	Root, At string // absolute paths
}

// apply returns where a path lies since the move.
func (m *Move) apply(path string) (string, bool) {
	rest, ok := CutFolder(path, m.From)
	if !ok {
		return path, false
	}
	return filepath.Join(m.To, rest) + trailing(path), true
}

// CutFolder returns what of a path is below a folder. On Windows case does not count.
func CutFolder(path, folder string) (rest string, ok bool) {
	head := path[:min(len(folder), len(path))]
	if head != folder && (runtime.GOOS != "windows" || !strings.EqualFold(head, folder)) {
		return "", false
	}
	rest = path[len(head):]
	return rest, rest == "" || os.IsPathSeparator(rest[0]) ||
		os.IsPathSeparator(folder[len(folder)-1])
}

// trailing returns the separator at the end of a path that says that a folder is meant.
func trailing(path string) string {
	if n := len(path); n > 1 && os.IsPathSeparator(path[n-1]) {
		return path[n-1:]
	}
	return ""
}

// Move keeps a move, and returns the batches with jobs that need a person, and how many jobs there
// are.
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

// follow gives the batch's jobs, where they are in memory, the paths that they have since the
// moves.
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
			j.At = source.Path{} // is found out anew, links and all
			if j.Problem != nil && j.Problem.Path == j.Source {
				problem := *j.Problem
				problem.Path = path
				j.Problem = &problem
			}
			j.Source = path
		}
	}
}

// HasMoved reports whether a job's file was found elsewhere than it lies now: then its identity
// says nothing.
func (x *Ledger) HasMoved(job int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, _ := x.batchOf(job)
	return b != nil && slices.ContainsFunc(b.transfer.Moved,
		func(m Move) bool { return b.ID <= m.Last })
}
