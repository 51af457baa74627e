package uploader

import (
	"context"

	"inboxuploader/uploader/ledger"
)

// Delivered is [ledger.Ledger.Delivered] of the queue's list.
func (q *Queue) Delivered(
	ctx context.Context, transfers []int64, visit func(t ledger.Transfer, j ledger.Job) error,
) error {
	return q.ledger.Delivered(ctx, transfers, visit)
}

// Sent is [ledger.Ledger.Sent] of the queue's list.
func (q *Queue) Sent(ctx context.Context, inbox string) (*ledger.Sent, error) {
	return q.ledger.Sent(ctx, inbox)
}
