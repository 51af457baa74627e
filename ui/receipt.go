package ui

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"inboxuploader/uploader"
)

// saveReceipt asks where to, and writes what the storage confirmed.
func (w *Window) saveReceipt() {
	to := w.token.Inbox
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		if err != nil || f == nil {
			return
		}
		format := uploader.ReceiptCSV
		if strings.EqualFold(filepath.Ext(f.URI().Name()), ".json") {
			format = uploader.ReceiptJSON
		}
		w.inBackground(func(ctx context.Context) {
			err := errors.Join(w.writeReceipt(ctx, f, format, to), f.Close())
			w.do(func() { w.receiptWritten(err) })
		})
	}, w.window)
	d.SetFileName("receipt.csv")
	d.Show()
	d.Resize(w.window.Canvas().Size()) // not before: it has no size until it is shown
}

// writeReceipt writes all delivered jobs, a page at a time.
func (w *Window) writeReceipt(ctx context.Context, out io.Writer, format uploader.ReceiptFormat, to uploader.Inbox) error {
	r, err := uploader.NewReceipt(out, format, to)
	if err != nil {
		return err
	}
	const page = 1000
	for from := 0; ; from += page {
		jobs, err := w.config.Queue.Rows(ctx, uploader.Filter{States: []uploader.JobState{uploader.Delivered}}, from, page)
		if err != nil {
			return err
		}
		for i := range jobs {
			if err := r.Add(jobs[i].Source, jobs[i]); err != nil {
				return err
			}
		}
		if len(jobs) < page {
			return r.Close()
		}
	}
}

func (w *Window) receiptWritten(err error) {
	if err != nil {
		w.config.Log.Error("receipt", "error", err)
		w.tell(tr("The receipt was not saved"), uploader.Explanation{
			What: tr("The receipt could not be written there."), Safe: tr("What was delivered stays delivered."), Do: tr("Choose another place and save it again."),
		})
		return
	}
	w.events.event("receipt")
}
