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

	"inboxuploader/uploader/token"
)

// receiptBegins are the first characters of a receipt of each format, of whatever version of this program.
var receiptBegins = []string{"file,blob,bytes,crc64,", "{\n\"inbox\": {\"account\":"}

// receiptHead is how much of a file is read to know a receipt, in bytes.
const receiptHead = 64

// ErrNotReceipt says that something of a person's has a receipt's name: anything but an empty file or an earlier receipt.
var ErrNotReceipt = errors.New("something else than a receipt has the name")

// Deliveries hands over what was delivered, as [Queue.Delivered] does.
type Deliveries func(ctx context.Context, visit func(t Transfer, j Job) error) error

// SaveReceipt writes a receipt of what was delivered into a file: JSON if its name ends in .json, else CSV. The head names the inbox to.
// The file gets its name when it is whole and on the disk; an empty file or an earlier receipt of that name is replaced by it, or stays.
// What else has the name stays: that is [ErrNotReceipt]. It blocks on the disk; other errors are the disk's and those of the
// deliveries. No error leaves anything behind.
func SaveReceipt(ctx context.Context, path string, to token.Inbox, of Deliveries) error {
	f, err := createReceipt(path)
	if err != nil {
		return err
	}
	format := ReceiptCSV
	if strings.EqualFold(filepath.Ext(path), ".json") {
		format = ReceiptJSON
	}
	err = WriteReceipt(ctx, f, format, to, of)
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

// WriteReceipt writes a receipt of what was delivered; see [SaveReceipt].
func WriteReceipt(ctx context.Context, out io.Writer, format ReceiptFormat, to token.Inbox, of Deliveries) error {
	r, err := NewReceipt(out, format, to)
	if err != nil {
		return err
	}
	last := int64(0)
	if err := of(ctx, func(t Transfer, j Job) error {
		if t.ID != last {
			r.Begin(t)
			last = t.ID
		}
		return r.Add(j)
	}); err != nil {
		return err
	}
	return r.Close()
}
