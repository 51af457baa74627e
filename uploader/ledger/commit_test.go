package ledger

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// timed notes when something was committed.
type timed struct {
	Journal
	mu sync.Mutex
	at []time.Time
}

func (j *timed) Commit(ctx context.Context, c Changes) error {
	j.mu.Lock()
	j.at = append(j.at, time.Now())
	j.mu.Unlock()
	return j.Journal.Commit(ctx, c)
}

// taken returns what was noted, and begins anew.
func (j *timed) taken() []time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := j.at
	j.at = nil
	return at
}

// TestBlocksAreKeptSoonerThanEnds: an acknowledged block that a killed process has not kept is sent
// again.
func TestBlocksAreKeptSoonerThanEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(x *Ledger, j Job)
		want   time.Duration
	}{
		{"a block", func(x *Ledger, j Job) { x.Ack(j.ID, AckedBlock{}, 1) }, blocksEvery},
		{"anything else", func(x *Ledger, j Job) { x.Update(j) }, commitEvery},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := &timed{Journal: NewMemoryJournal()}
				x := New(journal, func() {})
				tr, err := x.AddTransfer(t.Context(), Transfer{Inbox: "a"})
				if err != nil {
					t.Fatal(err)
				}
				jobs := []Job{{Size: 2, Class: Large}}
				if err := x.AddJobs(t.Context(), tr, jobs); err != nil {
					t.Fatal(err)
				}
				claims, err := x.Claim(t.Context(), "a", Large, 1, time.Now())
				if err != nil || len(claims) != 1 {
					t.Fatalf("%d claims, %v", len(claims), err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go x.Run(ctx)
				time.Sleep(time.Second) // whatever the claim left
				journal.taken()
				changed := time.Now()
				c.change(x, claims[0].Job)
				time.Sleep(time.Second)
				if at := journal.taken(); len(at) == 0 || at[0].Sub(changed) != c.want {
					t.Errorf("committed at %v after %v, want after %v", at, changed, c.want)
				}
			})
		})
	}
}
