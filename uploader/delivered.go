package uploader

import (
	"context"

	"inboxuploader/uploader/ledger"
)

// Delivered calls visit for each file that these transfers delivered, be it in the list still or not, and that they found as it was
// delivered before; where none is named, for each that any of them delivered. Each comes once, with the transfer of which it is told, and
// as a job that is Delivered. It blocks on the journal's disk. An error of visit ends it, and is returned.
func (q *Queue) Delivered(ctx context.Context, transfers []int64, visit func(t ledger.Transfer, j ledger.Job) error) error {
	return q.index.Delivered(ctx, transfers, visit)
}

// Sent reads what the list knows to have been delivered to an inbox, named by its key. It blocks on the journal's disk: a second
// for some millions of files.
func (q *Queue) Sent(ctx context.Context, inbox string) (*ledger.Sent, error) {
	return q.index.Sent(ctx, inbox)
}
