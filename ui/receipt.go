package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"inboxuploader/uploader"
)

// saveReceipt asks where to, and writes what the storage confirmed.
func (w *Window) saveReceipt() {
	title, name := tr("Save receipt…"), receiptName(w.called(w.token.Inbox), w.config.Now())
	folder := w.settings.Receipts
	w.ask(func(ctx context.Context, parent string) error {
		folder = w.receiptFolder(folder)
		if w.config.Desktop.Save == nil {
			return errNoDialog
		}
		path, err := w.config.Desktop.Save(ctx, parent, strings.TrimSuffix(title, "…"), folder, name)
		if path != "" && err == nil {
			w.do(func() { w.writeReceipt(path) })
		}
		return err
	}, func() { w.nameReceipt(title, folder, name) })
}

// receiptName is what a receipt is called unless the person calls it something else.
func receiptName(inbox string, now time.Time) string {
	name := tr("Receipt {{.Inbox}} {{.Date}}", values("Inbox", inbox, "Date", now.Local().Format(time.DateOnly)))
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, c) || c < ' ' { // no file's name has them on every system
			return '_'
		}
		return c
	}, name) + ".csv"
}

// receiptFolder is where the last receipt was saved, if that is there still, else where the person's documents are.
func (w *Window) receiptFolder(last string) string {
	if fi, err := os.Stat(last); err == nil && fi.IsDir() {
		return last
	}
	if w.config.Desktop.Documents == nil {
		return ""
	}
	return w.config.Desktop.Documents()
}

// nameReceipt is Fyne's dialog for it.
func (w *Window) nameReceipt(title, folder, name string) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			w.receiptWritten(err)
		case f != nil:
			path := f.URI().Path()
			_ = f.Close() // only its name is wanted
			w.writeReceipt(filepath.FromSlash(path))
		}
	}, w.window)
	d.SetFileName(name)
	if at, err := storage.ListerForURI(storage.NewFileURI(folder)); folder != "" && err == nil {
		d.SetLocation(at)
	}
	w.openFynes(d, title)
}

// writeReceipt writes it there, for the inbox in use.
func (w *Window) writeReceipt(path string) {
	to := w.token.Inbox
	w.settings.Receipts = filepath.Dir(path)
	w.settingsChanged()
	w.inBackground(func(ctx context.Context) {
		err := w.putReceipt(ctx, path, to)
		w.do(func() { w.receiptWritten(err) })
	})
}

// putReceipt gives a receipt its name when it is whole: one that is there is replaced by that, or stays.
func (w *Window) putReceipt(ctx context.Context, path string, to uploader.Inbox) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".receipt-*.part")
	if err != nil {
		return err
	}
	format := uploader.ReceiptCSV
	if strings.EqualFold(filepath.Ext(path), ".json") {
		format = uploader.ReceiptJSON
	}
	err = w.listDelivered(ctx, f, format, to)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// listDelivered writes all delivered jobs, a page at a time.
func (w *Window) listDelivered(ctx context.Context, out io.Writer, format uploader.ReceiptFormat, to uploader.Inbox) error {
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

// receiptWritten says so, where that worked on the button itself.
func (w *Window) receiptWritten(err error) {
	if err != nil {
		w.config.Log.Error("receipt", "error", err)
		w.tell(tr("The receipt was not saved"), uploader.Explanation{
			What: tr("The receipt could not be written there."), Safe: tr("What was delivered stays delivered."), Do: tr("Choose another place and save it again."),
		})
		return
	}
	w.work.totals.said(w.work.totals.save, tr("Saved"))
	w.events.event("receipt")
}
