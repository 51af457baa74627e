package ledger

import (
	"cmp"
	"iter"
	"slices"
)

// The queue's order is by rank. A job's own rank follows from its id, so that nothing has to be kept of jobs that nobody
// moved; the gap between two own ranks takes as many that were moved to the end while others came behind them.
const rankGap = 1 << 20

func ownRank(job int64) int64 { return job * rankGap }

// moved is a job that has another place than its own.
type moved struct{ rank, job int64 }

// stretch is a part of the queue that lies in one batch: its jobs from lo to hi-1 but those that were moved elsewhere, or
// a single job that was moved here.
type stretch struct {
	at     int   // the batch's place among the batches
	batch  int64 // its id
	lo, hi int
	single bool
}

// stretches goes through the queue in its order. The caller holds the lock.
func (x *Ledger) stretches() iter.Seq[stretch] {
	return func(yield func(stretch) bool) {
		m := x.moved
		single := func() bool {
			at, _ := x.findBatch(m[0].job / BatchSize)
			i := int(m[0].job % BatchSize)
			m = m[1:]
			return yield(stretch{at: at, batch: x.batches[at].ID, lo: i, hi: i + 1, single: true})
		}
		for at, b := range x.batches {
			for len(m) > 0 && m[0].rank < ownRank(b.job(0)) {
				if !single() {
					return
				}
			}
			lo := 0
			// A rank between two of a batch's is the own rank of one that was moved away, so the batch is in memory.
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

func (x *Ledger) isMoved(job int64) bool {
	_, ok := x.rank[job]
	return ok
}

// rankOf returns a job's rank.
func (x *Ledger) rankOf(job int64) int64 {
	if r, ok := x.rank[job]; ok {
		return r
	}
	return ownRank(job)
}

// place puts the moved jobs in order after their ranks changed, or batches went.
func (x *Ledger) place() {
	for _, m := range x.moved {
		if b, _ := x.batchOf(m.job); b != nil {
			b.moved = 0
		}
	}
	x.moved = x.moved[:0]
	for job, rank := range x.rank {
		b, _ := x.batchOf(job)
		if b == nil {
			delete(x.rank, job)
			continue
		}
		x.moved = append(x.moved, moved{rank, job})
		b.moved++
	}
	slices.SortFunc(x.moved, func(a, b moved) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.job, b.job)) })
}

// rerank gives jobs new ranks and keeps that. Their batches must be in memory.
func (x *Ledger) rerank(ranks map[int64]int64) {
	for job, rank := range ranks {
		x.ranks[job] = rank
		x.rank[job] = rank
	}
	x.place()
	x.ended = true
	x.mark()
}
