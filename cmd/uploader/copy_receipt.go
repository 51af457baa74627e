package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/token"
)

// checkReceipt makes sure, before anything is sent, that the receipt can be written to the file and
// replaces nothing but a receipt. An empty path means no receipt.
func checkReceipt(path string) error {
	if path == "" {
		return nil
	}
	err := receipt.Try(path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, receipt.ErrNotReceipt):
		return &usageError{"“" + show.Text(path) + "” exists and is not a receipt, so it was " +
			"not replaced. Nothing was sent. Choose another name for the receipt."}
	default:
		return &usageError{
			"The receipt can't be written to “" + show.Text(path) + "”. Nothing was sent. Name " +
				"a file in an existing folder that you may write to.",
		}
	}
}

// writeReceipt writes the receipt of this delivery, if --receipt asks for one.
func (r *delivery) writeReceipt(ctx context.Context, q *uploader.Queue) error {
	if r.flags.receipt == "" {
		return nil
	}
	return r.program.saveReceipt(ctx, q, r.flags.receipt, slices.Concat(r.transfers, r.documentTransfers))
}

// saveReceipt writes a receipt of everything that these transfers delivered, now or before.
func (p *program) saveReceipt(
	ctx context.Context, q *uploader.Queue, path string, transfers []int64,
) error {
	var to token.Inbox
	if of := q.StatusOf(transfers...).Transfers; len(of) > 0 {
		to = of[0].Options.Scan.Inbox
	}
	options, done := p.receiptOptions(ctx, q, transfers)
	defer done()
	type visitor = func(ledger.Transfer, ledger.Job) error
	if err := receipt.Save(ctx, path, to, func(ctx context.Context, visit visitor) error {
		return q.Delivered(ctx, transfers, visit)
	}, options...); err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	return nil
}

// receiptOptions returns what else a receipt of these transfers says; no transfers means all. Call
// done once the receipt is written.
func (p *program) receiptOptions(
	ctx context.Context, q *uploader.Queue, transfers []int64,
) (options []receipt.Option, done func()) {
	unsent := func(visit func(ledger.Transfer, ledger.Job, string) error) error {
		for _, t := range q.StatusOf(transfers...).Transfers {
			f := ledger.Filter{States: notDelivered, Transfer: t.ID}
			err := ledger.EachRow(ctx, q, f, func(j ledger.Job) error {
				return visit(t.Transfer, j, unsentWords(&j))
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	options = []receipt.Option{receipt.By(version(), p.now()), receipt.NotSent(unsent)}
	known, err := manifest.Load(p.documentsDir())
	if err != nil { // a receipt without hashes is a receipt
		return options, func() {}
	}
	return append(options, receipt.WithSums(known.Of)), func() { _ = known.Close() }
}

// unsentWords says why a file was not delivered.
func unsentWords(j *ledger.Job) string {
	switch {
	case j.Problem != nil:
		return explain(j.Problem).What
	case j.State == ledger.Cancelled:
		return "It was cancelled."
	case j.State == ledger.Paused:
		return "It is paused."
	case j.State == ledger.LeftAlone:
		return "A file of this name was already in the inbox."
	}
	return "It was waiting to be sent when this was written."
}

// receiptWords says whether the receipt was written to the file. unkept means that no list of
// uploads is on the disk.
func receiptWords(path string, err error, unkept bool) string {
	switch {
	case err == nil:
		return "Receipt: " + show.Text(path)
	case errors.Is(err, receipt.ErrKept):
		return "Nothing was delivered, so the existing receipt was not replaced: " + show.Text(
			path)
	case unkept:
		return "The receipt could not be written to “" + show.Text(path) + "”: the upload list " +
			"is gone, or the disk refused it. What was delivered stays delivered."
	default:
		return "The receipt could not be written to “" + show.Text(path) + "”. What was " +
			"delivered stays delivered, and “uploader status --files” lists it. Make room " +
			"there, or name another file next time."
	}
}

// errReceiptWaits ends the search for the receipt among the waiting files.
var errReceiptWaits = errors.New("the receipt is to be sent")

// keepReceiptHome fails if the receipt's file is itself waiting to be sent, because an earlier run
// with another receipt, or none, found it.
func keepReceiptHome(
	ctx context.Context, q *uploader.Queue, path string, transfers []ledger.TransferStatus,
) error {
	if path == "" || !exists(path) {
		return nil
	}
	own, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at receipt: %w", err)
	}
	for _, t := range transfers {
		// Text only narrows the search.
		f := ledger.Filter{States: notDelivered, Transfer: t.ID, Text: filepath.Base(path)}
		err := ledger.EachRow(ctx, q, f, func(j ledger.Job) error {
			if info, err := os.Stat(j.Source); err == nil && os.SameFile(info, own) {
				return errReceiptWaits
			}
			return nil
		})
		if errors.Is(err, errReceiptWaits) {
			return usagef("“%s” is still waiting to be sent, so a receipt can't replace it. "+
				"Nothing was sent. Name another file with --receipt.",
				show.Text(path))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// notDelivered are the states of files that may still be sent.
var notDelivered = []ledger.JobState{
	ledger.Waiting, ledger.Active, ledger.Paused, ledger.LeftAlone, ledger.Attention, ledger.Failed,
	ledger.Cancelled,
}

// receiptOfAll writes the receipt if nothing was left to send. It covers the whole upload list.
func (r *resumeRun) receiptOfAll(ctx context.Context, q *uploader.Queue) error {
	var ids []int64
	for _, t := range q.Status().Transfers {
		ids = append(ids, t.ID)
	}
	if r.receipt == "" {
		return nil
	}
	if len(ids) == 0 {
		r.say("No receipt was written: the list of uploads is empty.")
		return nil
	}
	err := r.saveReceipt(ctx, q, r.receipt, ids)
	if err != nil && !errors.Is(err, receipt.ErrKept) {
		return err
	}
	r.say(receiptWords(r.receipt, err, false))
	return nil
}
