//go:build unix && !race

package sim

import (
	"regexp"
	"slices"
	"testing"
)

// tries is how often a plan is given the chance to break its promise again: goroutines that are
// woken at one moment may run in another order.
const tries = 3

// particular is what differs between two ways in which one promise is broken.
var particular = regexp.MustCompile(`"[^"]*"|[0-9]+ |if [a-z ]+`)

// like is what was broken, without the names and numbers.
func like(broken string) string {
	return broken[:1] + particular.ReplaceAllString(broken[1:], "")
}

// again lets a plan happen until it breaks that promise.
func again(t *testing.T, p plan, promise string) (outcome, bool) {
	for range tries {
		if o := run(t, p); len(o.broken) > 0 && like(o.broken[0]) == promise {
			return o, true
		}
	}
	return outcome{}, false
}

// shorten leaves out events for as long as the same promise is broken without them.
func shorten(t *testing.T, p plan) (plan, outcome) {
	last := run(t, p)
	for n := 0; len(last.broken) == 0 && n < 10; n++ {
		last = run(t, p)
	}
	if len(last.broken) == 0 {
		return p, last
	}
	promise := like(last.broken[0])
	for size := max(len(p.events)/2, 1); ; {
		shorter := false
		for at := 0; at < len(p.events); {
			q := p
			q.events = slices.Delete(slices.Clone(p.events), at, min(at+size, len(p.events)))
			if o, broken := again(t, q, promise); broken {
				p, last, shorter = q, o, true
			} else {
				at += size
			}
		}
		if size == 1 && !shorter {
			return p, last
		}
		size = max(size/2, 1)
	}
}
