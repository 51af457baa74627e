package main

import (
	"context"
	"slices"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// lookEvery is how often --wait looks whether the others still run: one that was killed writes
// nothing more.
const lookEvery = 2 * time.Second

// awaitOthers waits until no other process can continue sending by itself.
func (r *statusRun) awaitOthers(ctx context.Context, q *uploader.Queue) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	told := false
	for {
		now := r.now()
		if !slices.ContainsFunc(q.Status().Transfers, func(t ledger.TransferStatus) bool {
			return goesOn(&t, now)
		}) {
			return nil
		}
		if !told {
			r.say("Waiting for what other programs are sending.")
			told = true
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-q.Changed():
		case <-look.C:
			// It reads the list anew, and adopts nothing.
			if _, err := q.Adopt(ctx, noTransfer); err != nil {
				return err
			}
		}
	}
}

func noTransfer(ledger.TransferStatus) bool { return false }

// goesOn reports whether another process is sending a transfer, and can continue by itself.
func goesOn(t *ledger.TransferStatus, now time.Time) bool {
	expired := !t.ValidTo.IsZero() && now.Sub(t.ValidTo) > clockDifference
	return t.Owner == ledger.Elsewhere && !t.Paused && !expired &&
		(!t.Scanned || t.Files[ledger.Waiting]+t.Files[ledger.Active] > 0)
}

// exitOf is how the program exits after the transfers have come to rest.
func exitOf(transfers []statusTransfer) error {
	code := exitOK
	for _, t := range transfers {
		if t.unfinished {
			return exit(exitToken)
		}
		for _, not := range []ledger.JobState{
			ledger.LeftAlone, ledger.Attention, ledger.Failed, ledger.Cancelled,
		} {
			if t.Files[not.String()] > 0 {
				code = exitNotDelivered
			}
		}
	}
	if code == exitOK {
		return nil
	}
	return exit(code)
}
