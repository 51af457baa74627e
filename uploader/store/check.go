package store

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// Checked is what the storage said of a token.
type Checked struct {
	// ClockAhead is by how much this computer's clock is ahead of the storage's; negative where it
	// is behind. It is exact to a second or two: the service says whole seconds.
	ClockAhead time.Duration
	// ClockKnown is false where nothing answered.
	ClockKnown bool
}

// checkTime is how long the storage may take to answer.
const checkTime = time.Minute

// CheckToken asks the storage whether it accepts a token. Nothing is left in the inbox: it asks to
// commit a block that does not exist under a name that nobody uses, which a storage that accepts
// the token refuses in another way than one that does not. It needs no right but the one to write,
// takes one request, and blocks on the network until that is answered, ctx ends or a minute is
// over, which is NoProgress.
//
// A nil error means that the token is accepted; otherwise it is the [*problem.Error] that sending a
// file would end with. Checked is filled wherever something answered, a refusal included. The store
// is the caller's.
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
	middle := begun.Add(time.Since(begun) / 2) // of the time in which the service looked at its clock
	date := answer.Date
	e, ok := errors.AsType[*problem.Error](err)
	if ok {
		date = e.Date
	}
	var c Checked
	if !date.IsZero() {
		// The date is cut to its second, so on average it is half of one later.
		c.ClockAhead, c.ClockKnown = middle.Sub(date.Add(time.Second/2)).Round(time.Second), true
	}
	switch {
	case err == nil:
		return c, problem.New("check token", "", problem.Unexpected) // a block that does not exist can't have been committed
	case errors.Is(err, problem.ErrBlocksLost), errors.Is(err, problem.ErrExists):
		return c, nil
	case t.Rights.CreateOnly() && ok && (e.Reason == problem.PermissionMissing ||
		e.Reason == problem.PermissionCreateOnly):
		return c, nil // who may only create can't commit blocks; signature and dates were looked at before
	}
	return c, err
}
