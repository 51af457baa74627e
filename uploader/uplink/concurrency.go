package uplink

import "time"

// MostConnections is how many requests at once a person may ask for. It is our choice: four times
// as many as the queue itself finds.
const MostConnections = 512

// Bounds of the automatic number of connections. A slow uplink needs few: at 10 Mbit/s 32
// connections make each block last minutes. A storage 50 ms away needs 64 and more for small files.
const (
	startConnections = 4
	maxConnections   = 128
)

// Concurrency finds how many requests should be under way at once. It grows round by round, a round
// being as many acknowledgements as there are connections, for as long as growing pays; it goes
// back where it did not, and tries again later. When the service is busy it gives way answer by
// answer. It has no lock: the queue's protects it.
type Concurrency struct {
	Limit int  // requests that may be under way now
	fixed bool // a person chose the number

	acks      int       // in this round
	work      float64   // done in this round
	began     time.Time // of this round
	saturated bool      // every connection was in use in this round
	best      float64   // work per second at the level `level`
	level     int       // the level that `best` was measured at; 0: none yet
	rest      int       // rounds to stay before the next try
	patience  int       // rounds to rest after the next failed try
	most      int       // the highest limit that a round was judged at: above it connections have to be opened first

	// While it gives way to a busy service: how far it comes back, 0 when it does not; and the
	// limit with its fraction.
	back  int
	exact float64
}

const (
	// yield is by how much a busy answer lowers the limit, in connections: if all that is under way
	// is refused, it halves.
	yield = 0.5
	// regain is by how much as many acknowledgements as there are connections raise it again. Where
	// a share p of all requests is refused whatever their number, the limit settles near
	// regain/(yield*p): 10 connections at 5 %.
	regain = 0.25
)

// shortestRound is how long a round lasts at least: on a fast network the few milliseconds that so
// many requests take are mostly chance, and twice the connections would look better every other
// time.
const shortestRound = 40 * time.Millisecond

// requestWork is what a request costs beside its bytes, in bytes: it makes rounds of small and of
// large files comparable.
const requestWork = 64 << 10

// NewConcurrency returns so many connections, up to MostConnections; with 0, a number that is
// found.
func NewConcurrency(fixed int) Concurrency {
	if fixed > 0 {
		return Concurrency{Limit: min(fixed, MostConnections), fixed: true}
	}
	return Concurrency{Limit: startConnections, patience: 4}
}

// Choose fixes the number of requests, or with 0 has it found. What was found so far stays where it
// was being found already.
func (c *Concurrency) Choose(n int) {
	if n > 0 || c.fixed {
		*c = NewConcurrency(n)
	}
}

// Acknowledged counts a request that the service carried out. saturated says that no connection was
// free meanwhile: only then does the round's speed say anything about the number of connections.
func (c *Concurrency) Acknowledged(now time.Time, bytes int64, saturated bool) {
	if c.fixed {
		return
	}
	if c.back > 0 {
		c.recover(now)
		return
	}
	if c.began.IsZero() { // the first round begins when the first answer has come
		c.began = now
		return
	}
	c.acks++
	c.work += float64(bytes) + requestWork
	c.saturated = c.saturated || saturated
	took := now.Sub(c.began)
	if c.acks < max(c.Limit, startConnections) || took < shortestRound {
		return
	}
	speed := c.work / took.Seconds()
	// In a round in which each connection has answered but once or so, the new ones were opened
	// too; the next round tells more.
	opening := c.Limit > c.most && c.acks < 2*c.Limit
	judge := c.saturated
	c.nextRound(now)
	if judge {
		c.judge(speed, opening)
	}
}

func (c *Concurrency) nextRound(now time.Time) {
	c.acks, c.work, c.saturated, c.began = 0, 0, false, now
}

// judge compares the round with the best one and chooses the next level. opening says that
// connections were opened meanwhile.
func (c *Concurrency) judge(speed float64, opening bool) {
	if c.rest > 0 {
		c.rest--
		// A round's speed varies; what it was on average at this level is what growing must beat.
		if c.best == 0 {
			c.best = speed
		}
		c.best += (speed - c.best) / 4
		if c.rest > 0 {
			return
		}
		c.level, c.Limit = c.Limit, c.grown()
		return
	}
	paid := c.level == 0 || speed > c.best*(1+gain(c.level, c.Limit))
	c.most = max(c.most, c.Limit)
	switch {
	case !paid && opening:
		return
	case paid:
		c.best, c.level, c.patience = speed, c.Limit, 4
		c.Limit = c.grown()
		if c.Limit == c.level {
			c.rest = c.patience
		}
		return
	}
	c.Limit = c.level
	c.rest = c.patience
	c.patience = min(c.patience*2, 64)
}

// gain is by how much the speed must rise for the growth to have paid: a fifth of the growth.
func gain(from, to int) float64 { return 0.2 * (float64(to)/float64(from) - 1) }

func (c *Concurrency) grown() int { return min(c.Limit*2, maxConnections) }

// Busy gives way when the service asks for less.
func (c *Concurrency) Busy() {
	if c.fixed {
		return
	}
	if c.back == 0 {
		c.back, c.exact = max(c.Limit, 2*startConnections), float64(c.Limit)
	}
	c.exact = max(c.exact-yield, 1)
	c.Limit = int(c.exact)
}

// recover takes back, with each acknowledgement, a little of what busy has given away. Once all of
// it is back, what growing pays is found out anew.
func (c *Concurrency) recover(now time.Time) {
	c.exact += regain / c.exact
	c.Limit = min(int(c.exact), c.back)
	if c.Limit < c.back {
		return
	}
	c.back = 0
	c.level, c.best, c.rest = 0, 0, c.patience
	c.nextRound(now)
}
