//go:build unix

package sim

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
)

// event lets one happen.
func (w *world) event(e event) {
	switch e.kind {
	case makeFile:
		ages := []time.Duration{0, time.Second, time.Minute, 3 * time.Minute, time.Hour, 48 * time.Hour}
		f := w.disk.create(names[e.a%8], sizes[e.b%len(sizes)], ages[e.c%len(ages)])
		w.say("disk: %q has %d bytes, %v old", f.path, len(f.content), ages[e.c%len(ages)])
	case grow, shrink, rewrite, putBack, touch, slowly, renameOver, swapLink, swapDir, vanish, appear:
		w.fileEvent(e)
	case unplug:
		w.unplug(e)
	case moveRoot:
		w.moveRoot(e)
	case fault:
		if w.plan.profile == changes && e.a%faults == forgetNow {
			return
		}
		w.storage.rules = append(w.storage.rules, &rule{e.a % faults, e.b % 12, 1 + e.c%3})
		w.say("storage: will go wrong: %s, %d times, after %d requests", faultNames[e.a%faults], 1+e.c%3, e.b%12)
	case stranger:
		w.strange(e)
	case forget:
		for _, c := range w.storage.containers {
			c.inbox.ForgetStaged()
		}
		w.ledger.any = true
		w.say("storage: forgets all staged blocks")
	case empty:
		w.emptyInbox()
	case lock, endToken, newToken:
		w.tokenEvent(e)
	case pass:
		w.pass(time.Duration(1+e.a%240) * 15 * time.Minute)
	case kill, restart, second:
		w.processEvent(e)
	case fullOn:
		w.fullUntil = time.Now().Add(time.Duration(1+e.a%20) * time.Second)
		w.say("disk: full for %v where the list is", time.Until(w.fullUntil))
	case busyOn:
		w.busyUntil = time.Now().Add(time.Duration(1+e.a%20) * time.Second)
		w.say("disk: the list is busy for %v", time.Until(w.busyUntil))
	default:
		w.personEvent(e)
	}
}

// pick returns one of the files that are there, nil if none is.
func (w *world) pick(n int) *file {
	if len(w.disk.files) == 0 || w.disk.away {
		return nil
	}
	f := w.disk.files[n%len(w.disk.files)]
	if !f.there || f.swapped {
		return nil
	}
	return f
}

// fileEvent is what becomes of one file.
func (w *world) fileEvent(e event) {
	d := w.disk
	if e.kind == appear && !d.away {
		name := names[8+e.a%4]
		for _, f := range d.files {
			if f.path == name && (f.there || f.swapped) {
				return
			}
		}
		if _, err := os.Lstat(filepath.Dir(d.at(name))); err != nil || w.linked(name) {
			return
		}
		f := d.create(name, sizes[e.b%len(sizes)], 0)
		w.say("disk: %q appears, %d bytes", f.path, len(f.content))
		return
	}
	f := w.pick(e.a)
	if f == nil {
		return
	}
	w.ledger.changed += int64(len(f.content)) + 64<<10
	w.say("disk: %s %q", e.kind, f.path)
	switch e.kind {
	case grow:
		from := len(f.content)
		f.content = append(f.content, d.bytes(f, 1+sizes[e.b%len(sizes)])...)
		d.write(f, from, time.Now(), false)
	case shrink:
		f.content = f.content[:len(f.content)*(e.b%4)/4]
		d.write(f, len(f.content), time.Now(), false)
	case rewrite:
		d.change(f, time.Now())
	case putBack:
		d.change(f, d.modified(f))
	case touch:
		now := time.Now()
		w.must(os.Chtimes(d.at(f.path), now, now))
		d.stamp(f.path, now)
		w.mu.Lock()
		f.touched = now
		w.mu.Unlock()
	case slowly:
		w.writers.Go(func() { d.slowly(f, 2+e.b%4) })
	case renameOver:
		w.must(os.Remove(d.at(f.path))) // and its inode may be given to the next
		f.content = d.bytes(f, sizes[e.b%len(sizes)])
		d.write(f, 0, time.Now(), false)
	case vanish:
		w.must(os.Remove(d.at(f.path)))
		f.there = false
		d.note(f, false)
	case swapLink:
		w.outside = true
		w.must(os.Remove(d.at(f.path)))
		w.must(os.Symlink(filepath.Join(w.dir, "outside", filepath.Base(f.path)), d.at(f.path)))
		f.there, f.swapped = false, true
		d.note(f, false)
	case swapDir:
		w.swapFolder(f)
	}
}

// linked reports whether the folder of a path was swapped for a link.
func (w *world) linked(path string) bool {
	fi, err := os.Lstat(filepath.Dir(w.disk.at(path)))
	return err != nil || !fi.IsDir()
}

// swapFolder puts a link in the place of a file's folder, if that is not a root.
func (w *world) swapFolder(f *file) {
	folder := w.disk.at("run/deep")
	if filepath.Dir(w.disk.at(f.path)) != folder || w.relocated {
		return // where a folder lies that was moved, its links included, is found out later
	}
	w.outside = true
	for _, o := range w.disk.files {
		if filepath.Dir(w.disk.at(o.path)) == folder && o.there {
			o.there, o.swapped = false, true
			w.disk.note(o, false)
		}
	}
	w.must(os.Rename(folder, filepath.Join(w.dir, "swapped")))
	w.must(os.Symlink(filepath.Join(w.dir, "outside"), folder))
}

