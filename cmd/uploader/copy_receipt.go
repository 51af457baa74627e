package main

import (
	"context"
	"errors"
	"fmt"

	"inboxuploader/uploader"
	"inboxuploader/uploader/token"
)

// checkReceipt makes sure, before anything is sent, that the receipt can be written to a file and replaces nothing that is no receipt.
// It takes an empty path for none.
func checkReceipt(path string) error {
	if path == "" {
		return nil
	}
	err := uploader.TryReceipt(path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, uploader.ErrNotReceipt):
		return &usageError{"“" + shown(path) + "” is there already and is no receipt, so it is not replaced. Nothing was sent. Give the receipt a name of its own."}
	default:
		return &usageError{"The receipt can't be written to “" + shown(path) + "”. Nothing was sent. Name a file in a folder that exists and that you may write to."}
	}
}

// writeReceipt writes what was delivered, if a receipt is wanted.
func (r *delivery) writeReceipt(ctx context.Context, q *uploader.Queue) error {
	if r.flags.receipt == "" {
		return nil
	}
	return saveReceipt(ctx, q, r.flags.receipt, r.transfers)
}

// saveReceipt writes a file about what these transfers delivered, now or before.
func saveReceipt(ctx context.Context, q *uploader.Queue, path string, transfers []int64) error {
	var to token.Inbox
	if of := q.StatusOf(transfers...).Transfers; len(of) > 0 {
		to = of[0].Options.Scan.Inbox
	}
	if err := uploader.SaveReceipt(ctx, path, to, func(ctx context.Context, visit func(uploader.Transfer, uploader.Job) error) error {
		return q.Delivered(ctx, transfers, visit)
	}); err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	return nil
}

// receiptOfAll writes the receipt that is wanted though nothing was left to be sent: about all that stands in the list.
func (p *program) receiptOfAll(ctx context.Context, f *resumeFlags, q *uploader.Queue) error {
	var ids []int64
	for _, t := range q.Status().Transfers {
		ids = append(ids, t.ID)
	}
	if f.receipt == "" || len(ids) == 0 {
		return nil
	}
	if err := saveReceipt(ctx, q, f.receipt, ids); err != nil {
		return err
	}
	p.say("Receipt: " + shown(f.receipt))
	return nil
}
