package uplink

import (
	"container/heap"
	"math/rand/v2"
	"testing"
	"time"
)

// network is one as the tests imagine one: each request waits for the way there and back and shares
// the line with the others that are under way.
type network struct {
	delay    time.Duration
	capacity float64       // bytes per second of all requests together; 0: no limit
	requests float64       // requests per second that the storage carries out; 0: no limit
	refuses  int           // the storage is busy with more requests under way than this; 0: never
	unlucky  float64       // share of requests that it is busy for by chance
	open     time.Duration // what opening a connection costs the request that needs it
}

// course is how a run over a network went.
type course struct {
	took    time.Duration
	mean    float64 // limit, in the second half
	refused float64 // share of all requests
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

// run sends n requests of a size over it, again where they are refused.
func (l network) run(c *Concurrency, n int, size int64) (r course) {
	begun := time.Now()
	now := begun
	var way completions
	var refusals, limits int
	accepted, opened := 0, 0
	chance := rand.New(rand.NewPCG(1, 2))
	for sent, done := 0, 0; done < n; {
		for sent < n && len(way) < c.Limit {
			sent++
			took := l.delay
			if l.capacity > 0 {
				took += time.Duration(float64(size) * float64(len(way)+1) / l.capacity * float64(time.Second))
			}
			if l.requests > 0 {
				took += time.Duration(float64(len(way)+1) / l.requests * float64(time.Second))
			}
			if len(way) >= opened {
				opened++
				took += l.open
			}
			refused := l.refuses > 0 && accepted >= l.refuses || chance.Float64() < l.unlucky
			if !refused {
				accepted++
			}
			heap.Push(&way, completion{now.Add(took), refused})
		}
		full := len(way) == c.Limit
		x := heap.Pop(&way).(completion) //nolint:errcheck // only completions were pushed
		now = x.at
		if x.busy {
			c.Busy()
			refusals++
			sent--
			continue
		}
		accepted--
		c.Acknowledged(now, size, full)
		if done++; done > n/2 {
			limits += c.Limit
		}
	}
	r.took, r.mean, r.refused = now.Sub(begun), float64(limits)/float64(n-n/2),
		float64(refusals)/float64(n+refusals)
	return r
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
		{"blocks over a slow uplink", network{delay: 30 * time.Millisecond, capacity: 1.25e6}, 100, 8 << 20, 1, 9},
		{"blocks over a fast line", network{delay: 20 * time.Millisecond, capacity: 1.2e9}, 2000, 8 << 20, 4, 40},
		{"a storage that refuses more than ten", network{delay: 50 * time.Millisecond, refuses: 10}, 2000, 16 << 10, 8, 12},
		{"a storage next door that refuses one in twenty", network{delay: 15 * time.Millisecond, capacity: 1e9, unlucky: 0.05}, 500, 8 << 20, 4, 16},
		{"small files 50 ms away, one in twenty refused", network{delay: 50 * time.Millisecond, unlucky: 0.05}, 2000, 16 << 10, 6, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := NewConcurrency(0)
			r := c.network.run(&found, c.n, c.size)
			t.Logf("%v, %.1f connections, %.1f %% refused", r.took, r.mean, 100*r.refused)
			if r.mean < c.low || r.mean > c.high {
				t.Errorf("%.1f connections, want %v to %v", r.mean, c.low, c.high)
			}
		})
	}
}

// A round in which connections are opened is slow for that alone, and says nothing against more of
// them.
func TestConcurrencyGrowsWhileConnectionsAreOpened(t *testing.T) {
	const way = 50 * time.Millisecond
	found := NewConcurrency(0)
	r := network{delay: way, open: 2 * way}.run(&found, 2000, 16<<10)
	// Each doubling takes the way three times for the new connections and once for the round that
	// tells; the rest goes over all.
	if most := 5*4*way + 2000/maxConnections*way + 4*way; r.took > most {
		t.Errorf("took %v, want at most %v", r.took, most)
	}
	if found.Limit != maxConnections {
		t.Errorf("%d connections, want %d", found.Limit, maxConnections)
	}
}

// A busy storage is given way to at once, and what it refuses by chance does not end in one
// connection.
func TestConcurrencyGivesWayAndComesBack(t *testing.T) {
	c := NewConcurrency(0)
	now := time.Now()
	acknowledge := func(n int) {
		for range n {
			now = now.Add(10 * time.Millisecond)
			c.Acknowledged(now, 8<<20, true)
		}
	}
	for c.Limit < 64 {
		c.level = 0 // whatever the speed is
		acknowledge(1)
	}
	for range 64 {
		c.Busy()
	}
	if c.Limit != 32 {
		t.Errorf("%d connections after all of 64 were refused, want 32", c.Limit)
	}
	for range 1000 {
		c.Busy()
	}
	if c.Limit != 1 {
		t.Errorf("%d connections after all was refused, want 1", c.Limit)
	}
	acknowledge(8)
	if c.Limit == 1 {
		t.Error("one connection after eight acknowledgements, want more")
	}
	for range 10_000 {
		acknowledge(1)
		if c.back == 0 {
			break
		}
		if c.Limit > 64 {
			t.Fatalf("%d connections on the way back to 64", c.Limit)
		}
	}
	if c.Limit < 64 {
		t.Errorf("%d connections long after the storage was busy, want 64", c.Limit)
	}
}

func TestChosenNumberOfConnectionsStays(t *testing.T) {
	c := NewConcurrency(7)
	network{delay: time.Millisecond, refuses: 3}.run(&c, 100, 1)
	if c.Limit != 7 {
		t.Errorf("%d connections, want 7", c.Limit)
	}
}