// unplug takes the disk away, and brings it back.
func (w *world) unplug(e event) {
	if w.disk.away {
		return
	}
	w.disk.away = true
	w.say("disk: unplugged")
	w.must(os.Rename(w.disk.root, w.disk.root+" elsewhere"))
	w.must(os.Mkdir(w.disk.root, 0o700)) // the mount point, which lies on another disk
	w.writers.Go(func() {
		time.Sleep(time.Duration(1+e.b%100)*time.Second + 17)
		w.must(os.Remove(w.disk.root))
		if e.c%2 == 0 {
			w.disk.number.Add(1)
		}
		w.must(os.Rename(w.disk.root+" elsewhere", w.disk.root))
		w.disk.away = false
		w.say("disk: back as number %d", w.disk.number.Load())
	})
}

// strange has somebody else write into the inbox.
func (w *world) strange(e event) {
	if len(w.disk.files) == 0 {
		return
	}
	f := w.disk.files[e.a%len(w.disk.files)]
	c := w.storage.containers[[]string{"ws-1", "ws-1", "ws-2"}[e.c%3]]
	for _, root := range []string{"run", "more"} {
		rel, ok := covers(root, f.path)
		if !ok {
			continue
		}
		name, err := scan.PlanName("", rel)
		if err != nil {
			continue
		}
		w.storage.stranger(c, name.Blob, e.a)
		w.say("storage: somebody else writes %q into %s", name.Blob, c.name)
	}
}

// emptyInbox takes all blobs away, as the workspace may.
func (w *world) emptyInbox() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.emptied = true
	w.ledger.any = true
	for _, c := range w.storage.containers {
		c.emptied = time.Now()
		c.inbox.Empty()
		clear(c.foreign)
		clear(c.staged)
	}
	w.tell("storage: all blobs are taken out of the inboxes")
}

// tokenEvent is what becomes of tokens and of rights.
func (w *world) tokenEvent(e event) {
	container := []string{"ws-1", "ws-1", "ws-1", "ws-2"}[e.a%4]
	switch e.kind {
	case lock:
		if f := w.pick(e.a); f != nil {
			if rel, ok := covers("run", f.path); ok {
				if name, err := scan.PlanName("", rel); err == nil {
					w.storage.containers["ws-1"].locked[name.Blob] = true
					w.say("storage: nobody may replace %q any more", name.Blob)
				}
			}
		}
	case endToken:
		for _, i := range w.hands {
			if i.token.Inbox.Container != container {
				continue
			}
			w.mu.Lock()
			if e.b%2 == 0 {
				i.revoked = true
			} else {
				i.ends = w.storage.now()
			}
			w.mu.Unlock()
			w.say("tokens: the one for %s has ended (revoked: %v)", container, i.revoked)
		}
	case newToken:
		rights := []string{"cw", "w", "racwdl", "c"}[e.b%4]
		w.say("person: has a new token for %s that permits %q", container, rights)
		w.take(w.issue(container, rights, time.Duration(1+e.c%40)*10*time.Minute))
	}
}

// processEvent is what becomes of processes.
func (w *world) processEvent(e event) {
	n := e.a % 2
	p := w.alive[n]
	switch {
	case e.kind == second:
		if w.alive[1] == nil || w.alive[1].dead.Load() {
			w.reap(1)
			w.start(1)
		}
	case p == nil || p.dead.Load():
		w.reap(n)
		if n == 0 {
			w.start(0)
		}
	case e.kind == restart:
		p.close()
		w.start(n)
	case e.b%5 == 0:
		p.kill("by the system")
	default:
		p.mu.Lock()
		p.strike[e.b%5] = 1 + e.c%20
		p.mu.Unlock()
	}
}

// pass lets time pass in which nothing runs.
func (w *world) pass(d time.Duration) {
	if w.one(0) != nil {
		return
	}
	w.say("%v pass", d)
	time.Sleep(d)
	w.passed += d
}

// reap waits for the end of a killed process.
func (w *world) reap(n int) {
	if p := w.alive[n]; p != nil {
		<-p.ended
		w.alive[n] = nil
	}
}

// one returns a process that is alive, nil if none is.
func (w *world) one(n int) *process {
	for i := range w.alive {
		if p := w.alive[(n+i)%2]; p != nil && !p.dead.Load() {
			return p
		}
	}
	return nil
}

// modes are how something is added.
var modes = []struct {
	replace, both, links bool
}{{}, {}, {replace: true}, {both: true}, {both: true}, {links: true}}

// whats are what is added, below the disk.
var whats = [][]string{
	{"run"}, {"run", "more"}, {"run", "run/deep"}, {"more"}, {"run/a.csv"}, {"more", "run"}, {"more/a.csv"},
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
	o := ledger.AddOptions{Replace: a.replace, KeepBoth: a.both, Scan: scan.Options{Recursive: true, FollowSymlinks: m.links}}
	w.mu.Lock()
	w.adds = append(w.adds, a)
	w.mu.Unlock()
	w.say("person: adds %q for %s through process %d (replace: %v, keep both: %v)", a.roots, a.inbox.Container, p.n, a.replace, a.both)
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
	case rescan:
		w.say("person: has process %d go on with what waits", p.n)
		p.adopt()
	}
}

var verbs = []ledger.Verb{
	ledger.Pause, ledger.Resume, ledger.Resume, ledger.Cancel, ledger.Retry, ledger.Retry, ledger.Replace, ledger.Rename,
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
	w.say("person: %s %q (job %d, %v), %s, through process %d", c.Verb, row.Blob, row.ID, row.State, what, p.n)
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
