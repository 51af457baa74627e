package ui

import (
	"context"
	"errors"

	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// documentSender sends the documents at the end of deliveries: lists of checksums and messages to
// the workspace. It belongs to Fyne's goroutine.
type documentSender struct {
	*screen
	busy bool // something is being written, so more will be sent by itself
}

// sampled writes the documents that are due, one after the other.
func (v *documentSender) sampled(s *sample) {
	if v.busy || v.config.Documents == nil {
		return
	}
	due := v.config.Documents.Due(s.status.Transfers, nil)
	if len(due) == 0 {
		return
	}
	v.busy = true
	v.inBackground(func(ctx context.Context) {
		var all []documents.Document
		var errs []error
		for _, t := range due {
			_, of, err := v.config.Documents.Send(ctx, []ledger.TransferStatus{t},
				t.Options.Manifest, t.Options.Note)
			all, errs = append(all, of...), append(errs, err)
		}
		v.do(func() { v.written(all, errors.Join(errs...)) })
	})
}

// written tells the person the result if they should know it.
func (v *documentSender) written(all []documents.Document, err error) {
	v.busy = false
	v.wake()
	v.events.event("documents", "documents", len(all), "failed", err != nil)
	if err != nil {
		v.config.Log.Error("documents", "error", err)
		v.tell(tr("Not everything was sent"), problem.Explanation{
			What: tr("The list of checksums or the message could not be written on this computer."),
			Safe: tr("Your files are delivered."),
			Do:   tr("Make room on the disk, then start Inbox Uploader again: it tries again."),
		})
		return
	}
	for _, d := range all {
		if d.Missing > 0 { // of several lists each lacks the same
			v.tell(tr("The list of checksums is not complete"), problem.Explanation{
				What: trn("{{.N}} delivered files are not in the list: they have changed since, or "+
					"can't be read any more.", d.Missing),
				Safe: tr("What was delivered stays delivered."),
				Do:   tr("Send the changed files again to list them."),
			})
			return
		}
	}
}
