//go:build unix && !race

package sim

import (
	"slices"
	"time"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// What finds its moment only by aiming: one thing happens just as another does.

// strikeFirst has a rule go before all others.
func (w *world) strikeFirst(r *rule) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.storage.rules = append([]*rule{r}, w.storage.rules...)
}

// fileNamed returns a file that is there and may stand under a name, nil if none is.
func (w *world) fileNamed(name string) *file {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.disk.files {
		if f.there && !f.swapped && !w.disk.away && w.isNamed(f, name) {
			return f
		}
	}
	return nil
}

// momentEvent aims at a moment.
func (w *world) momentEvent(p *process, e event) {
	switch e.kind {
	case lostCommit:
		w.say("storage: the answer to a commit will be lost, and the file change before the next try")
		w.strikeFirst(&rule{
			fault: loseAnswer, left: 1, skip: e.a % 2,
			of: func(r *request) bool { return r.commits() && !r.cond.IfCommitted },
			then: func(r *request) {
				w.changeNow(r, e.b)
				w.mu.Lock()
				w.storage.outage = time.Now().Add(time.Duration(e.c%8) * time.Second)
				w.mu.Unlock()
			},
		})
	case halfSent:
		w.say("disk: a file will change as one of its blocks arrives")
		w.strikeFirst(&rule{
			fault: nothing, left: 1, skip: e.a % 5,
			of: func(r *request) bool { return r.op == uploadertest.PutBlock },
			then: func(r *request) {
				w.changeNow(r, e.b)
				if e.c%4 == 0 {
					r.p.kill("as a file changes that is half sent")
				}
			},
		})
	case foreign:
		w.say("person: ends the program while a file is sent, and somebody else will write its name")
		w.strikeFirst(&rule{
			fault: loseRequest, left: 1, skip: e.a % 3,
			of: func(r *request) bool { return r.op == uploadertest.PutBlob && r.cond.IfAbsent },
			then: func(r *request) {
				w.mu.Lock()
				w.foreign = true
				w.mu.Unlock()
				r.p.kill("while it sends a file")
			},
		})
	case lostBoth:
		w.lostBoth(p, e)
	case cutFull:
		w.fullUntil = time.Now().Add(time.Duration(2+e.a%3) * time.Second)
		p.queue.Limit(30_000)
		w.say("disk: full for a while where the list is, and the line is slow")
		w.writers.Go(func() {
			time.Sleep(time.Until(w.fullUntil) + time.Duration(1500+e.b%4000)*time.Millisecond + 11)
			p.kill("after the disk was full")
		})
	case fullAdd:
		w.fullAdd(p, e)
	case rival:
		w.rival()
	}
}

// fullAdd has the list's disk be full once something was added, and a person give that up while its
// folders are being read.
func (w *world) fullAdd(p *process, e event) {
	p.fullNext.Store(true)
	n := len(w.adds)
	w.add(p, e.b%3, 0)
	p.fullNext.Store(false)
	if len(w.adds) == n {
		return
	}
	a := w.adds[n]
	a.missing = append(a.missing, "") // not all of it need be found
	v := []ledger.Verb{ledger.Cancel, ledger.Pause, ledger.Remove, ledger.Cancel}[e.c%4]
	if v == ledger.Remove {
		w.mu.Lock()
		w.forgot = true
		w.mu.Unlock()
	}
	p.act(func() {
		time.Sleep(700 * time.Millisecond)
		_, err := p.queue.Do(p.ctx, ledger.Command{Verb: v, Transfer: a.id})
		w.say("person: %s of upload %d while its folders are read: %s", v, a.id, word(err))
	})
}

// changeNow changes the file that a request is about.
func (w *world) changeNow(r *request, how int) {
	f := w.fileNamed(r.name)
	if f == nil {
		return
	}
	d := w.disk
	switch how % 4 {
	case 0:
		w.say("disk: %q is rewritten", f.path)
		d.change(f, time.Now())
	case 1:
		w.say("disk: %q is rewritten, and its time put back", f.path)
		d.change(f, d.modified(f))
	case 2:
		w.say("disk: %q grows", f.path)
		from := len(f.content)
		f.content = append(f.content, d.bytes(f, 70_000)...)
		d.write(f, from, time.Now(), false)
	case 3:
		w.say("disk: %q has another block at its beginning", f.path)
		copy(f.content, d.bytes(f, min(len(f.content), 60_000)))
		d.write(f, 0, time.Now(), false)
	}
}

// lostBoth has a person add two files of one name, of which an answer is lost.
func (w *world) lostBoth(p *process, e event) {
	d := w.disk
	if d.away || w.linked("run/a.csv") || w.linked("more/a.csv") {
		return
	}
	for i, path := range []string{"run/a.csv", "more/a.csv"} {
		at := slices.IndexFunc(d.files, func(f *file) bool { return f.path == path })
		if at >= 0 && d.files[at].swapped {
			return
		}
		if at < 0 || !d.files[at].there {
			d.create(path, 1000*(i+1), time.Hour)
		}
	}
	w.say("storage: answers about two files of one name will be lost")
	w.strikeFirst(&rule{
		fault: loseAnswer, left: 1 + e.b%2, skip: e.a % 2,
		of: func(r *request) bool { return r.op == uploadertest.PutBlob },
	})
	how := []int{0, 0, 3}[e.c%3]
	w.add(p, 4, how)
	w.add(p, 6, how)
}

