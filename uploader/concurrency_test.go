package uploader

import (
	"container/heap"
	"testing"
	"time"
)

// network is one as the tests imagine one: each request waits for the way there and back and shares the line with
// the others that are under way.
type network struct {
	delay    time.Duration
	capacity float64 // bytes per second of all requests together; 0: no limit
	requests float64 // requests per second that the storage carries out; 0: no limit
	refuses  int     // the storage is busy with more requests under way than this; 0: never
}

type completion struct {
	at   time.Time
	busy bool
}

type completions []completion

func (c completions) Len() int           { return len(c) }
func (c completions) Less(i, j int) bool { return c[i].at.Before(c[j].at) }
func (c completions) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *completions) Push(x any)        { *c = append(*c, x.(completion)) } //nolint:errcheck // heap.Push below has the type
func (c *completions) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// run sends n requests of a size over it and returns how long that took and the mean limit of the second half.
func (l network) run(c *concurrency, n int, size int64) (time.Duration, float64) {
	begun := time.Now()
	now := begun
	var way completions
	var limits float64
	accepted := 0
	for sent, done := 0, 0; done < n; {
		for sent < n && len(way) < c.limit {
			sent++
			took := l.delay
			if l.capacity > 0 {
				took += time.Duration(float64(size) * float64(len(way)+1) / l.capacity * float64(time.Second))
			}
			if l.requests > 0 {
				took += time.Duration(float64(len(way)+1) / l.requests * float64(time.Second))
			}
			refused := l.refuses > 0 && accepted >= l.refuses
			if !refused {
				accepted++
			}
			heap.Push(&way, completion{now.Add(took), refused})
		}
		full := len(way) == c.limit
		x := heap.Pop(&way).(completion) //nolint:errcheck // only completions were pushed
		now = x.at
		if x.busy {
			c.busy(now)
			sent--
			continue
		}
		accepted--
		c.acknowledged(now, size, full)
		if done++; done > n/2 {
			limits += float64(c.limit)
		}
	}
	return now.Sub(begun), limits / float64(n-n/2)
}

func TestConcurrencyFindsTheLevelOfTheNetwork(t *testing.T) {
	for _, c := range []struct {
		name      string
		network   network
		n         int
		size      int64
		low, high float64 // mean connections when settled
	}{
		{"small files 50 ms away", network{delay: 50 * time.Millisecond}, 2000, 16 << 10, 64, maxConnections},
		{"small files next door", network{delay: 100 * time.Microsecond, requests: 5000}, 10_000, 16 << 10, 2, 20},
		{"blocks over a slow uplink", network{delay: 30 * time.Millisecond, capacity: 1.25e6}, 100, 8 * mib, 1, 9},
		{"blocks over a fast line", network{delay: 20 * time.Millisecond, capacity: 1.2e9}, 2000, 8 * mib, 4, 40},
		{"a storage that refuses more than ten", network{delay: 50 * time.Millisecond, refuses: 10}, 2000, 16 << 10, 3, 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := newConcurrency(0)
			took, mean := c.network.run(&found, c.n, c.size)
			t.Logf("%v, %.1f connections", took, mean)
			if mean < c.low || mean > c.high {
				t.Errorf("%.1f connections, want %v to %v", mean, c.low, c.high)
			}
		})
	}
}

func TestChosenNumberOfConnectionsStays(t *testing.T) {
	c := newConcurrency(7)
	network{delay: time.Millisecond, refuses: 3}.run(&c, 100, 1)
	if c.limit != 7 {
		t.Errorf("%d connections, want 7", c.limit)
	}
}
