package ui

import (
	"crypto/sha256"
	"time"
)

// copiedFor is how long an upload token that was copied stays on the clipboard.
const copiedFor = 2 * time.Minute

// copied remembers the secret to clear from the clipboard later: only its checksum, so that it does
// not keep the token itself.
type copied struct {
	*screen
	sum   [sha256.Size]byte
	times int // that something was copied
	there bool
}

// put puts a secret on the clipboard, for a while.
func (c *copied) put(text string) {
	c.app.Clipboard().SetContent(text)
	c.sum, c.there = sha256.Sum256([]byte(text)), true
	c.times++
	times := c.times
	c.config.After(copiedFor, func() {
		c.do(func() {
			if c.times == times { // it was not copied again
				c.clear()
			}
		})
	})
}

// clear clears a secret from the clipboard if it is still there.
func (c *copied) clear() {
	if !c.there {
		return
	}
	c.there = false
	if board := c.app.Clipboard(); sha256.Sum256([]byte(board.Content())) == c.sum {
		board.SetContent("")
		c.events.event("clipboard cleared")
	}
}
