package main

import (
	"context"
	"slices"

	"github.com/dustin/go-humanize"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// inNeed returns the outcome of the uploads with files that need attention: all of them, or only
// those of the inbox of --to.
func (r *resumeRun) inNeed(ctx context.Context, q *uploader.Queue) (outcome, error) {
	key, err := r.inboxKey(ctx, r.to)
	if err != nil {
		return outcome{}, err
	}
	var ids []int64
	for _, t := range q.Status().Transfers {
		if t.Owner != ledger.Elsewhere && (key == "" || t.Inbox == key) &&
			t.Files[ledger.Attention]+t.Files[ledger.Failed] > 0 {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 { // no ids would mean all transfers
		return outcome{state: stateComplete}, nil
	}
	o, err := undelivered(ctx, q, ids, 0, nil)
	if err != nil {
		return o, err
	}
	// One pass over the delivered files, of which there may be millions.
	later := laterDeliveries(o.problems, q.Status().Transfers)
	delivered := ledger.Filter{States: []ledger.JobState{ledger.Delivered}}
	err = ledger.EachRow(ctx, q, delivered, func(j ledger.Job) error {
		later.note(j)
		if slices.Contains(ids, j.Transfer) {
			o.noteCopy(j)
		}
		return nil
	})
	if err == nil {
		o.passOver(later)
	}
	return o, err
}

// deliveries holds the last job that delivered each of some files.
type deliveries struct {
	inboxes map[int64]string // of each transfer
	last    map[deliveredFile]int64
}

// deliveredFile is a file on its way to an inbox.
type deliveredFile struct{ inbox, source string }

// laterDeliveries returns the deliveries of these jobs' files; note fills them.
func laterDeliveries(jobs []ledger.Job, transfers []ledger.TransferStatus) deliveries {
	d := deliveries{inboxes: map[int64]string{}, last: map[deliveredFile]int64{}}
	for _, t := range transfers {
		d.inboxes[t.ID] = t.Inbox
	}
	for _, j := range jobs {
		d.last[d.file(j)] = 0
	}
	return d
}

func (d deliveries) file(j ledger.Job) deliveredFile {
	return deliveredFile{d.inboxes[j.Transfer], j.Source}
}

// note takes a delivered job into account.
func (d deliveries) note(j ledger.Job) {
	if last, wanted := d.last[d.file(j)]; wanted {
		d.last[d.file(j)] = max(last, j.ID)
	}
}

// passOver removes the problems whose files a later upload to the same inbox has delivered.
func (o *outcome) passOver(later deliveries) {
	o.problems = slices.DeleteFunc(o.problems, func(j ledger.Job) bool {
		if j.ID > later.last[later.file(j)] {
			return false
		}
		for i := range o.status.Transfers {
			if t := &o.status.Transfers[i]; t.ID == j.Transfer {
				t.Files[j.State]--
				t.Bytes[j.State] -= j.Size
			}
		}
		o.status.Files[j.State]--
		o.status.Bytes[j.State] -= j.Size
		return true
	})
	o.judge()
}

// attentionWords says that files need attention, and what a person can do.
func attentionWords(n int64) string {
	return needAttention(n) + ": “uploader status --files --state attention,failed” says why. " +
		"Solve that and send them again with the original command, or remove them from the list " +
		"with “uploader queue remove JOB...”."
}

func needAttention(n int64) string {
	if n == 1 {
		return "1 file needs attention"
	}
	return humanize.Comma(n) + " files need attention"
}
