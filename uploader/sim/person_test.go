//go:build unix && !race

package sim

import (
	"context"
	"os"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
)

// modes are how something is added.
var modes = []struct {
	replace, both, links bool
	filter               scan.Options
}{
	{},
	{},
	{replace: true},
	{both: true},
	{both: true},
	{links: true},
	{filter: scan.Options{Include: []string{"*.csv", "deep/"}, Exclude: []string{"b*", "none"}}},
	{filter: scan.Options{MinAge: 2 * time.Minute}},
	{filter: scan.Options{Exclude: []string{"run/deep/**"}}, links: true},
}

// whats are what is added, below the disk.
var whats = [][]string{
	{
		"run",
	}, {"run", "more"}, {"run", "run/deep"}, {"more"}, {"run/a.csv"}, {"more", "run"}, {"more/a.csv"},
}

// add is what a person names.
func (w *world) add(p *process, what, how int) {
	m := modes[how%len(modes)]
	a := &added{at: time.Now(), roots: whats[what%len(whats)], replace: m.replace, both: m.both}
	a.inbox = w.hands[0].token.Inbox
	var roots []string
	for _, r := range a.roots {
		if w.throughLink(w.disk.at(r)) {
			return // what a person names is followed
		}
		roots = append(roots, w.disk.at(r))
		if _, err := os.Lstat(w.disk.at(r)); err != nil {
			a.missing = append(a.missing, r)
		}
	}
	o := ledger.AddOptions{Replace: a.replace, KeepBoth: a.both, Scan: m.filter}
	o.Scan.Recursive, o.Scan.FollowSymlinks = true, m.links
	a.filtered = len(o.Scan.Include)+len(o.Scan.Exclude) > 0 || o.Scan.MinAge > 0
	w.mu.Lock()
	w.adds = append(w.adds, a)
	w.mu.Unlock()
	w.say(
		"person: adds %q for %s through process %d (replace: %v, keep both: %v)",
		a.roots,
		a.inbox.Container,
		p.n,
		a.replace,
		a.both,
	)
	id, err := p.queue.Add(p.ctx, a.inbox, roots, o)
	if err != nil && !p.dead.Load() && w.listWorks() {
		w.breaks(1, "nothing could be added: %v", err)
	}
	a.id = id
	if err != nil {
		w.say("person: is told that it could not be added")
	}
}

// listWorks reports whether the list's disk takes what is written.
func (w *world) listWorks() bool {
	now := time.Now()
	return now.After(w.fullUntil) && now.After(w.busyUntil)
}

// personEvent is what a person does.
func (w *world) personEvent(e event) {
	p := w.one(e.a)
	if p == nil {
		return
	}
	switch e.kind {
	case add:
		w.add(p, e.b, e.c)
	case command:
		w.command(p, e)
	case redirect:
		w.redirect(p, e)
	case limit:
		rate := []int64{0, 0, 20_000, 200_000}[e.b%4]
		w.say("person: limits process %d to %d bytes per second", p.n, rate)
		p.queue.Limit(rate)
	case connect:
		w.say("person: wants %d connections of process %d", e.b%9, p.n)
		p.queue.Connect(e.b % 9)
	case cutAdd:
		p.mu.Lock()
		p.strike[3+e.a%2] = 1 + e.b%4
		p.mu.Unlock()
		w.add(p, e.b, e.c)
	case cutCopy:
		p.cutCopy.Store(true)
	case doubtful:
		w.doubtful(p, e)
	case tryNow:
		w.say("person: has process %d try again now", p.n)
		p.queue.TryNow()
	case hold:
		if w.held = !w.held; !w.held {
			w.say("person: allows the address again")
			w.take(w.hands[0])
			return
		}
		w.say("person: takes the address back")
		p.queue.Hold(w.hands[0].token.Inbox.Key(), problem.New("send", "", problem.HostNotAllowed))
	case rescan:
		w.say("person: has process %d go on with what waits", p.n)
		p.adopt()
	}
}

var verbs = []ledger.Verb{
	ledger.Pause, ledger.Resume, ledger.Resume, ledger.Cancel, ledger.Retry, ledger.Retry,
	ledger.Replace, ledger.Rename,
	ledger.Remove, ledger.First, ledger.Last, ledger.Clear, ledger.Purge,
}

