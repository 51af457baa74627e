//go:build unix && !race

package sim

import (
	"os"
	"path/filepath"
	"slices"
	"time"
)

// event lets one happen.
func (w *world) event(e event) {
	switch e.kind {
	case makeFile:
		ages := []time.Duration{
			0,
			time.Second,
			time.Minute,
			3 * time.Minute,
			time.Hour,
			48 * time.Hour,
		}
		f := w.disk.create(names[e.a%8], sizes[e.b%len(sizes)], ages[e.c%len(ages)])
		w.say("disk: %q has %d bytes, %v old", f.path, len(f.content), ages[e.c%len(ages)])
	case grow,
		shrink,
		rewrite,
		putBack,
		touch,
		slowly,
		mapped,
		renameOver,
		swapLink,
		swapDir,
		swapPipe,
		vanish,
		appear:
		w.fileEvent(e)
	case unplug:
		w.unplug(e)
	case moveRoot:
		w.moveRoot(e)
	case relocate:
		w.relocate(e)
	case fault:
		if w.plan.profile == changes && e.a%faults == forgetNow {
			return
		}
		w.storage.rules = append(w.storage.rules, &rule{fault: e.a % faults, skip: e.b % 12, left: 1 + e.c%3})
		w.say(
			"storage: will go wrong: %s, %d times, after %d requests",
			faultNames[e.a%faults],
			1+e.c%3,
			e.b%12,
		)
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
	case oddities:
		w.oddities(e.a == 0, e.b == 0)
	case outage:
		w.storage.outage = time.Now().Add(time.Duration(1+e.a%300) * time.Second)
		w.say("storage: out of reach for %v", time.Until(w.storage.outage))
	case damage:
		if e.a%8 == 0 && w.nobody() && !w.plan.config.inMemory {
			w.damageOften(e)
			return
		}
		w.damageList(e)
	case pass:
		w.pass(time.Duration(1+e.a%240) * 15 * time.Minute)
	case clock:
		w.jump(e)
	case tidy:
		w.tidy(e)
	case remove:
		w.removeList()
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
	case slowly, mapped:
		w.writers.Go(func() { d.slowly(f, 2+e.b%4, e.kind == mapped) })
	case renameOver:
		w.must(os.Remove(d.at(f.path))) // and its inode may be given to the next
		f.content = d.bytes(f, sizes[e.b%len(sizes)])
		d.write(f, 0, time.Now(), false)
	case vanish:
		w.must(os.Remove(d.at(f.path)))
		f.there = false
		d.note(f, false)
	case swapPipe:
		if w.isRoot(f.path) {
			return
		}
		p := d.at(f.path)
		w.must(os.Remove(p))
		switch e.b % 3 {
		case 0:
			w.must(makePipe(p))
		case 1:
			w.must(os.Mkdir(p, 0o700))
		case 2:
			w.must(makeSocket(p))
		}
		f.there, f.swapped = false, true
		d.note(f, false)
	case swapLink:
		if w.isRoot(f.path) || w.plan.followsOutside() {
			return
		}
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

// throughLinks reports whether a root leads through a link that nobody followed when it was added.
func (w *world) throughLinks(a *added) bool {
	return slices.ContainsFunc(a.roots, func(r string) bool {
		return r != "run/within" && r != "run/dangling" && w.throughLink(w.disk.at(r))
	})
}

// isRoot reports whether a person named just that.
func (w *world) isRoot(path string) bool {
	return slices.ContainsFunc(w.adds, func(a *added) bool { return slices.Contains(a.roots, path) })
}

// swapFolder puts a link in the place of a file's folder, if that is not a root.
func (w *world) swapFolder(f *file) {
	folder := w.disk.at("run/deep")
	if filepath.Dir(w.disk.at(f.path)) != folder || w.isRoot("run/deep") ||
		w.isRoot("run/within") || w.plan.followsOutside() {
		// Links on what a person named are followed, whenever it is read.
		return
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
	for _, name := range w.named(c.name, f) {
		w.storage.stranger(c, name, e.a)
		w.say("storage: somebody else writes %q into %s", name, c.name)
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
			for _, name := range w.named("ws-1", f) {
				w.storage.containers["ws-1"].locked[name] = true
				w.say("storage: nobody may replace %q any more", name)
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
		if e.b%5 == 4 {
			w.say("person: has a token for %s that is not valid yet", container)
			w.take(w.issueFrom(container, "cw", time.Duration(e.c%400)*time.Second, time.Hour))
			return
		}
		w.say("person: has a new token for %s that permits %q", container, rights)
		w.take(w.issue(container, rights, time.Duration(1+e.c%40)*10*time.Minute))
	}
}

// processEvent is what becomes of processes.
func (w *world) processEvent(e event) {
	n := e.a % 2
	p := w.alive[n]
	switch {
	case e.kind == second && w.plan.config.inMemory:
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
