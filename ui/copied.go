package ui

import (
	"crypto/sha256"
	"time"
)

// copiedFor is how long an upload token that was copied stays on the clipboard.
const copiedFor = 2 * time.Minute

// copied knows what was put on the clipboard to be taken away later: by its checksum, so that the token itself is not kept for it.
type copied struct {
	sum   [sha256.Size]byte
	times int // that something was copied
	there bool
}

// copySecret puts a secret on the clipboard, for a while.
func (w *Window) copySecret(text string) {
	w.app.Clipboard().SetContent(text)
	w.copied = copied{sum: sha256.Sum256([]byte(text)), times: w.copied.times + 1, there: true}
	times := w.copied.times
	w.config.After(copiedFor, func() {
		w.do(func() {
			if w.copied.times == times { // it was not copied again
				w.clearCopied()
			}
		})
	})
}

// clearCopied takes a secret from the clipboard, if it is still there.
func (w *Window) clearCopied() {
	if !w.copied.there {
		return
	}
	w.copied.there = false
	if c := w.app.Clipboard(); sha256.Sum256([]byte(c.Content())) == w.copied.sum {
		c.SetContent("")
		w.events.event("clipboard cleared")
	}
}
