package ledger

import (
	"testing"
	"time"
)

// TestWhatIsClaimedIsBounded: whatever has to wait, the jobs in memory don't become as many as
// there are in the queue.
func TestWhatIsClaimedIsBounded(t *testing.T) {
	x := New(NewMemoryJournal(), func() {})
	tr, err := x.AddTransfer(t.Context(), Transfer{Inbox: "a"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * mostBegun {
		if err := x.AddJobs(t.Context(), tr, make([]Job, BatchSize)); err != nil {
			t.Fatal(err)
		}
	}
	claimAll := func() (all []Claim) {
		for {
			some, err := x.Claim(t.Context(), "a", Small, 512, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if len(some) == 0 {
				return all
			}
			all = append(all, some...)
		}
	}
	waiting := claimAll()
	for len(waiting) > 0 { // one in each batch waits for long, the others are delivered
		var left []Claim
		batches := map[int64]bool{}
		for _, c := range waiting {
			if batch := c.ID / BatchSize; !batches[batch] {
				batches[batch] = true
				left = append(left, c)
				continue
			}
			c.State = Delivered
			x.Unclaim(c.Job, true)
		}
		if err := x.Commit(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		inMemory := 0
		for _, b := range x.batches {
			if b.jobs != nil {
				inMemory++
			}
		}
		if len(left) > mostBegun || inMemory > mostBegun+recentBatches {
			t.Fatalf("%d jobs wait, for which %d batches of %d are in memory", len(left), inMemory,
				len(x.batches))
		}
		due := (len(left) + 1) / 2
		for _, c := range left[:due] { // their time has come
			c.State = Delivered
			x.Unclaim(c.Job, true)
		}
		waiting = append(left[due:], claimAll()...)
	}
	if n := tr.Files[Delivered]; n != 2*mostBegun*BatchSize {
		t.Errorf("%d of %d jobs were delivered in the end", n, 2*mostBegun*BatchSize)
	}
}
