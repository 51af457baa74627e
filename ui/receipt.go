package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/token"
)

// saveReceipt asks where to, and writes what the storage confirmed.
func (w *Window) saveReceipt() {
	title, name := tr("Save receipt…"), receiptName(w.receiptOf(), w.config.Now())
	folder := w.settings.Receipts
	w.dialogs.open(func(ctx context.Context, parent string) error {
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
	name = strings.Join(strings.Fields(name), " ")
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
	w.dialogs.openFynes(d, title)
}

// delivered returns the transfers of which something was delivered, now or before.
func (w *Window) delivered() (all []ledger.Transfer) {
	for i := range w.last.status.Transfers {
		if t := &w.last.status.Transfers[i]; t.Files[ledger.Delivered]+t.UnchangedFiles() > 0 {
			all = append(all, t.Transfer)
		}
	}
	return all
}

// receiptOf is what the inbox is called that a receipt is about; empty where there are several.
func (w *Window) receiptOf() (inbox string) {
	for i, t := range w.delivered() {
		name := w.called(t.Options.Scan.Inbox)
		if i > 0 && name != inbox {
			return ""
		}
		inbox = name
	}
	return inbox
}

// writeReceipt writes it there.
func (w *Window) writeReceipt(path string) {
	of := w.delivered()
	w.settings.Receipts = filepath.Dir(path)
	w.settings.changed()
	w.inBackground(func(ctx context.Context) {
		var ids []int64
		for i := range of {
			ids = append(ids, of[i].ID)
		}
		var to token.Inbox
		if len(of) > 0 {
			to = of[0].Options.Scan.Inbox
		}
		err := receipt.Save(ctx, path, to, func(ctx context.Context, visit func(ledger.Transfer, ledger.Job) error) error {
			return w.config.Queue.Delivered(ctx, ids, visit)
		})
		w.do(func() { w.receiptWritten(err) })
	})
}

// receiptWritten says so, where that worked on the button itself.
func (w *Window) receiptWritten(err error) {
	if err != nil {
		w.config.Log.Error("receipt", "error", err)
		w.tell(tr("The receipt was not saved"), problem.Explanation{
			What: tr("The receipt could not be written there."), Safe: tr("What was delivered stays delivered."), Do: tr("Choose another place and save it again."),
		})
		return
	}
	w.work.totals.said(w.work.totals.save, tr("Saved"))
	w.events.event("receipt")
}