// command is what a person wants of uploads or of files.
func (w *world) command(p *process, e event) {
	c := ledger.Command{Verb: verbs[e.b%len(verbs)]}
	rows, err := p.queue.Rows(p.ctx, ledger.Filter{}, 0, 100)
	if err != nil || len(rows) == 0 {
		return
	}
	row := rows[e.c%len(rows)]
	what := row.Blob
	if e.c%3 == 0 && c.Verb != ledger.First && c.Verb != ledger.Last {
		c.Transfer, what = row.Transfer, "all of its upload"
		rows = filter(rows, func(j ledger.Job) bool { return j.Transfer == row.Transfer })
	} else {
		c.Jobs = []int64{row.ID}
		rows = []ledger.Job{row}
	}
	w.mu.Lock()
	switch c.Verb {
	case ledger.Replace:
		for i := range rows {
			w.asked[rows[i].Inbox+"/"+ledger.OriginalName(rows[i].Blob, rows[i].Copy)] = true
		}
	case ledger.Rename:
		w.renamed = true
	case ledger.Remove, ledger.Clear, ledger.Purge:
		w.forgot = true
	}
	w.mu.Unlock()
	w.say(
		"person: %s %q (job %d, %v), %s, through process %d",
		c.Verb,
		row.Blob,
		row.ID,
		row.State,
		what,
		p.n,
	)
	p.act(func() {
		if _, err := p.queue.Do(p.ctx, c); err != nil && !p.dead.Load() && w.listWorks() {
			w.say("person: %s failed: %v", c.Verb, err)
		}
	})
}

// redirect moves what was not delivered to the other inbox.
func (w *world) redirect(p *process, e event) {
	from, to := "ws-1", "ws-2"
	if e.b%3 == 0 {
		from, to = to, from
	}
	var source, target *issued
	for _, i := range w.tokens {
		switch i.token.Inbox.Container {
		case from:
			source = i
		case to:
			target = i
		}
	}
	if target == nil {
		target = w.issue(to, "cw", 10*time.Hour)
	}
	if source == nil {
		return
	}
	w.take(target)
	w.mu.Lock()
	w.moved = true
	w.mu.Unlock()
	w.say("person: moves what is left for %s to %s, through process %d", from, to, p.n)
	if e.c%3 == 0 { // and is killed meanwhile
		p.mu.Lock()
		p.strike[3+e.a%2] = 1 + e.b%4
		p.mu.Unlock()
	}
	p.act(func() {
		n, err := p.queue.Redirect(p.ctx, source.token.Inbox.Key(), target.token.Inbox)
		w.say("person: %d files were moved (%v)", n, err)
	})
}

// moveRoot has what lies in a folder lie elsewhere, and tells the program so.
func (w *world) moveRoot(e event) {
	p := w.one(e.a)
	if p == nil || w.disk.away || w.outside {
		return
	}
	w.relocated = true
	p.act(func() {
		// The same place, named again: what can't be found is looked for once more.
		n, err := p.queue.Moved(context.WithoutCancel(p.ctx), w.disk.at("run"), w.disk.at("run"))
		w.say("person: says again where the folder lies: %d files (%v)", n, err)
	})
}

func filter[T any](all []T, keep func(T) bool) (some []T) {
	for _, x := range all {
		if keep(x) {
			some = append(some, x)
		}
	}
	return some
}

// doubtful loses an answer, and has a person pause and resume before the next try.
func (w *world) doubtful(p *process, e event) {
	r := &rule{loseAnswer, e.b % 4, 1}
	w.mu.Lock()
	w.storage.rules = append([]*rule{r}, w.storage.rules...)
	w.mu.Unlock()
	w.say("storage: an answer will be lost, and then nothing be reached for a while")
	p.act(func() {
		for range 100 {
			time.Sleep(5*time.Millisecond + 1)
			w.mu.Lock()
			lost := r.left == 0
			if lost {
				w.storage.outage = time.Now().Add(20 * time.Second)
			}
			w.mu.Unlock()
			if !lost {
				continue
			}
			for _, v := range []ledger.Verb{ledger.Pause, ledger.Resume} {
				time.Sleep(2*time.Second + 1)
				w.say("person: %s all", v)
				_, _ = p.queue.Do(p.ctx, ledger.Command{Verb: v}) // or it was killed
			}
			return
		}
	})
}
