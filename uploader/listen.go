package uploader

import "time"

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
	for {
		select {
		case <-q.ctx.Done():
			return
		case now := <-tick.C:
			if now.Sub(alive) >= aliveEvery {
				alive = now
				q.sayAlive()
			}
			if err := q.hear(); err != nil && q.ctx.Err() == nil {
				q.log.Warn("listen", "error", err)
			}
		}
	}
}

// sayAlive keeps the moment in the journal if requests are under way.
func (q *Queue) sayAlive() {
	q.mu.Lock()
	busy := q.busy > 0
	q.mu.Unlock()
	if busy {
		q.index.sayAlive()
		q.keepSpeed()
	}
}

// keepSpeed lets the journal know how fast sending goes, where it is known.
func (q *Queue) keepSpeed() {
	q.mu.Lock()
	speed := q.speed.rate
	var keys []string
	for _, in := range q.order {
		if in.store != nil && in.hold == nil {
			keys = append(keys, in.key)
		}
	}
	q.mu.Unlock()
	if speed <= 0 {
		return
	}
	for _, key := range keys {
		q.index.describe(key, func(t *Transfer) { t.Speed = speed })
	}
}

// hear looks whether another process wrote into the journal.
func (q *Queue) hear() error {
	changed, err := q.journal.Changed(q.ctx)
	if err != nil || !changed {
		return err
	}
	commands, err := q.journal.Posted(q.ctx)
	if err != nil {
		return err
	}
	for _, c := range commands {
		if _, err := q.carryOutCommand(q.ctx, c); err != nil {
			return err
		}
	}
	if len(commands) > 0 {
		if err := q.index.commit(q.ctx, true); err != nil {
			return err
		}
	}
	if err := q.index.load(q.ctx); err != nil {
		return err
	}
	q.notify()
	return nil
}
