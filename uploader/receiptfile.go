package uploader

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// receiptBegins are the first characters of a receipt of each format, of whatever version of this program.
var receiptBegins = []string{"file,blob,bytes,crc64,", "{\n\"inbox\": {\"account\":"}

// receiptHead is how much of a file is read to know a receipt, in bytes.
const receiptHead = 64

// receiptRows is how many jobs a receipt reads from the list at once.
const receiptRows = 1000

// ErrNotReceipt says that something of a person's has a receipt's name: anything but an empty file or an earlier receipt.
var ErrNotReceipt = errors.New("something else than a receipt has the name")

// SaveReceipt writes a receipt of what was delivered of these transfers into a file: JSON if its name ends in .json, else CSV. The head
// names the first one's inbox. rows reads the list, as [Queue.Rows] does. The file gets its name when it is whole and on the disk; an
// empty file or an earlier receipt of that name is replaced by it, or stays. What else has the name stays: that is [ErrNotReceipt]. It
// blocks on the disk; other errors are the disk's and those of rows. No error leaves anything behind.
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
	if err = errors.Join(err, f.Sync(), f.Close(), mayBecomeReceipt(path)); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// TryReceipt finds out whether [SaveReceipt] can write a file of that name, and leaves nothing behind, which would be sent where the
// receipt is to stand among the sources. It blocks on the disk; errors are [ErrNotReceipt] and the disk's.
func TryReceipt(path string) error {
	if err := mayBecomeReceipt(path); err != nil {
		return err
	}
	f, err := createReceipt(path)
	if err != nil {
		return err
	}
	_ = f.Close()
	_ = os.Remove(f.Name()) // what can't be removed is empty, under a hidden name
	return nil
}

// mayBecomeReceipt refuses what a receipt must not replace: all but nothing, an empty file and an earlier receipt.
func mayBecomeReceipt(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return ErrNotReceipt
	case info.Size() == 0:
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	head, err := io.ReadAll(io.LimitReader(f, receiptHead))
	if err != nil {
		return err
	}
	for _, begin := range receiptBegins {
		if bytes.HasPrefix(head, []byte(begin)) {
			return nil
		}
	}
	return ErrNotReceipt
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
