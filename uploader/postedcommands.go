package uploader

import (
	"maps"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/uplink"
)

const (
	// listenEvery is how soon a command of another process is heard.
	listenEvery = 250 * time.Millisecond
	// aliveEvery is how often the journal is told that requests are under way: after a crash it says until when they may
	// have been.
	aliveEvery = 10 * time.Second
)

// listen carries out what other processes leave for this one, and shows what they do.
func (q *Queue) listen() {
	tick := time.NewTicker(listenEvery)
	defer tick.Stop()
	alive := time.Now()
	var e ear
	failed := false
	for {
		select {
		case <-q.ctx.Done():
			return
		case now := <-tick.C:
			q.foldFlow(now)
			q.planForSlow()
			if now.Sub(alive) >= aliveEvery {
				alive = now
				q.sayAlive()
			}
			q.handBackOwed()
			err := q.hear(&e)
			if err != nil && !failed && q.ctx.Err() == nil {
				q.log.Warn("listen", "error", err)
			}
			failed = err != nil
		}
	}
}

// sayAlive keeps the moment in the journal if requests are under way.
func (q *Queue) sayAlive() {
	q.mu.Lock()
	busy := q.busy > 0
	q.mu.Unlock()
	if busy {
		q.ledger.SayAlive()
		q.keepSpeed()
	}
}

// foldFlow notes what has left up to now.
func (q *Queue) foldFlow(now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flow.Note(now)
}

// keepSpeed lets the journal know how fast bytes leave, where that is known: small files do not tell.
func (q *Queue) keepSpeed() {
	q.mu.Lock()
	p := q.flow.Pace(uplink.TellingSeconds)
	var keys []string
	for _, in := range q.order {
		if in.store != nil && in.hold == nil {
			keys = append(keys, in.key)
		}
	}
	q.mu.Unlock()
	if p.Bytes < 1 || p.OfFiles() {
		return
	}
	for _, key := range keys {
		q.ledger.Describe(key, func(t *ledger.Transfer) { t.Speed = p.Bytes })
	}
}

// ear is what the listener knows of posted commands.
type ear struct {
	again bool           // they could not be read or carried out the last time
	heard map[int64]bool // were carried out, though the journal may not know it yet
}

// hear looks whether another process wrote into the journal, or left something for what was adopted.
func (q *Queue) hear(e *ear) error {
	changed, err := q.journal.Changed(q.ctx)
	adopted := q.adopted.Swap(false)
	if err == nil && !changed && !adopted && !e.again {
		return nil
	}
	e.again = true
	if err != nil {
		return err
	}
	if err := q.obey(e); err != nil {
		return err
	}
	if err := q.ledger.Load(q.ctx); err != nil {
		return err
	}
	e.again = false
	q.notify()
	return nil
}

// obey carries out what others left for this queue. Of a command the journal learns together with what came of it, so that none is
// lost with the process: at worst it is carried out once more. One that fails for good is passed over.
func (q *Queue) obey(e *ear) error {
	posted, err := q.journal.Posted(q.ctx)
	if err != nil {
		return err
	}
	before := e.heard
	e.heard = map[int64]bool{}
	for i := range posted {
		p := &posted[i]
		if before[p.ID] || p.Verb == "" {
			q.ledger.Hear(p.ID)
		} else if err := q.obeyOne(p); q.obeysAgain(err) {
			maps.Copy(e.heard, before)
			return err
		} else if err != nil {
			q.log.Warn("command", "verb", p.Verb, "transfer", p.Transfer, "error", err)
		}
		e.heard[p.ID] = true
	}
	if len(posted) == 0 {
		return nil
	}
	return q.ledger.Commit(q.ctx, true)
}

// obeyOne carries out what another process left. A kill may have it carried out twice, which changes
// nothing more.
func (q *Queue) obeyOne(p *ledger.Posted) error {
	_, err := q.carryOutCommand(q.ctx, p.Command)
	if err == nil || !q.obeysAgain(err) {
		q.ledger.Hear(p.ID)
	}
	return err
}

// obeysAgain reports whether a command that failed is carried out once more, by this process or by the next one.
func (q *Queue) obeysAgain(err error) bool { return q.ctx.Err() != nil || err != nil && passing(err) }
