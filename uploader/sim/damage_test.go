//go:build unix && !race

package sim

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"inboxuploader/uploader/journal"
)

// What becomes of the list besides what the program does with it.

func (w *world) state() string { return filepath.Join(w.dir, "state") }

// nobody waits for killed processes, and reports whether no process is alive.
func (w *world) nobody() bool {
	if w.one(0) != nil {
		return false
	}
	w.reap(0)
	w.reap(1)
	return true
}

// damageList damages the list while nobody has it open. What can't be read any more is found by
// reading its folders again.
func (w *world) damageList(e event) {
	if w.plan.config.inMemory || !w.nobody() {
		return
	}
	p := filepath.Join(w.state(), "queue.db")
	data, err := os.ReadFile(p)
	if err != nil || len(data) == 0 {
		return
	}
	const page = 4096
	at := e.b % (len(data)/page + 1) * page
	part := data[min(at, len(data)):min(at+page, len(data))]
	how := "some bytes"
	switch e.c % 7 {
	case 1:
		how = "a page is empty"
		clear(part)
	case 2:
		how = "its end is missing"
		data = data[:at]
	case 3:
		how = "its beginning is empty"
		clear(data[:min(page, len(data))])
	case 4:
		how = "several pages"
		for i := at; i < min(at+4*page, len(data)); i += 3 {
			data[i] ^= byte(i) | 1
		}
	case 5:
		how = "one byte of a page, and of the next"
		for i := at + e.a%page; i < len(data) && i < at+2*page; i += page {
			data[i] ^= 0xff
		}
	case 6:
		how = "pages have each other's place"
		last := data[max(len(data)-page, 0):]
		if len(part) == len(last) {
			c := append([]byte{}, part...)
			copy(part, last)
			copy(last, c)
		}
	default:
		for i := range 64 {
			data[(e.a*997+e.b*4096+i)%len(data)] ^= 0x55
		}
	}
	w.say("disk: the list is damaged: %s", how)
	w.mu.Lock()
	w.forgot, w.unkept = true, true
	clear(w.delivered)
	w.mu.Unlock()
	w.must(os.WriteFile(p, data, 0o600))
}

// isAlone reports whether there is never a second process, to which one without its lock would seem
// to have ended.
func (p *plan) isAlone() bool {
	return !slices.ContainsFunc(p.events,
		func(e event) bool { return e.kind == second || e.kind == rival })
}

// damageOften damages the list several times in a row: the newest damaged ones alone are kept.
func (w *world) damageOften(e event) {
	for range 4 {
		w.damageList(e)
		j, _, err := journal.Open(context.Background(), w.state(), journal.Options{})
		w.must(err)
		w.must(j.Close())
	}
	aside, err := filepath.Glob(filepath.Join(w.state(), "queue-damaged-*.db"))
	if err != nil || len(aside) > 3 {
		w.breaks(8, "%d damaged lists are kept", len(aside))
	}
}

// removeList has a person remove all that the program keeps, while it does not run.
func (w *world) removeList() {
	if w.plan.config.inMemory || !w.nobody() {
		return
	}
	w.say("person: removes the list")
	asked := false
	err := journal.Remove(w.state(), func() error { asked = true; return nil })
	if err != nil || !asked {
		w.breaks(8, "the list could not be removed: %v", err)
	}
	if left, err := os.ReadDir(w.state()); err == nil && len(left) > 0 || journal.Exists(w.state()) {
		w.breaks(8, "%q is left of a list that was removed", left[0].Name())
	}
	w.lostList()
}

// tidy has somebody remove the list's folder while it is in use. A person then starts the program
// again, as it says.
func (w *world) tidy(e event) {
	if w.plan.config.inMemory || w.one(0) == nil || !w.gone.IsZero() {
		return
	}
	if alone := w.plan.isAlone(); alone && e.a%2 == 0 {
		w.say("disk: somebody removes the locks of processes") // which are made again
		w.must(os.RemoveAll(filepath.Join(w.state(), "run")))
		return
	}
	w.say("disk: somebody removes the folder with the list")
	w.must(os.RemoveAll(w.state()))
	w.gone = time.Now()
	w.lostList()
	for _, p := range w.alive {
		if p == nil {
			continue
		}
		w.writers.Go(func() {
			time.Sleep(6*time.Second + 19)
			p.kill("by a person, since its list is gone")
		})
	}
}
