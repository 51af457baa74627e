package ui

import (
	"context"
	"errors"
	"time"

	"inboxuploader/workspace"
)

// arrivals finds out on demand what arrived with the tokens that the table shows, one token after
// another, while the rest of the view can be used.
type arrivals struct {
	*errands
	v      *uploadTokens
	known  map[int]arrivedTotals // by the tokens' numbers
	wanted bool
	button *button
}

// arrivedTotals sums up the files that arrived with a token.
type arrivedTotals struct {
	files, bytes int64
	last         time.Time // zero where nothing did
	gone         bool      // there is no such inbox any more
}

func newArrivals(v *uploadTokens) *arrivals {
	c := &arrivals{v: v, known: map[int]arrivedTotals{}}
	c.errands = newErrands(v.screen, v.show, func(a ask, err error) { v.say(a, err, c.more) })
	c.button = v.newButton(tr("Show what arrived"), c.start)
	c.button.Hide()
	return c
}

// offer shows the button if there is something to count.
func (c *arrivals) offer() {
	visible(c.button, c.v.loaded && len(c.v.grants) > 0 && !c.wanted)
}

// start begins to count.
func (c *arrivals) start() {
	c.wanted = true
	c.v.sheet.card.width = countedWidth
	c.begin(lend(c.v.ws))
	c.v.table.build()
	c.more()
	c.v.show()
	c.v.layOut()
	c.v.window.Canvas().Focus(c.v.table.rows[0].open) // the button that had the keyboard is gone
}

// more counts for the rows that have come since.
func (c *arrivals) more() {
	var open []int
	for i := range c.v.table.rows {
		tid := c.v.table.rows[i].grant.TID
		if _, ok := c.known[tid]; !ok {
			open = append(open, tid)
		}
	}
	if !c.wanted || c.busy != "" || len(open) == 0 {
		return
	}
	c.v.trouble.RemoveAll()
	look := func(ctx context.Context, ws Workspace) (func(), error) {
		for _, tid := range open {
			a, err := ws.Count(ctx, tid, ws.Files(ctx, tid))
			n := arrivedTotals{files: a.Files, bytes: a.Bytes, last: a.Last}
			if e, ok := errors.AsType[*workspace.Error](err); ok &&
				e.Reason == workspace.TokenUnknown {
				n, err = arrivedTotals{gone: true}, nil
			}
			if err != nil {
				return nil, err
			}
			c.onThread(ctx, func() {
				c.known[tid] = n
				c.v.table.counted(tid)
			})
		}
		return func() {
			c.v.events.event("counted", "tokens", len(c.known))
			c.more()
		}, nil
	}
	c.ask(ask{words: tr("Counting what arrived…"), do: look, again: true})
}

// words says what arrived with a token: dots until that is known.
func (c *arrivals) words(tid int) (files, size, last string) {
	n, ok := c.known[tid]
	switch {
	case !ok:
		return "…", "…", "…"
	case n.gone:
		return "–", "–", "–"
	}
	return number(n.files), amount(n.bytes), dateOrNone(n.last)
}
