package main

import (
	"context"
	"errors"
	"fmt"

	"inboxuploader/uploader"
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
	var of []uploader.Transfer
	for _, t := range q.StatusOf(r.transfers...).Transfers {
		of = append(of, t.Transfer)
	}
	if err := uploader.SaveReceipt(ctx, r.flags.receipt, of, q.Rows); err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	return nil
}
