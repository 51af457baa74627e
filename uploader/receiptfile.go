package uploader

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// receiptRows is how many jobs a receipt reads from the list at once.
const receiptRows = 1000

// SaveReceipt writes a receipt of what was delivered of these transfers into a file: JSON if its name ends in .json, else CSV. The head
// names the first one's inbox. rows reads the list, as [Queue.Rows] does. The file gets its name when it is whole and on the disk; what
// has the name already is replaced by that, or stays. It blocks on the disk; errors are the disk's and those of rows, and leave nothing behind.
func SaveReceipt(ctx context.Context, path string, of []Transfer, rows func(ctx context.Context, f Filter, from, n int) ([]Job, error)) error {
	f, err := createReceipt(path)
	if err != nil {
		return err
	}
	format := ReceiptCSV
	if strings.EqualFold(filepath.Ext(path), ".json") {
		format = ReceiptJSON
	}
	err = writeDelivered(ctx, f, format, of, rows)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// TryReceipt finds out whether [SaveReceipt] can write a file of that name, and leaves nothing behind, which would be sent where the
// receipt is to stand among the sources. It blocks on the disk; errors are the disk's.
func TryReceipt(path string) error {
	f, err := createReceipt(path)
	if err != nil {
		return err
	}
	_ = f.Close()
	_ = os.Remove(f.Name()) // what can't be removed is empty, under a hidden name
	return nil
}

// createReceipt opens the file that becomes the receipt.
func createReceipt(path string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(path), ".receipt-*.part")
}

// writeDelivered writes what was delivered of the transfers, some rows at a time.
func writeDelivered(
	ctx context.Context, out *os.File, format ReceiptFormat, of []Transfer, rows func(ctx context.Context, f Filter, from, n int) ([]Job, error),
) error {
	var to Inbox
	if len(of) > 0 {
		to = of[0].Options.Scan.Inbox
	}
	r, err := NewReceipt(out, format, to)
	if err != nil {
		return err
	}
	for _, t := range of {
		r.Begin(t)
		for from, n := 0, receiptRows; n == receiptRows; from += receiptRows {
			jobs, err := rows(ctx, Filter{States: []JobState{Delivered}, Transfer: t.ID}, from, receiptRows)
			if err != nil {
				return err
			}
			n = len(jobs)
			for i := range jobs {
				if err := r.Add(jobs[i]); err != nil {
					return err
				}
			}
		}
	}
	return r.Close()
}
