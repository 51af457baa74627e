package ui

import (
	"cmp"
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// history shows delivered files by day and inbox, including those removed from the list since. It
// counts them when it opens: the deliveries themselves are the record.
type history struct {
	*screen
	inboxes  *inboxView
	receipts *receipts
}

// dayOfInbox sums up the files delivered to an inbox on one day.
type dayOfInbox struct {
	day          time.Time // its first moment, on the person's clock
	inbox        token.Inbox
	files, bytes int64
	transfers    []int64
}

// mostDays is how many deliveries are shown, the last ones.
const mostDays = 200

// dayOf returns the first moment of a day on the person's clock.
func dayOf(t time.Time) time.Time {
	y, m, d := t.Local().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.Local)
}

// open shows the history as soon as it is counted, which may take seconds for a million files.
func (h *history) open() {
	words := wrapped(tr("Counting your deliveries…"))
	body := column(0, -1, words)
	closing := h.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	sheet := h.openSheet(tr("History"), 640, inset(0, 12, 8, 14, body), closing)
	sheet.tag("cancel", closing)
	sheet.stays = true // below the message about a receipt that could not be saved
	closing.OnTapped = sheet.close
	h.window.Canvas().Focus(closing)
	ctx, cancel := context.WithCancel(h.ctx)
	sheet.closed = cancel
	h.inBackground(func(context.Context) {
		all, err := h.count(ctx)
		h.do(func() {
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				words.SetText(explain(err).String())
			case len(all) == 0:
				words.SetText(tr("Nothing has been delivered from this computer yet."))
			default:
				body.Objects = nil
				for i := range all {
					body.Add(h.row(sheet, &all[i]))
				}
			}
			h.events.event("history", "deliveries", len(all))
			sheet.overlay.Refresh()
		})
	})
}

// count adds up the delivered files, the last day first. It blocks on the disk.
func (h *history) count(ctx context.Context) (all []dayOfInbox, err error) {
	type key struct {
		day   int64
		inbox string
	}
	found := map[key]*dayOfInbox{}
	err = h.config.Queue.Delivered(ctx, nil, func(t ledger.Transfer, j ledger.Job) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		in := t.Options.Scan.Inbox
		if h.config.IsPractice != nil && h.config.IsPractice(in) {
			return nil
		}
		day := dayOf(j.Answer.Date)
		d := found[key{day.Unix(), t.Inbox}]
		if d == nil {
			d = &dayOfInbox{day: day, inbox: in}
			found[key{day.Unix(), t.Inbox}] = d
		}
		d.files++
		d.bytes += j.Size
		if n := len(d.transfers); n == 0 || d.transfers[n-1] != t.ID {
			d.transfers = append(d.transfers, t.ID) // they come one after the other
		}
		return nil
	})
	for _, d := range found {
		all = append(all, *d)
	}
	slices.SortFunc(all, func(a, b dayOfInbox) int {
		return cmp.Or(b.day.Compare(a.day), cmp.Compare(a.inbox.Key(), b.inbox.Key()))
	})
	return all[:min(len(all), mostDays)], err
}

// row is a line of the history.
func (h *history) row(s *sheet, d *dayOfInbox) fyne.CanvasObject {
	day := newText(d.day.Format(tr("2 Jan 2006")), // only English has a month's name in it
		theme.ColorNameForeground, theme.SizeNameText)
	day.bold = true
	what := h.newCutText(files(d.files)+" · "+amount(d.bytes)+" · "+h.inboxes.called(d.inbox),
		colorMuted, theme.SizeNameText)
	save := h.newButtonWithIcon(tr("Save receipt…"), icon("save", theme.ColorNameForeground), nil)
	save.OnTapped = func() {
		h.receipts.ask(receiptOf{
			inbox: h.inboxes.called(d.inbox), to: d.inbox, at: d.day, transfers: d.transfers,
			wanted: func(j *ledger.Job) bool { return dayOf(j.Answer.Date).Equal(d.day) },
			button: save,
		})
	}
	s.tag("receipt", save)
	return inset(2, 6, 0, 0, line(12, 0, column(1, -1, day, what), save))
}
