package receipt

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// ErrNotReceipt says that something of a person's has a receipt's name: anything but an empty file
// or an earlier receipt.
var ErrNotReceipt = errors.New("something else than a receipt has the name")

// ErrKept says that nothing was delivered, so that an earlier receipt of that name stays.
var ErrKept = errors.New("nothing was delivered, so the earlier receipt stays")

// Deliveries hands over what was delivered, as the Delivered of a Queue or a Ledger does.
type Deliveries func(ctx context.Context, visit func(t ledger.Transfer, j ledger.Job) error) error

// Save writes a receipt of what was delivered into a file, in the format of its name, see
// [FormatOf]. The head names the inbox to. The file gets its name when it is whole and on the disk; an
// empty file or an earlier receipt of that name is replaced by it, or stays. What else has the name
// stays: that is [ErrNotReceipt]. So does an earlier receipt that names files, if this one would
// name none: that is [ErrKept]. It blocks on the disk; other errors are the disk's and those of the
// deliveries. No error leaves anything behind.
func Save(
	ctx context.Context, path string, to token.Inbox, of Deliveries, options ...Option,
) error {
	return save(path, func(out io.Writer, format Format) (int, error) {
		return writeTo(ctx, out, format, to, of, options...)
	})
}

// save is [Save] of what write writes, which returns how many files it named.
func save(path string, write func(io.Writer, Format) (int, error)) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	lines, err := write(f, FormatOf(path))
	earlier, refused := earlier(path)
	if err = errors.Join(err, f.Sync(), f.Close(), refused); err == nil && lines == 0 &&
		earlier > 0 {
		err = ErrKept
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Try finds out whether [Save] can write a file of that name, and leaves nothing behind, which
// would be sent where the receipt is to stand among the sources. It blocks on the disk; errors are
// [ErrNotReceipt] and the disk's.
func Try(path string) error {
	if _, err := earlier(path); err != nil {
		return err
	}
	f, err := create(path)
	if err != nil {
		return err
	}
	_ = f.Close()
	_ = os.Remove(f.Name()) // what can't be removed is empty, under a hidden name
	return nil
}

// earlier refuses what a receipt must not replace: all but nothing, an empty file and an earlier
// receipt, of which it returns how many files it names.
func earlier(path string) (files int64, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, ErrNotReceipt
	case info.Size() == 0:
		return 0, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return countIn(f)
}

// create opens the file that becomes the receipt.
func create(path string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(path), ".receipt-*.part")
}

// Write writes a receipt of what was delivered; see [Save].
func Write(
	ctx context.Context, out io.Writer, format Format, to token.Inbox, of Deliveries,
	options ...Option,
) error {
	_, err := writeTo(ctx, out, format, to, of, options...)
	return err
}

// writeTo is [Write]. It returns how many files the receipt names.
func writeTo(
	ctx context.Context, out io.Writer, format Format, to token.Inbox, of Deliveries,
	options ...Option,
) (int, error) {
	r, err := NewWriter(out, format, to, options...)
	if err != nil {
		return 0, err
	}
	last := int64(0)
	if err := of(ctx, func(t ledger.Transfer, j ledger.Job) error {
		if t.ID != last {
			r.Begin(t)
			last = t.ID
		}
		return r.Add(j)
	}); err != nil {
		return r.lines, err
	}
	return r.lines, r.Close()
}
