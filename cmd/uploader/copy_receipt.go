package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inboxuploader/uploader"
)

// receiptFile is the file of --receipt. It is written under another name at the end, and gets its own in one step. A nil
// receiptFile does nothing.
type receiptFile struct {
	path string
	tmp  *os.File // nil while it is not written
}

// openReceipt makes sure, before anything is sent, that the receipt can be written, and leaves nothing behind, which would be sent
// where the receipt is to stand among the sources. It returns nil for an empty path.
func openReceipt(path string) (*receiptFile, error) {
	if path == "" {
		return nil, nil
	}
	refused := &usageError{"The receipt can't be written to “" + shown(path) + "”. Nothing was sent. Name a file in a folder that exists and that you may write to."}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, refused
	}
	r := &receiptFile{path: path}
	if r.create() != nil {
		return nil, refused
	}
	r.discard()
	return r, nil
}

func (r *receiptFile) create() (err error) {
	r.tmp, err = os.CreateTemp(filepath.Dir(r.path), ".receipt-*.part")
	return err
}

// write writes what was delivered and gives the file its name.
func (r *receiptFile) write(ctx context.Context, q *uploader.Queue, transfers []int64) error {
	if r == nil {
		return nil
	}
	if err := r.create(); err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	all := q.StatusOf(transfers...).Transfers
	format := uploader.ReceiptCSV
	if strings.EqualFold(filepath.Ext(r.path), ".json") {
		format = uploader.ReceiptJSON
	}
	receipt, err := uploader.NewReceipt(r.tmp, format, all[0].Options.Scan.Inbox)
	if err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	for _, t := range all {
		receipt.Begin(t.Transfer)
		delivered := uploader.Filter{States: []uploader.JobState{uploader.Delivered}, Transfer: t.ID}
		if err := eachRow(ctx, q, delivered, receipt.Add); err != nil {
			return fmt.Errorf("write receipt: %w", err)
		}
	}
	if err := errors.Join(receipt.Close(), r.tmp.Sync(), r.tmp.Close()); err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	if err := os.Rename(r.tmp.Name(), r.path); err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	r.tmp = nil
	return nil
}

// discard removes what write has not finished.
func (r *receiptFile) discard() {
	if r != nil && r.tmp != nil {
		_ = r.tmp.Close()           // maybe closed already
		_ = os.Remove(r.tmp.Name()) // what can't be removed is empty or half a receipt under a hidden name
		r.tmp = nil
	}
}

// rowsAtOnce is how many jobs are read from the journal at once.
const rowsAtOnce = 10_000

// eachRow calls visit for each job that matches the filter.
func eachRow(ctx context.Context, q *uploader.Queue, f uploader.Filter, visit func(uploader.Job) error) error {
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
