package main

import (
	"context"
	"fmt"
	"os"

	"inboxuploader/uploader"
)

// checkReceipt makes sure, before anything is sent, that the receipt can be written to the file of --receipt. It takes an empty path for none.
func checkReceipt(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() || uploader.TryReceipt(path) != nil {
		return &usageError{"The receipt can't be written to “" + shown(path) + "”. Nothing was sent. Name a file in a folder that exists and that you may write to."}
	}
	return nil
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
