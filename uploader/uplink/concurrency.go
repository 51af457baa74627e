package uplink

import "time"

// MostConnections is the most requests at once that a person may ask for. We chose four times the
// automatic maximum.
const MostConnections = 512

// Bounds of the automatic number of connections. A slow uplink needs few: at 10 Mbit/s 32
// connections make each block last minutes. A storage 50 ms away needs 64 and more for small files.
const (
	startConnections = 4
	maxConnections   = 128
)

// Concurrency finds the best number of requests in flight. It grows round by round as long as
// growing pays; a round is as many acknowledgements as there are connections. If growing did not
// pay, it goes back and tries again later. When the service is busy, it yields with each such
// answer. It has no lock of its own: the queue's lock protects it.
type Concurrency struct {
	Limit int  // requests that may be in flight now
	fixed bool // a person chose the number

	acks      int       // in this round
	work      float64   // done in this round
	began     time.Time // start of this round
	saturated bool      // every connection was in use in this round
	best      float64   // work per second at `level`
	level     int       // the limit at which `best` was measured; 0: none yet
	rest      int       // rounds to stay before the next try
	patience  int       // rounds to rest after the next failed try
	most      int       // the highest limit of a judged round: above it connections have to be opened first

	// While it yields to a busy service: the limit to return to, else 0; and the limit with its
	// fraction.
	back  int
	exact float64
}

const (
	// yield is by how many connections a busy answer lowers the limit: if the service refuses all
	// requests in flight, the limit halves.
	yield = 0.5
	// regain is by how much the limit rises again after as many acknowledgements as connections. If
	// a share p of all requests is refused whatever their number, the limit settles near
	// regain/(yield*p): 10 connections at 5 %.
	regain = 0.25
)

// shortestRound is the minimum length of a round: on a fast network a round would take a few
// milliseconds, which are mostly chance, and twice the connections would look better every other
// time.
const shortestRound = 40 * time.Millisecond

// requestWork is the cost of a request besides its bytes, in bytes: it makes rounds of small and of
// large files comparable.
const requestWork = 64 << 10

// NewConcurrency returns a fixed number of connections, up to MostConnections, or finds the number
// if fixed is 0.
func NewConcurrency(fixed int) Concurrency {
	if fixed > 0 {
		return Concurrency{Limit: min(fixed, MostConnections), fixed: true}
	}
	return Concurrency{Limit: startConnections, patience: 4}
}

// Choose fixes the number of requests, or with 0 finds it. With 0 it keeps what it has found so far
// if the number was not fixed.
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
	// A round with about one answer for each connection includes the time to open the new ones;
	// the next round tells more.
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
		// A round's speed varies; growing must beat the average at this level.
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

// gain returns how much the speed must rise for growing to pay: a fifth of the growth.
func gain(from, to int) float64 { return 0.2 * (float64(to)/float64(from) - 1) }

func (c *Concurrency) grown() int { return min(c.Limit*2, maxConnections) }

// Busy lowers the limit after the service has asked for fewer requests.
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

// recover regains, with each acknowledgement, a little of what Busy gave up. Once all of it is
// back, it finds out anew whether growing pays.
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