// rival has two processes want what nobody sends, at one moment.
func (w *world) rival() {
	if w.plan.config.inMemory {
		return
	}
	if p := w.alive[0]; p != nil {
		p.kill("by the system")
		w.reap(0)
	}
	w.say("person: starts two processes at once")
	if w.alive[1] == nil || w.alive[1].dead.Load() {
		w.reap(1)
		w.begin(1)
	}
	p := w.begin(0)
	p.rivalry.Store(true)
	p.adopt()
}

// writeForeign has somebody else write the names of files that were under way when a process was
// killed, a while later.
func (w *world) writeForeign() {
	w.mu.Lock()
	due := w.foreign && w.alive[0] != nil && w.alive[0].dead.Load() &&
		(w.alive[1] == nil || w.alive[1].dead.Load())
	doubted := w.doubted
	if due {
		w.foreign, w.doubted = false, nil
	}
	w.mu.Unlock()
	if !due {
		return
	}
	w.pass(20 * time.Minute)
	for i, r := range doubted {
		c := w.storage.containers[r.container]
		w.storage.stranger(c, r.name, i)
		w.say("storage: somebody else writes %q into %s", r.name, c.name)
	}
}

// check has a token tried, as a person may before they send.
func (w *world) check(p *process, e event) {
	i := w.tokens[e.b%len(w.tokens)]
	w.say("person: has a token for %s tried", i.token.Inbox.Container)
	p.act(func() {
		s, err := w.storage.open(p, i.token)
		w.must(err)
		before := w.accepts(i)
		c, err := store.CheckToken(p.ctx, s, i.token)
		if p.dead.Load() {
			return
		}
		after := w.accepts(i)
		w.say("person: is told of the token: %s", word(err))
		switch {
		case err == nil && !before && !after:
			w.breaksNow(6, "a token is said to be accepted, and is not")
		case problem.ConcernsToken(err) && before && after:
			w.breaksNow(6, "a token is said to be refused, and is not: %v", err)
		}
		if off := c.ClockAhead + w.skew; c.ClockKnown && off.Abs() > 2*time.Second {
			w.breaksNow(6, "this clock is said to be ahead by %v, and is by %v",
				c.ClockAhead, -w.skew)
		}
	})
}

// jump puts this computer's clock right while nothing runs.
func (w *world) jump(e event) {
	if !w.nobody() {
		return
	}
	by := time.Duration(1+e.a%8) * 17 * time.Minute
	w.jumped += by
	if e.b%2 == 0 {
		w.say("clock: this computer's is put ahead by %v", by)
		w.skew -= by
		time.Sleep(by)
		w.passed += by
		return
	}
	w.say("clock: this computer's is put back by %v", by)
	w.skew += by
}

// accepts reports whether the storage takes a token now.
func (w *world) accepts(i *issued) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.storage.now()
	return !i.revoked && !now.Before(i.begins) && now.Before(i.ends)
}

// keep has a person keep an inbox under a name, or not any more.
func (w *world) keep(p *process, e event) {
	j := p.list.disk
	if j == nil || p.gone() {
		return
	}
	name := "inbox " + string(rune('a'+e.a%3))
	old, known := w.kept[name]
	var err error
	switch {
	case known && e.b%3 == 0:
		if err = j.RemoveInbox(p.ctx, old.ID); err == nil {
			delete(w.kept, name)
		}
	default:
		var r inboxes.Record
		r, err = inboxes.NewRecord(name, w.hands[e.c%len(w.hands)].token)
		w.must(err)
		if err = j.PutInbox(p.ctx, r); err == nil && known {
			w.breaks(1, "two inboxes are named %q", name)
		} else if err == nil {
			w.kept[name] = r
		}
	}
	w.say("person: keeps %q, or not any more: %s", name, word(err))
	if err != nil && !known && !p.dead.Load() && problem.ReasonOf(err) != problem.InboxNameTaken {
		w.breaks(1, "%q could not be kept: %v", name, err)
	}
	w.judgeKept(p)
}

// lostList notes that nothing is left of the list.
func (w *world) lostList() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forgot = true
	clear(w.kept)
	clear(w.delivered)
	clear(w.owners)
	for _, a := range w.adds {
		a.id = 0
	}
}

// commandsAll has a person want the same of all.
func (p *process) commandsAll(v ledger.Verb) {
	p.w.say("person: %s all", v)
	_, _ = p.queue.Do(p.ctx, ledger.Command{Verb: v}) // or it was killed
}
