package main

import (
	"context"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// rowsAtOnce is how many jobs are read from the journal at once.
const rowsAtOnce = 10_000

// eachRow calls visit for each job that matches the filter.
func eachRow(
	ctx context.Context, q *uploader.Queue, f ledger.Filter, visit func(ledger.Job) error,
) error {
	for from := 0; ; from += rowsAtOnce {
		jobs, err := q.Rows(ctx, f, from, rowsAtOnce)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if err := visit(j); err != nil {
				return err
			}
		}
		if len(jobs) < rowsAtOnce {
			return nil
		}
	}
}
