package ui

import (
	"context"

	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// documentSender sends the documents at the end of deliveries: lists of checksums and messages to
// the workspace. It belongs to Fyne's goroutine.
type documentSender struct {
	*screen
	busy  bool            // something is being written
	tried map[int64]int64 // of a transfer, for how many of its files
}

// owed returns a transfer whose documents have not been tried yet.
func (v *documentSender) owed(s *sample) (t ledger.TransferStatus, ok bool) {
	if v.config.Documents == nil {
		return t, false
	}
	for _, t := range documents.Owed(s.status.Transfers) {
		if t.Owner != ledger.Elsewhere && v.tried[t.ID] < documents.Delivered(&t) {
			return t, true
		}
	}
	return t, false
}

// pending reports whether more will be sent by itself.
func (v *documentSender) pending(s *sample) bool {
	_, owed := v.owed(s)
	return v.busy || owed
}

// sampled writes what is owed, one after the other.
func (v *documentSender) sampled(s *sample) {
	t, ok := v.owed(s)
	if !ok || v.busy {
		return
	}
	if v.tried == nil {
		v.tried = map[int64]int64{}
	}
	v.busy, v.tried[t.ID] = true, documents.Delivered(&t)
	v.inBackground(func(ctx context.Context) {
		_, all, err := v.config.Documents.Send(ctx, []ledger.TransferStatus{t},
			t.Options.Manifest, t.Options.Note)
		v.do(func() { v.written(all, err) })
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
