package uploader

import (
	"context"
	"errors"
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
}

// apply returns where a path lies since the move.
func (m *Move) apply(path string) (string, bool) {
	rest, ok := cutFolder(path, m.From)
	if !ok {
		return path, false
	}
	return filepath.Join(m.To, rest) + trailing(path), true
}

// cutFolder returns what of a path is below a folder. On Windows case does not count.
func cutFolder(path, folder string) (rest string, ok bool) {
	head := path[:min(len(folder), len(path))]
	if head != folder && (runtime.GOOS != "windows" || !strings.EqualFold(head, folder)) {
		return "", false
	}
	rest = path[len(head):]
	return rest, rest == "" || os.IsPathSeparator(rest[0]) || os.IsPathSeparator(folder[len(folder)-1])
}

// trailing returns the separator at the end of a path that says that a folder is meant.
func trailing(path string) string {
	if n := len(path); n > 1 && os.IsPathSeparator(path[n-1]) {
		return path[n-1:]
	}
	return ""
}

// Moved says that what was named to be sent from a folder, or from folders in it, lies elsewhere since, as when a disk has another letter,
// and returns how many files of the list that concerns. Transfers that another process sends stay as they are. Files are looked for there
// from then on, what was delivered is known there, and what could not be read in its old place waits again. Of half-sent files the content
// is compared with what the service acknowledged, so that nothing of it is sent twice. It may block on the disk; errors are of
// ErrJournal.
func (q *Queue) Moved(ctx context.Context, from, to string) (int, error) {
	from, to = filepath.Clean(from), filepath.Clean(to)
	if err := q.index.load(ctx); err != nil {
		return 0, err
	}
	n := 0
	var errs []error
	for _, t := range q.index.statuses(nil) {
		if t.Owner == Elsewhere || !slices.ContainsFunc(t.Roots, func(root string) bool { _, in := cutFolder(root, from); return in }) {
			continue
		}
		if t.Owner == Nobody {
			if got, err := q.index.adopt(ctx, []int64{t.ID}, true); err != nil || len(got) == 0 {
				errs = append(errs, err)
				continue
			}
		}
		k, err := q.moveTransfer(ctx, t.ID, Move{From: from, To: to})
		n += k
		if t.Owner == Nobody {
			err = errors.Join(err, q.handBack(ctx, t.ID))
		} else if err == nil {
			err = q.index.commit(ctx, true)
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

// moveTransfer carries a move out for a transfer of this queue.
func (q *Queue) moveTransfer(ctx context.Context, id int64, m Move) (n int, err error) {
	q.mu.Lock()
	for _, j := range q.loaded {
		if j.Transfer == id {
			q.steer(j, Waiting)
		}
	}
	batches, n := q.index.move(id, m)
	q.mu.Unlock()
	err = q.index.each(ctx, batches, func(b *batch) error {
		q.changeBatch(b, Command{Verb: found, Transfer: id})
		return nil
	})
	q.mu.Lock()
	q.reconsider()
	q.mu.Unlock()
	return n, err
}

// found is the verb of what could not be read where it was, and may be there now.
const found Verb = "found"

// move keeps a move, and returns the batches with jobs that need a person, and how many jobs there are.
func (x *index) move(id int64, m Move) (batches []int64, n int) {
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
	return x.batchesWith(id, transitions[found].from), int(t.files.Total())
}

// follow gives the batch's jobs, where they are in memory, the paths that they have since the moves.
func (b *batch) follow(moves []Move) {
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

// hasMoved reports whether a job's file was found elsewhere than it lies now: then its identity says nothing.
func (x *index) hasMoved(job int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, _ := x.batchOf(job)
	return b != nil && slices.ContainsFunc(b.transfer.Moved, func(m Move) bool { return b.ID <= m.Last })
}
