package main

import (
	"context"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/ledger"
)

// sendManifests sends lists of what was delivered since the last lists, once nothing is left to
// send. Their names contain the time, since a watch may send more of them than a number can tell
// apart. A list that can't be written is tried again at the next start.
func (w *watcher) sendManifests(ctx context.Context) {
	if w.manifests == nil || len(w.open) > 0 || w.feed.Later() {
		return
	}
	due := w.manifests.Due(w.queue.Status().Transfers, w.feed.Of)
	for _, group := range documents.Together(due) {
		id, _, err := w.manifests.Send(ctx, group, group[0].Options.Manifest, ledger.Note{})
		if err != nil {
			w.log.Error("documents", "error", err)
			w.say("The list of checksums could not be written on this computer. The files are " +
				"delivered. It is tried again the next time that this starts.")
			return
		}
		if id != 0 {
			w.open = append(w.open, id)
		}
	}
}

// resumeManifests sends the lists that an earlier watch of these folders did not get to send.
func (w *watcher) resumeManifests(ctx context.Context) error {
	ours := map[int64]bool{}
	for _, t := range w.queue.Status().Transfers {
		ours[t.ID] = w.feed.Of(t)
	}
	begun, err := w.queue.Resume(ctx, func(t ledger.TransferStatus) bool {
		for _, a := range t.Options.Accompanies {
			if ours[a.Transfer] {
				return true
			}
		}
		return false
	})
	for _, t := range begun {
		w.open = append(w.open, t.ID)
	}
	return err
}

// nameManifests says which lists are in the inbox.
func (w *watcher) nameManifests(ctx context.Context, t *ledger.TransferStatus) error {
	return w.queue.Delivered(ctx, []int64{t.ID}, func(_ ledger.Transfer, j ledger.Job) error {
		w.say("“" + show.Text(j.Blob) + "” is in the inbox too.")
		return nil
	})
}
