package main

import (
	"context"
	"strings"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader"
)

const (
	redraw = 100 * time.Millisecond // between two states of the progress line
	// After which it is drawn even if nothing changed, for waits that pass.
	recount    = time.Second
	firstPlain = 10 * time.Second // until the first plain line and, growing, between two
	mostPlain  = 30 * time.Second
	plainWidth = 200 // columns of a plain line, which nothing limits
)

// watch shows how the queue comes along until nothing can go on by itself, and returns why not all
// was done, or nil.
func (c *console) watch(
	ctx context.Context, q *uploader.Queue, to string, transfers []int64,
) error {
	done := make(chan error, 1)
	go func() { defer crash.Catch(); done <- q.Wait(ctx) }()
	status := func() uploader.Status { return q.StatusOf(transfers...) }
	if c.terminal().terminal {
		return c.watchLine(q.Changed(), status, done)
	}
	return c.watchPlain(status, done, to)
}

// watchLine keeps one line up to date and clears it at the end. Trouble is said above it too, since
// most lines are too short for it.
func (c *console) watchLine(
	changed <-chan struct{}, status func() uploader.Status, done <-chan error,
) error {
	const clearLine = "\r\x1b[K"
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	look := time.NewTicker(recount)
	defer look.Stop()
	var drawn time.Time
	var told teller
	last := ""
	for {
		select {
		case err := <-done:
			if last != "" {
				c.write(clearLine)
			}
			return err
		case now := <-look.C:
			if trouble := told.look(status(), now); trouble != "" {
				c.write(clearLine)
				for _, line := range wrap(trouble, c.terminal().width) {
					c.say(line)
				}
				last = ""
			}
		case now := <-tick.C:
			select {
			case <-changed:
			default:
				if now.Sub(drawn) < recount {
					continue
				}
			}
			drawn = now
			if line := fit(progressParts(status(), now), c.terminal().width); line != last {
				c.write(clearLine + line)
				last = line
			}
		}
	}
}

// watchPlain writes a line now and then, and when trouble begins.
func (c *console) watchPlain(status func() uploader.Status, done <-chan error, to string) error {
	c.say("Sending to " + to + ".")
	wait := firstPlain
	next := time.NewTimer(wait)
	defer next.Stop()
	look := time.NewTicker(recount)
	defer look.Stop()
	var told teller
	for {
		select {
		case err := <-done:
			return err
		case now := <-next.C:
			c.say(fit(progressParts(status(), now), plainWidth))
			wait = min(wait*3/2, mostPlain)
			next.Reset(wait)
		case now := <-look.C:
			if trouble := told.look(status(), now); trouble != "" {
				c.say(trouble)
			}
		}
	}
}

// teller tells of trouble once, when it begins, and again where there is something else to be done
// about it.
type teller struct {
	troubled bool
	do       string
}

// look returns what is to be said now, or nothing.
func (t *teller) look(s uploader.Status, now time.Time) string {
	words, do := troubleWords(s, now)
	before := t.troubled
	t.troubled = words != ""
	if words == "" {
		t.do = ""
	}
	if words == "" || before && (do == "" || do == t.do) {
		return ""
	}
	t.do = do
	return strings.TrimSpace(words + ". " + do)
}
