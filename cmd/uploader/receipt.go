package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/token"
)

// receiptRun is one run of receipt.
type receiptRun struct {
	*program
	since, output, toFile string
	merges                bool
	plan                  string
}

// receiptCommand writes what was delivered at any time.
func receiptCommand(p *program) *cobra.Command {
	r := &receiptRun{program: p}
	c := &cobra.Command{
		Use:   "receipt [NUMBER...] | --merge FILE...",
		Short: "Write what the storage confirmed, of all that was delivered",
		Long: `Write what the storage confirmed of each file that was delivered, also of what was cleared from the list: file, blob, bytes, crc64,
crc64_hex, etag, request_id, delivered_at, inbox, checked, modified_at, sha256 and md5 (where they are known). JSON has
totals, period, version and written_at besides; the page has what was not delivered and why. NUMBER is an upload's, as "uploader status" shows it; its receipt has what it
delivered, and what it found unchanged since an earlier one delivered it. Without one it is about all uploads.

With --merge, FILE is a receipt, in CSV or JSON, of this version or an earlier one, as several machines have written that share the work. They become
one receipt: what stands in them more than once, with the same bytes, is named and written once; what stands in them with different bytes
is named and written with each. With --plan DIR, the folder that "uploader plan" wrote, it is said which of its files stand in no receipt.

Exit codes: 0 written, 1 the list can't be read or the receipt not be written, or of the receipts two contradict each other or a file of
the plan is missing, 2 wrong usage, or a FILE that is no receipt.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case r.merges:
				return r.merge(c.Context(), args)
			case r.plan != "":
				return &usageError{"--plan goes with --merge."}
			}
			return r.run(c.Context(), args)
		},
	}
	c.Flags().StringVar(&r.since, "since", "", "only what was delivered on this `DATE` or later: "+
		"2026-11-30, or with a time as in 2026-11-30T15:04:05Z")
	c.Flags().StringVar(&r.output, "output", "csv", "`FORM` in which it is printed: csv, json, "+
		"or html, a page to read and print")
	c.Flags().StringVar(&r.toFile, "to-file", "", "write it to this `FILE`: CSV, or JSON if its "+
		"name ends in .json, or a page to read and print if it ends in .html")
	c.Flags().BoolVar(&r.merges, "merge", false, "make one receipt of those in the files that are named")
	c.Flags().StringVar(&r.plan, "plan", "", "with --merge: say what of the plan in this folder "+
		"`DIR` no receipt has")
	return c
}

// run carries out the command.
func (r *receiptRun) run(ctx context.Context, args []string) error {
	transfers, since, err := r.parse(args)
	if err != nil {
		return err
	}
	if err := checkReceipt(r.toFile); err != nil {
		return err
	}
	return r.withQueue(ctx, func(q *uploader.Queue) error {
		s := q.StatusOf(transfers...)
		for _, id := range transfers {
			if !slices.ContainsFunc(
				s.Transfers, func(t ledger.TransferStatus) bool { return t.ID == id },
			) {
				return &usageError{fmt.Sprintf("There is no upload with the number %d. Nothing "+
					"was written. See: uploader status", id)}
			}
		}
		var to token.Inbox
		if len(s.Transfers) > 0 {
			to = s.Transfers[0].Options.Scan.Inbox
		}
		of := func(ctx context.Context, visit func(ledger.Transfer, ledger.Job) error) error {
			return q.Delivered(ctx, transfers, func(t ledger.Transfer, j ledger.Job) error {
				if j.Answer.Date.Before(since) {
					return nil
				}
				return visit(t, j)
			})
		}
		options, done := r.receiptOptions(ctx, q, transfers)
		defer done()
		if r.toFile != "" {
			err := receipt.Save(ctx, r.toFile, to, of, options...)
			if errors.Is(err, receipt.ErrKept) {
				r.say(receiptWords(r.toFile, err, false))
				return exit(exitNotDelivered)
			}
			return err
		}
		return receipt.Write(ctx, r.stdout, receipt.FormatOf("."+r.output), to, of, options...)
	})
}

// parse reads the arguments and flags.
func (r *receiptRun) parse(args []string) (transfers []int64, since time.Time, err error) {
	for _, a := range args {
		n, err := strconv.ParseInt(a, 10, 64)
		if err != nil || n <= 0 {
			return nil, since, &usageError{"“" + show.Text(a) + "” is not the number of an " +
				"upload. See: uploader status"}
		}
		transfers = append(transfers, n)
	}
	if !isReceiptForm(r.output) {
		return nil, since, errOutput
	}
	if r.since == "" {
		return transfers, since, nil
	}
	if since, err = time.ParseInLocation(time.DateOnly, r.since, time.Local); err != nil {
		if since, err = time.Parse(time.RFC3339, r.since); err != nil {
			return nil, since, &usageError{"--since takes a date such as 2026-11-30, or a date " +
				"with a time such as 2026-11-30T15:04:05Z."}
		}
	}
	return transfers, since, nil
}
