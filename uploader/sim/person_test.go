//go:build unix && !race

package sim

import (
	"context"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/uploadertest"
)

// add is what a person names.
func (w *world) add(p *process, what, how int) {
	a := w.newAdded(what, how)
	if a == nil {
		return
	}
	m := &ways[a.how]
	refused := m.refused
	if w.plan.config.strict && a.replace {
		refused = problem.ReplaceForbidden
	}
	if w.plan.config.oneName && m.filter.Folder != "" && a.inbox.Blob != "" {
		refused = problem.FolderInvalid
	}
	o := a.options()
	w.say(
		"person: adds %q for %s through process %d (replace: %v, keep both: %v, %+v)",
		a.roots,
		a.inbox.Container,
		p.n,
		a.replace,
		a.both,
		m.filter,
	)
	if refused != "" {
		w.addRefused(p, a, o, refused)
		return
	}
	w.mu.Lock()
	w.adds = append(w.adds, a)
	w.mu.Unlock()
	if m.review == 0 {
		w.added(p, a, o)
		return
	}
	o.Scan.Inbox, o.Scan.Receipt = a.inbox, w.disk.at("run/receipt.csv")
	record := scan.NewRecord(a.absolute(), o.Scan)
	seen := map[string]bool{}
	look := func() {
		_, err := record.Files(p.ctx, func(found []scan.Found) error {
			for i := range found {
				if found[i].Skip == "" {
					seen[found[i].Source] = true
				}
			}
			return nil
		})
		if err == nil {
			w.mu.Lock()
			a.reviewed = seen
			w.mu.Unlock()
		}
	}
	o.Review = record
	p.act(func() {
		if m.review == looks {
			look()
			time.Sleep(3*time.Second + 7)
			w.added(p, a, o)
			return
		}
		w.added(p, a, o)
		look()
	})
}

// added has a process take what a person named.
func (w *world) added(p *process, a *added, o ledger.AddOptions) {
	last := p.lastUpload()
	id, err := p.queue.Add(p.ctx, a.inbox, a.absolute(), o)
	w.mu.Lock()
	a.id = id
	w.mu.Unlock()
	if err == nil {
		return
	}
	w.say("person: is told that it could not be added: %s", word(err))
	switch {
	case p.dead.Load() || p.gone():
	case p.listWorks():
		w.breaksNow(1, "nothing could be added: %v", err)
	case w.alive[1] == nil && p.lastUpload() != last:
		w.breaksNow(6, "%q, and something was added", problem.Explain(err))
	}
}

// addRefused has a process refuse what a person named.
func (w *world) addRefused(p *process, a *added, o ledger.AddOptions, why problem.Reason) {
	last := p.lastUpload()
	_, err := p.queue.Add(p.ctx, a.inbox, a.absolute(), o)
	switch {
	case p.dead.Load():
	case problem.ReasonOf(err) != why:
		w.breaks(6, "what was added is wrong (%s), and a person is told: %v", why, err)
	case w.alive[1] == nil && p.lastUpload() != last:
		w.breaks(6, "%q, and something was added", problem.Explain(err))
	}
}

// lastUpload returns the id of the last upload that a process knows.
func (p *process) lastUpload() (last int64) {
	s := p.queue.Status()
	for i := range s.Transfers {
		last = max(last, s.Transfers[i].ID)
	}
	return last
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
	case check:
		w.check(p, e)
	case keep:
		w.keep(p, e)
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
		key := w.hands[0].token.Inbox.Key()
		p.queue.Hold(key, problem.New("send", "", problem.HostNotAllowed))
		p.held.Store(key, time.Now())
	case rescan:
		w.say("person: has process %d go on with what waits", p.n)
		switch e.b % 3 {
		case 0:
			p.adopt()
		case 1:
			p.goOn(func() ([]ledger.Transfer, error) { return p.queue.Resume(p.ctx, nil) })
		default:
			to := w.hands[0].token.Inbox.Key()
			p.goOn(func() ([]ledger.Transfer, error) {
				return p.queue.Resume(p.ctx,
					func(t ledger.TransferStatus) bool { return t.Inbox == to })
			})
		}
	default:
		w.momentEvent(p, e)
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
	strict := w.plan.config.strict && c.Verb == ledger.Replace
	w.mu.Lock()
	switch c.Verb {
	case ledger.Replace:
		for i := range rows {
			if strict {
				break
			}
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
		_, err := p.queue.Do(p.ctx, c)
		switch {
		case p.dead.Load():
		case strict != (problem.ReasonOf(err) == problem.ReplaceForbidden):
			w.breaksNow(6, "%s is forbidden: %v, and a person is told: %v", c.Verb, strict, err)
		case err != nil:
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
	r := &rule{
		fault: loseAnswer, skip: e.b % 4, left: 1,
		of: func(r *request) bool { return r.op == uploadertest.PutBlob },
	}
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
				p.commandsAll(v)
			}
			return
		}
	})
}
