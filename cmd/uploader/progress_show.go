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
	// Redraw after this time even if nothing changed, since waiting times count down.
	recount    = time.Second
	firstPlain = 10 * time.Second // until the first plain line and, growing, between two
	mostPlain  = 30 * time.Second
	// Between two objects of --json-progress.
	progressEvery = 5 * time.Second
	plainWidth    = 200 // columns of a plain line, which nothing limits
)

// watched is a running upload, as the progress display sees it.
type watched struct {
	to      string // the destination; empty if already said
	status  func() uploader.Status
	changed <-chan struct{}                 // receives after status changed; nil: poll instead
	wait    func(ctx context.Context) error // until nothing can continue by itself
	object  func(s uploader.Status) any     // what --json-progress prints; nil without it
	// words returns the parts of the progress line, the most important first.
	words func(s uploader.Status, now time.Time) []string
}

// watch shows the progress of an upload until nothing in it can continue by itself. It returns why
// the upload is unfinished, or nil.
func (c *console) watch(ctx context.Context, w *watched) error {
	done := make(chan error, 1)
	go func() { defer crash.Catch(); done <- w.wait(ctx) }()
	switch {
	case w.object != nil:
		return c.watchJSON(w, done)
	case c.terminal().terminal:
		return c.watchLine(w, done)
	default:
		return c.watchPlain(w, done)
	}
}

// watchJSON writes an object at once and then every few seconds.
func (c *console) watchJSON(w *watched, done <-chan error) error {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		c.sayJSON(w.object(w.status()))
		select {
		case err := <-done:
			return err
		case <-tick.C:
		}
	}
}

// watchLine keeps one line up to date and clears it at the end. It also prints trouble above the
// line, since most lines are too short for it.
func (c *console) watchLine(w *watched, done <-chan error) error {
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
			if trouble := told.look(w.status(), now); trouble != "" {
				c.write(clearLine)
				for _, line := range wrap(trouble, c.terminal().width) {
					c.say(line)
				}
				last = ""
			}
		case now := <-tick.C:
			select {
			case <-w.changed:
			default:
				if now.Sub(drawn) < recount {
					continue
				}
			}
			drawn = now
			if line := fit(w.words(w.status(), now), c.terminal().width); line != last {
				c.write(clearLine + line)
				last = line
			}
		}
	}
}

// watchPlain writes a line now and then, and when trouble begins.
func (c *console) watchPlain(w *watched, done <-chan error) error {
	if w.to != "" {
		c.say("Sending to " + w.to + ".")
	}
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
			c.say(fit(w.words(w.status(), now), plainWidth))
			wait = min(wait*3/2, mostPlain)
			next.Reset(wait)
		case now := <-look.C:
			if trouble := told.look(w.status(), now); trouble != "" {
				c.say(trouble)
			}
		}
	}
}

// teller reports trouble once, when it begins, and again when there is something else to do about
// it.
type teller struct {
	troubled bool
	do       string
}

// look returns the words to print now, or nothing.
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
