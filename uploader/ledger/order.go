package ledger

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"
)

// order knows the places of jobs that a person moved; all others stand in the order in which they
// were found.
type order struct {
	l *Ledger

	moved []moved // in the queue's order
	rank  map[int64]int64
}

// The queue's order is by rank. A job's own rank follows from its id, so that nothing has to be
// stored for jobs that nobody moved. The gap between two own ranks has room for that many jobs that
// were moved to the end before more jobs were added.
const rankGap = 1 << 20

func ownRank(job int64) int64 { return job * rankGap }

// moved is a job with a rank that is not its own.
type moved struct{ rank, job int64 }

// stretch is a part of the queue within one batch: its jobs from lo to hi-1 except those moved
// elsewhere, or a single job that was moved here.
type stretch struct {
	at     int   // the batch's index among the batches
	batch  int64 // its id
	lo, hi int
	single bool
}

// stretches iterates over the queue in its order. The caller holds the lock.
func (x *order) stretches() iter.Seq[stretch] {
	return func(yield func(stretch) bool) {
		m := x.moved
		single := func() bool {
			at, _ := x.l.findBatch(m[0].job / BatchSize)
			i := int(m[0].job % BatchSize)
			m = m[1:]
			return yield(stretch{at: at, batch: x.l.batches[at].ID, lo: i, hi: i + 1, single: true})
		}
		for at, b := range x.l.batches {
			for len(m) > 0 && m[0].rank < ownRank(b.job(0)) {
				if !single() {
					return
				}
			}
			lo := 0
			// A rank between two of a batch's is the own rank of a job that was moved away, so
			// the batch is in memory.
			for len(m) > 0 && m[0].rank <= ownRank(b.job(BatchSize-1)) {
				cut := int((m[0].rank+rankGap-1)/rankGap - b.job(0)) // of the jobs whose own rank is lower
				if cut > lo && !yield(stretch{at: at, batch: b.ID, lo: lo, hi: cut}) {
					return
				}
				lo = max(lo, cut)
				if !single() {
					return
				}
			}
			if lo < BatchSize && !yield(stretch{at: at, batch: b.ID, lo: lo, hi: BatchSize}) {
				return
			}
		}
		for len(m) > 0 {
			if !single() {
				return
			}
		}
	}
}

func (x *order) isMoved(job int64) bool {
	_, ok := x.rank[job]
	return ok
}

// rankOf returns a job's rank.
func (x *order) rankOf(job int64) int64 {
	if r, ok := x.rank[job]; ok {
		return r
	}
	return ownRank(job)
}

// place sorts the moved jobs after their ranks have changed or batches have gone.
func (x *order) place() {
	for _, m := range x.moved {
		if b, _ := x.l.batchOf(m.job); b != nil {
			b.moved = 0
		}
	}
	x.moved = x.moved[:0]
	for job, rank := range x.rank {
		b, _ := x.l.batchOf(job)
		if b == nil {
			delete(x.rank, job)
			continue
		}
		x.moved = append(x.moved, moved{rank, job})
		b.moved++
	}
	slices.SortFunc(x.moved,
		func(a, b moved) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.job, b.job)) })
}

// rerank gives jobs new ranks and records them. Their batches must be in memory.
func (x *order) rerank(ranks map[int64]int64) {
	for job, rank := range ranks {
		x.l.ranks[job] = rank
		x.rank[job] = rank
	}
	x.place()
	x.l.ended = true
	x.l.mark()
}

// Reorder moves jobs to the beginning or end of the queue and returns how many it moved. It blocks
// on the journal.
func (x *order) Reorder(ctx context.Context, v Verb, jobs []int64) (int, error) {
	var held []*Page
	defer func() {
		for _, b := range held {
			x.l.let(b)
		}
	}()
	for _, id := range x.l.Concerned(Command{Verb: v, Jobs: jobs}) {
		b, err := x.l.fetch(ctx, id)
		if err != nil {
			return 0, err
		}
		if b != nil {
			held = append(held, b)
		}
	}
	x.l.mu.Lock()
	jobs = slices.DeleteFunc(slices.Clone(jobs), func(id int64) bool {
		b, i := x.l.batchOf(id)
		return b == nil || b.jobs == nil || i >= len(b.jobs) || b.jobs[i].State.Hidden() ||
			b.jobs[i].State == Delivered
	})
	slices.SortFunc(jobs, func(a, b int64) int { return cmp.Compare(x.rankOf(a), x.rankOf(b)) })
	x.l.mu.Unlock()
	x.toEnd(jobs, v == First)
	return len(jobs), nil
}

// toEnd puts jobs, sorted in the queue's order, before or behind all others.
func (x *order) toEnd(jobs []int64, first bool) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	if n := len(x.l.batches); n > 0 {
		low, high = ownRank(x.l.batches[0].job(0)), ownRank(x.l.batches[n-1].job(BatchSize-1))
	}
	if n := len(x.moved); n > 0 {
		low, high = min(low, x.moved[0].rank), max(high, x.moved[n-1].rank)
	}
	ranks := map[int64]int64{}
	for i, id := range jobs {
		if first {
			ranks[id] = low - int64(len(jobs)-i)
		} else {
			ranks[id] = high + 1 + int64(i)
		}
	}
	x.rerank(ranks)
}
