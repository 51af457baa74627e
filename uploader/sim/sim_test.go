//go:build unix && !race

package sim

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	oneSeed  = flag.Int64("seed", -1, "the seed of the one world that happens")
	allSeeds = flag.Int("seeds", 300, "how many worlds happen")
	fromSeed = flag.Uint64("from", 0, "the first seed")
	forTime  = flag.Duration("for", 0, "let worlds happen for so long, however many they are")
	goOn     = flag.Bool("on", false, "go on whatever breaks, and tell nothing but what and where")
	firstBad = flag.Bool("first", false, "end with the first world that breaks a promise, untold")
)

// TestWorld lets worlds happen, and tells the story of those that break a promise.
func TestWorld(t *testing.T) {
	if *oneSeed >= 0 {
		one(t, planOf(uint64(*oneSeed)))
		return
	}
	begun := time.Now()
	var next, done, steps atomic.Uint64
	var mu sync.Mutex
	var bad []plan
	next.Store(*fromSeed)
	t.Run("seeds", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for {
					seed := next.Add(1) - 1
					over := seed-*fromSeed >= uint64(*allSeeds)
					if *forTime > 0 {
						over = time.Since(begun) > *forTime
					}
					mu.Lock()
					over = over || len(bad) > 2 && !*goOn || *firstBad && len(bad) > 0
					mu.Unlock()
					if over {
						return
					}
					o := run(t, planOf(seed))
					done.Add(1)
					steps.Add(uint64(o.steps))
					if len(o.broken) > 0 {
						mu.Lock()
						bad = append(bad, planOf(seed))
						mu.Unlock()
						t.Errorf(
							"seed %d (replay it with -seed %d -v) breaks %s",
							seed,
							seed,
							o.broken[0],
						)
					}
				}
			})
		}
	})
	took := time.Since(begun).Seconds()
	t.Logf(
		"%d seeds, %.0f a second; %d steps, %.0f a second",
		done.Load(),
		float64(done.Load())/took,
		steps.Load(),
		float64(steps.Load())/took,
	)
	if len(bad) > 0 && !*firstBad && !*goOn {
		slices.SortFunc(bad, func(a, b plan) int { return len(a.events) - len(b.events) })
		tellShrunk(t, bad[0])
	}
}

// one lets one plan happen and tells its story.
func one(t *testing.T, p plan) {
	o := run(t, p)
	if testing.Verbose() {
		tell(t, p, o)
	}
	if len(o.broken) > 0 {
		t.Errorf("seed %d breaks %s", p.seed, o.broken[0])
		if !*firstBad {
			tellShrunk(t, p)
		}
	}
}

func tell(t *testing.T, p plan, o outcome) {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %+v\n", p.seed, p.config)
	for _, line := range o.story {
		b.WriteString(line + "\n")
	}
	t.Log(b.String())
}

// tellShrunk tells the shortest story that breaks a plan's promise.
func tellShrunk(t *testing.T, p plan) {
	p, o := shorten(t, p)
	if len(o.broken) == 0 {
		t.Logf("seed %d: not broken again in several tries", p.seed)
		return
	}
	t.Logf("what matters of seed %d:", p.seed)
	for _, e := range p.events {
		t.Logf("\t{%d, %q, %d, %d, %d},", e.at, e.kind, e.a, e.b, e.c)
	}
	tell(t, p, o)
}
