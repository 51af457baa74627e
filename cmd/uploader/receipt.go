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

// receiptCommand writes a receipt of earlier deliveries.
func receiptCommand(p *program) *cobra.Command {
	r := &receiptRun{program: p}
	c := &cobra.Command{
		Use:   "receipt [NUMBER...] | --merge FILE...",
		Short: "Write a receipt of everything that was delivered",
		Long: `Write what the storage confirmed of each delivered file, including files you cleared from the list:
file, blob, bytes, crc64, crc64_hex, etag, request_id, delivered_at, inbox, checked, modified_at,
sha256 and md5 (if known). JSON adds totals, period, version and written_at; the page adds what was
not delivered and why. NUMBER is an upload's, from "uploader status": its receipt lists what it
delivered, and what it found unchanged since an earlier upload. Without NUMBER it covers all
uploads.

With --merge, each FILE is a receipt in CSV or JSON, of this version or an earlier one, from
machines that shared the work. They become one receipt. What is listed more than once with the same
bytes is named and written once; with different bytes it is named and written each time. With
--plan DIR, the folder that "uploader plan" wrote, it names the plan's files that are in no
receipt.

Exit codes:
    0    written
    1    the list can't be read or the receipt can't be written; or receipts contradict each
         other, or a file of the plan is missing
    2    wrong usage, or a FILE is not a receipt`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case r.merges:
				return r.merge(c.Context(), args)
			case r.plan != "":
				return &usageError{"--plan needs --merge."}
			}
			return r.run(c.Context(), args)
		},
	}
	c.Flags().StringVar(&r.since, "since", "", "only what was delivered on this `DATE` or "+
		"later, such as 2026-11-30 or 2026-11-30T15:04:05Z")
	c.Flags().StringVar(&r.output, "output", "csv", "print it in this `FORM`: csv, json, or "+
		"html (a page to print)")
	c.Flags().StringVar(&r.toFile, "to-file", "", "write it to this `FILE`: .json for JSON, "+
		".html for a page to print, else CSV")
	c.Flags().BoolVar(&r.merges, "merge", false, "merge the receipts in these files into one")
	c.Flags().StringVar(&r.plan, "plan", "", "with --merge: list what no receipt has of the "+
		"plan in folder `DIR`")
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
				return &usageError{fmt.Sprintf("There is no upload number %d. Nothing was "+
					"written. See: uploader status", id)}
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
			return nil, since, &usageError{"“" + show.Text(a) + "” is not an upload number. " +
				"See: uploader status"}
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
