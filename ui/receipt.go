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

// receipts saves receipts: files that list what the storage confirmed. It belongs to Fyne's
// goroutine.
type receipts struct {
	*screen
	settings *keptSettings
	dialogs  *fileDialogs
	inboxes  *inboxView
	queue    *queueView // its button says when a receipt is saved
}

// receiptOf is the subject of a receipt.
type receiptOf struct {
	inbox     string // its name; empty for several inboxes
	to        token.Inbox
	at        time.Time
	transfers []int64
	wanted    func(j *ledger.Job) bool // nil: all delivered files of the transfers
	button    *button                  // says when the receipt is saved
}

// save asks where to save the receipt of all delivered files in the list, and writes it.
func (v *receipts) save() { v.ask(v.listed()) }

// listed is the receipt of all delivered files in the list.
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

// ask asks where to save the receipt, and writes it.
func (v *receipts) ask(of receiptOf) {
	last := v.settings.Receipts
	written := func(err error) { v.written(of, err) }
	v.dialogs.saveAs(tr("Save receipt…"), receiptName(of.inbox, of.at),
		func() string { return v.folder(last) }, func(path string) { v.write(of, path) }, written)
}

// receiptName is the file name that is suggested for a receipt.
func receiptName(inbox string, now time.Time) string {
	name := tr("Receipt {{.Inbox}} {{.Date}}",
		values("Inbox", inbox, "Date", now.Local().Format(time.DateOnly)))
	name = strings.Join(strings.Fields(name), " ")
	return strings.Map(func(c rune) rune {
		// not every system allows these in a file name
		if strings.ContainsRune(`<>:"/\|?*`, c) || c < ' ' {
			return '_'
		}
		return c
	}, name) + ".csv"
}

// folder is the folder of the last receipt if it still exists, else the person's documents folder.
func (v *receipts) folder(last string) string {
	if fi, err := os.Stat(last); err == nil && fi.IsDir() {
		return last
	}
	if v.config.Desktop.Documents == nil {
		return ""
	}
	return v.config.Desktop.Documents()
}

// delivered returns the transfers with files that were delivered now or earlier.
func (v *receipts) delivered() (all []ledger.Transfer) {
	for i := range v.last.status.Transfers {
		if t := &v.last.status.Transfers[i]; t.InInbox() > 0 {
			all = append(all, t.Transfer)
		}
	}
	return all
}

// inbox returns the name of the receipt's inbox; empty if there are several.
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

// write writes the receipt to a path.
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

// written says how it went: success on the button itself.
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
