//go:build unix && !race

package sim

import (
	"slices"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uploadertest"
)

// What must hold at each request, and what may be sent twice.

// span is a length of time in which it is not known whether a request was carried out.
type span struct{ from, to time.Time }

// around reports whether a moment lies in a span, or so near that nobody can tell whose clock was
// put right by so much meanwhile.
func (s span) around(at time.Time, jumped time.Duration) bool {
	return !at.Before(s.from.Add(-2*time.Second-jumped)) &&
		!at.After(s.to.Add(ledger.DoubtMargin+15*time.Second+jumped))
}

// allowance is how much may be sent twice.
type allowance struct {
	damaged int               // bodies that arrived so
	any     bool              // nobody counts
	again   int64             // bytes that were under way at a fault or a kill
	changed int64             // bytes of files that changed
	lost    map[string][]span // by name: answers that were lost
	killed  []span
}

// allowFault allows what a fault costs. The caller holds the lock.
func (w *world) allowFault(r *request, fault int) {
	w.ledger.again += int64(len(r.data))
	if r.body != nil {
		w.ledger.again += r.body.Len()
	}
	switch fault {
	case loseAnswer,
		loseRequest,
		stallBefore,
		stallAfter,
		arriveLate,
		answerForeign,
		garble,
		resetMidway:
		if w.ledger.lost == nil {
			w.ledger.lost = map[string][]span{}
		}
		w.ledger.lost[r.name] = append(w.ledger.lost[r.name], span{r.begun, time.Now()})
	case forgetNow:
		w.ledger.any = true
	case corruptBody:
		w.ledger.damaged++
	}
}

// allowKilled allows what a kill costs, or an orderly end: what is under way, and what the list
// does not know yet.
func (w *world) allowKilled(p *process, kill bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for r := range w.storage.flying {
		if r.p == p && r.body != nil {
			w.ledger.again += r.body.Len()
		}
		if r.p == p && kill && r.op == uploadertest.PutBlob {
			w.doubted = append(w.doubted, r)
		}
	}
	if kill {
		clear(w.delivered) // what a person was told last need not be in the list
	}
	since := time.Unix(0, p.committed.Load()).Add(-time.Second)
	for _, a := range w.storage.recent {
		if a.p == p && a.at.After(since) {
			w.ledger.again += a.size
		}
	}
	w.ledger.killed = append(w.ledger.killed, span{w.began, time.Now()})
}

// isWanted reports whether a person wants what stands under a name to be replaced. The caller holds
// the lock, as with those that follow.
func (w *world) isWanted(c *container, name string) bool {
	for _, a := range w.adds {
		if a.replace && !w.plan.config.strict {
			for _, f := range w.disk.files {
				if slices.Contains(a.names(f), name) {
					return true
				}
			}
		}
	}
	for _, i := range w.tokens {
		if i.token.Inbox.Container == c.name && w.asked[i.token.Inbox.Key()+"/"+name] ||
			w.asked["/"+name] {
			return true
		}
	}
	return false
}

// isAnother reports whether two contents are those of different files of this world.
func (w *world) isAnother(a, b sum) bool {
	of := w.disk.known[b]
	return len(of) > 0 && len(w.disk.known[a]) > 0 && !slices.ContainsFunc(w.disk.known[a],
		func(f *file) bool { return slices.Contains(of, f) })
}

// mayReplace reports whether a request may replace what somebody else has put there.
func (w *world) mayReplace(c *container, r *request) bool {
	if w.isWanted(c, r.name) {
		return true
	}
	if r.cond.IfModifiedSince.IsZero() {
		return false
	}
	theirs := time.Time{}
	for _, e := range c.effects[r.name] {
		if e.theirs {
			theirs = e.at
		}
	}
	return w.uncertain(r.name, theirs)
}

// uncertain reports whether at a moment nobody could tell whose a blob of the name was.
func (w *world) uncertain(name string, at time.Time) bool {
	for _, s := range w.ledger.lost[name] {
		if s.around(at, w.jumped) {
			return true
		}
	}
	for _, s := range w.ledger.killed {
		if s.around(at, w.jumped) {
			return true
		}
	}
	return false
}

// readBefore is how long before a request its body may have been read: questions go before it, and
// one that stands still is given up after a minute.
const readBefore = 4 * time.Minute

// wholeVersion looks whether a blob is what a file of that name was at one moment. The caller holds
// the lock.
func (w *world) wholeVersion(c *container, r *request, e effect) {
	from := r.begun.Add(-readBefore)
	if r.op == uploadertest.PutBlockList {
		if from = c.staged[r.name]; from.IsZero() {
			return // what was committed before is committed once more
		}
	}
	from = from.Add(-time.Second)
	torn, other := false, ""
	for _, f := range w.disk.known[e.sum] {
		found, half := f.states(e.sum, from, e.at)
		switch {
		case !found:
			other = "is an earlier version of " + f.path
		case !w.isNamed(f, r.name):
			other = "is the content of " + f.path
		case half:
			torn = true
		default:
			return
		}
	}
	switch {
	case torn:
		w.breaks(2, "%v: the file was in the middle of being written", r)
	case other != "":
		w.breaks(2, "%v: what stands there %s", r, other)
	default:
		w.breaks(2, "%v: what stands there, %d bytes, the file never was", r, e.size)
	}
}

// alsoMoved are names with those that they have in the other inbox, where a person moved something.
func (w *world) alsoMoved(names []string) []string {
	if !w.moved {
		return names
	}
	const folder = "in/here/"
	all := append([]string{"only.dat"}, names...)
	for _, name := range names {
		all = append(all, folder+name, strings.TrimPrefix(name, folder))
	}
	return all
}

// isNamed reports whether a file may stand under a name, as it was added, or beside it.
func (w *world) isNamed(f *file, name string) bool {
	for _, a := range w.adds {
		for _, planned := range w.alsoMoved(a.names(f)) {
			if planned == name {
				return true
			}
			for n := 2; n < 100; n++ {
				if ledger.OriginalName(name, n) == planned {
					return true
				}
			}
		}
	}
	return false
}
