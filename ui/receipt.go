package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/token"
)

// receipts writes what the storage confirmed to a file. It belongs to Fyne's goroutine.
type receipts struct {
	*screen
	settings *keptSettings
	dialogs  *fileDialogs
	inboxes  *inboxView
	queue    *queueView // whose button says that it is done
}

// receiptOf is what a receipt is about.
type receiptOf struct {
	inbox     string // what it is called; empty where there are several
	to        token.Inbox
	at        time.Time
	transfers []int64
	wanted    func(j *ledger.Job) bool // nil: all that these have delivered
	button    *button                  // says that it is saved
}

// save asks where to, and writes what the storage confirmed of what is in the list.
func (v *receipts) save() { v.ask(v.listed()) }

// listed is all that was delivered of what is in the list.
func (v *receipts) listed() receiptOf {
	of := receiptOf{inbox: v.inbox(), at: v.config.Now(), button: v.queue.totals.save}
	for i, t := range v.delivered() {
		if i == 0 {
			of.to = t.Options.Scan.Inbox
		}
		of.transfers = append(of.transfers, t.ID)
	}
	return of
}

// ask asks where to, and writes the receipt.
func (v *receipts) ask(of receiptOf) {
	last := v.settings.Receipts
	written := func(err error) { v.written(of, err) }
	v.dialogs.saveAs(tr("Save receipt…"), receiptName(of.inbox, of.at),
		func() string { return v.folder(last) }, func(path string) { v.write(of, path) }, written)
}

// receiptName is what a receipt is called unless the person calls it something else.
func receiptName(inbox string, now time.Time) string {
	name := tr("Receipt {{.Inbox}} {{.Date}}",
		values("Inbox", inbox, "Date", now.Local().Format(time.DateOnly)))
	name = strings.Join(strings.Fields(name), " ")
	return strings.Map(func(c rune) rune {
		// no file's name has them on every system
		if strings.ContainsRune(`<>:"/\|?*`, c) || c < ' ' {
			return '_'
		}
		return c
	}, name) + ".csv"
}

// folder is where the last receipt was saved, if that is there still, else where the person's
// documents are.
func (v *receipts) folder(last string) string {
	if fi, err := os.Stat(last); err == nil && fi.IsDir() {
		return last
	}
	if v.config.Desktop.Documents == nil {
		return ""
	}
	return v.config.Desktop.Documents()
}

// delivered returns the transfers of which something was delivered, now or before.
func (v *receipts) delivered() (all []ledger.Transfer) {
	for i := range v.last.status.Transfers {
		if t := &v.last.status.Transfers[i]; t.Files[ledger.Delivered]+t.UnchangedFiles() > 0 {
			all = append(all, t.Transfer)
		}
	}
	return all
}

// inbox is what the inbox is called that a receipt is about; empty where there are several.
func (v *receipts) inbox() (inbox string) {
	for i, t := range v.delivered() {
		name := v.inboxes.called(t.Options.Scan.Inbox)
		if i > 0 && name != inbox {
			return ""
		}
		inbox = name
	}
	return inbox
}

// write writes it there.
func (v *receipts) write(of receiptOf, path string) {
	v.settings.Receipts = filepath.Dir(path)
	v.settings.changed()
	v.inBackground(func(ctx context.Context) {
		var options []receipt.Option
		if v.config.ReceiptOptions != nil {
			more, done := v.config.ReceiptOptions(ctx, of.transfers)
			defer done()
			options = more
		}
		err := receipt.Save(ctx, path, of.to, func(ctx context.Context, visit func(ledger.Transfer,
			ledger.Job) error,
		) error {
			return v.config.Queue.Delivered(ctx, of.transfers,
				func(t ledger.Transfer, j ledger.Job) error {
					if of.wanted != nil && !of.wanted(&j) {
						return nil
					}
					return visit(t, j)
				})
		}, options...)
		v.do(func() { v.written(of, err) })
	})
}

// written says so, where that worked on the button itself.
func (v *receipts) written(of receiptOf, err error) {
	if err != nil {
		v.config.Log.Error("receipt", "error", err)
		v.tell(tr("The receipt was not saved"), problem.Explanation{
			What: tr("The receipt could not be written there."),
			Safe: tr("What was delivered stays delivered."),
			Do:   tr("Choose another place and save it again."),
		})
		return
	}
	v.queue.totals.said(of.button, tr("Saved"))
	v.events.event("receipt")
}
