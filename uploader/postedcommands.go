package uploader

import (
	"maps"
	"sync/atomic"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uplink"
)

const (
	// listenEvery is how often the queue looks for commands of other processes.
	listenEvery = 250 * time.Millisecond
	// aliveEvery is how often the queue tells the journal that requests are in flight: after a
	// crash the journal says until when they may have been.
	aliveEvery = 10 * time.Second
)

// listener carries out the commands that other processes post for this one, shows what they do, and
// measures the line from time to time. It runs on its own goroutine.
type listener struct {
	q       *Queue
	adopted atomic.Bool // a transfer was adopted, for which others may have posted commands

	again bool           // the last reading or carrying out of posted commands failed
	heard map[int64]bool // commands carried out, though the journal may not know it yet
}

// run listens until the queue ends.
func (l *listener) run() {
	tick := time.NewTicker(listenEvery)
	defer tick.Stop()
	alive := time.Now()
	failed := false
	for {
		select {
		case <-l.q.ctx.Done():
			return
		case now := <-tick.C:
			l.foldFlow(now)
			l.q.planForSlow()
			if now.Sub(alive) >= aliveEvery {
				alive = now
				l.sayAlive()
			}
			l.q.commands.handBackOwed()
			err := l.hear()
			if err != nil && !failed && l.q.ctx.Err() == nil {
				l.q.log.Warn("listen", "error", err)
			}
			failed = err != nil
		}
	}
}

// sayAlive writes the time to the journal if requests are in flight.
func (l *listener) sayAlive() {
	l.q.mu.Lock()
	busy := l.q.busy > 0
	l.q.mu.Unlock()
	if busy {
		l.q.ledger.SayAlive()
		l.keepSpeed()
	}
}

// foldFlow notes how many bytes have left by now.
func (l *listener) foldFlow(now time.Time) {
	l.q.mu.Lock()
	defer l.q.mu.Unlock()
	l.q.pacing.flow.Note(now)
}

// keepSpeed records in the journal how fast bytes leave, if that is known: small files don't show
// it.
func (l *listener) keepSpeed() {
	l.q.mu.Lock()
	p := l.q.pacing.flow.Pace(uplink.TellingSeconds)
	var keys []string
	for _, in := range l.q.order {
		if in.store != nil && in.hold == nil {
			keys = append(keys, in.key)
		}
	}
	l.q.mu.Unlock()
	if p.Bytes < 1 || p.OfFiles() {
		return
	}
	for _, key := range keys {
		l.q.ledger.Describe(key, func(t *ledger.Transfer) { t.Speed = p.Bytes })
	}
}

// hear checks whether another process wrote to the journal, or posted commands for an adopted
// transfer.
func (l *listener) hear() error {
	changed, err := l.q.journal.Changed(l.q.ctx)
	adopted := l.adopted.Swap(false)
	if err == nil && !changed && !adopted && !l.again {
		return nil
	}
	l.again = true
	if err != nil {
		return err
	}
	if err := l.obey(); err != nil {
		return err
	}
	if err := l.q.ledger.Load(l.q.ctx); err != nil {
		return err
	}
	l.again = false
	l.q.notify()
	return nil
}

// obey carries out the commands posted for this queue. The journal learns of a command together
// with its outcome, so that none is lost with the process: at worst one is carried out twice. obey
// skips a command that fails for good.
func (l *listener) obey() error {
	posted, err := l.q.journal.Posted(l.q.ctx)
	if err != nil {
		return err
	}
	before := l.heard
	l.heard = map[int64]bool{}
	for i := range posted {
		p := &posted[i]
		if before[p.ID] || p.Verb == "" {
			l.q.ledger.Hear(p.ID)
		} else if err := l.obeyOne(p); l.obeysAgain(err) {
			maps.Copy(l.heard, before)
			return err
		} else if err != nil {
			l.q.log.Warn("command", "verb", p.Verb, "transfer", p.Transfer, "error", err)
		}
		l.heard[p.ID] = true
	}
	if len(posted) == 0 {
		return nil
	}
	return l.q.ledger.Commit(l.q.ctx, true)
}

// obeyOne carries out a posted command. After a kill it may run twice, which does no harm.
func (l *listener) obeyOne(p *ledger.Posted) error {
	_, err := l.q.commands.carryOut(l.q.ctx, p.Command)
	if err == nil || !l.obeysAgain(err) {
		l.q.ledger.Hear(p.ID)
	}
	return err
}

// obeysAgain reports whether a failed command is tried again, by this process or the next one.
func (l *listener) obeysAgain(err error) bool {
	return l.q.ctx.Err() != nil || err != nil && problem.Passes(err)
}
