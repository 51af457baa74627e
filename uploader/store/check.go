package store

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// Checked is what CheckToken learns besides its error.
type Checked struct {
	// ClockAhead is how far this computer's clock is ahead of the storage's; negative if it is
	// behind. It is exact to a second or two: the service gives whole seconds.
	ClockAhead time.Duration
	// ClockKnown is false if there was no answer.
	ClockKnown bool
}

// checkTime is how long the storage may take to answer.
const checkTime = time.Minute

// CheckToken asks the storage whether it accepts a token, and leaves nothing in the inbox. It tries
// to commit a nonexistent block under an unused name: a storage that accepts the token refuses this
// differently from one that does not. It needs only the right to write and takes one request. It
// blocks on the network until the answer, the end of ctx, or a minute is over, which is NoProgress.
//
// A nil error means that the token is accepted; otherwise the error is the [*problem.Error] that
// sending a file would end with. Checked is filled after any answer, a refusal included. The caller
// keeps the store.
func CheckToken(ctx context.Context, s Store, t token.Token) (Checked, error) {
	name := t.Inbox.Blob
	if name == "" {
		id := NewUploadID()
		name = "uploader-token-check-" + hex.EncodeToString(id[:])
		if t.Inbox.Prefix != "" {
			name = t.Inbox.Prefix + "/" + name
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, checkTime,
		problem.New("check token", "", problem.NoProgress))
	defer cancel()
	begun := time.Now()
	answer, err := s.PutBlockList(ctx, name, BlockIDs(NewUploadID(), make([]uint64, 1)),
		Properties{}, Condition{IfAbsent: true})
	middle := begun.Add(time.Since(begun) / 2) // about when the service read its clock
	date := answer.Date
	e, ok := errors.AsType[*problem.Error](err)
	if ok {
		date = e.Date
	}
	var c Checked
	if !date.IsZero() {
		// The date is cut to whole seconds, so on average the true time is half a second later.
		c.ClockAhead, c.ClockKnown = middle.Sub(date.Add(time.Second/2)).Round(time.Second), true
	}
	switch {
	case err == nil:
		return c, problem.New("check token", "", problem.Unexpected) // a block that does not exist can't have been committed
	case errors.Is(err, problem.ErrBlocksLost), errors.Is(err, problem.ErrExists):
		return c, nil
	case t.Rights.CreateOnly() && ok && (e.Reason == problem.PermissionMissing ||
		e.Reason == problem.PermissionCreateOnly):
		return c, nil // a create-only token can't commit blocks; the storage checks signature and dates first
	}
	return c, err
}
