//go:build unix && !race

package sim

import (
	"errors"
	"fmt"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// mend ends all faults. After that all ends within an hour, twice: what goes on by itself, and what a person has to act on.
func (w *world) mend() {
	w.writeForeign()
	w.mu.Lock()
	w.mending = true
	w.storage.mended, w.storage.rules = true, nil
	for _, c := range w.storage.containers {
		clear(c.locked)
	}
	w.mu.Unlock()
	w.fullUntil, w.busyUntil = time.Time{}, time.Time{}
	for _, p := range w.alive {
		if p != nil {
			p.mu.Lock()
			p.strike = [5]int{}
			p.cutCopy.Store(false)
			p.mu.Unlock()
		}
	}
	w.say("all faults end")
	w.writers.Wait()
	w.late.Wait()
	for n, p := range w.alive {
		if p != nil && !p.dead.Load() && p.gone() {
			p.kill("by a person, since its list is gone")
		}
		if p != nil && p.dead.Load() {
			w.reap(n)
		}
	}
	if w.alive[0] == nil {
		w.start(0)
	}
	for _, name := range []string{"ws-1", "ws-2"} {
		w.take(w.issue(name, "cw", 24*time.Hour))
	}
	if len(w.broken) > 0 {
		return
	}
	for _, p := range w.alive {
		if p != nil {
			p.acts.Wait()
			if w.disk.moved { // else its disk seems to be away
				w.sayMoved(p)
			}
			w.settled(p, "by itself")
		}
	}
	if w.alive[1] == nil {
		w.judgeWaits(w.alive[0])
	} else {
		w.alive[1].close()
		w.alive[1] = nil
	}
	p := w.alive[0]
	if w.disk.moved {
		w.sayMoved(p)
	}
	if s := p.queue.Status(); s.Journal != nil {
		w.breaks(6, "the list works again, and sending pauses: %v", s.Journal)
	}
	p.queue.Limit(0)
	p.queue.Connect(4)
	p.adopt()
	for _, v := range []ledger.Verb{ledger.Resume, ledger.Retry} {
		w.say("person: %s all", v)
		if _, err := p.queue.Do(p.ctx, ledger.Command{Verb: v}); err != nil {
			w.breaks(6, "%s of all failed: %v", v, err)
		}
	}
	p.adopt()
	w.settled(p, "after all was mended")
}

// judgeWaits looks, before a person does anything, whether something waits for one whose cause is
// over.
func (w *world) judgeWaits(p *process) {
	rows, err := p.queue.Rows(
		p.ctx,
		ledger.Filter{States: []ledger.JobState{ledger.Attention, ledger.Failed}},
		0,
		1000,
	)
	w.must(err)
	for i := range rows {
		j := &rows[i]
		if why := w.untrueNow(j); why != "" {
			w.breaks(6, "job %d, %q, is %v: %s; a person reads: %s", j.ID, j.Blob, j.State, why,
				problem.Explain(j.Problem))
		}
		switch reason := reasonOf(j); reason {
		case problem.SourceGone, problem.SourceAway, problem.SourceUnreadable:
			for _, f := range w.disk.files {
				if w.disk.fileAt(j.Source) == f && !w.relocated &&
					f.wasThroughout(w.began.Add(time.Nanosecond)) {
					w.breaks(
						6,
						"job %d, %q, waits for a person (%s), and its file was only away",
						j.ID,
						j.Blob,
						reason,
					)
				}
			}
		case problem.Corrupted:
			if n := w.ledger.damaged; n <= 5 {
				w.breaks(6, "job %d, %q, failed though only %d bodies were damaged", j.ID, j.Blob, n)
			}
		case problem.Unexpected,
			problem.ServiceBusy,
			problem.ServiceFault,
			problem.NetworkDown,
			problem.NoProgress,
			problem.AnswerForeign,
			problem.AnswerGarbled,
			problem.Expired,
			problem.SignatureRefused:
			w.breaks(
				6,
				"job %d, %q, is %v and waits for a person: %s",
				j.ID,
				j.Blob,
				j.State,
				reason,
			)
		}
	}
}

// settled waits until a process has nothing more to do.
func (w *world) settled(p *process, when string) {
	begun := time.Now()
	err := p.await()
	w.say(
		"process %d has nothing more to do %s (%v): %v",
		p.n,
		when,
		time.Since(begun).Round(time.Second),
		err,
	)
	switch {
	case errors.Is(err, errHour):
		w.breaks(8, "process %d has not come to an end %s", p.n, when)
		for _, line := range w.rows(p) {
			w.say("  %s", line)
		}
	case err != nil:
		w.breaks(6, "process %d waits for a person %s: %v", p.n, when, err)
	}
}

// rows tells of all files, a line each.
func (w *world) rows(p *process) (lines []string) {
	rows, err := p.queue.Rows(p.ctx, ledger.Filter{}, 0, 1000)
	w.must(err)
	for i := range rows {
		j := &rows[i]
		lines = append(
			lines,
			fmt.Sprintf(
				"job %d of upload %d, %q: %v %s",
				j.ID,
				j.Transfer,
				j.Blob,
				j.State,
				reasonOf(j),
			),
		)
	}
	return lines
}

// reasonOf returns why a job is as it is, empty where there is nothing to say.
func reasonOf(j *ledger.Job) problem.Reason {
	if j.Problem == nil {
		return ""
	}
	return j.Problem.Reason
}
