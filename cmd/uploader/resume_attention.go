package main

import (
	"context"
	"slices"

	"github.com/dustin/go-humanize"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// inNeed returns what became of the finished uploads of which files need a person; of one kept inbox only, if it is named.
func (r *resumeRun) inNeed(ctx context.Context, q *uploader.Queue) (outcome, error) {
	key, err := r.inboxKey(ctx, r.to)
	if err != nil {
		return outcome{}, err
	}
	var ids []int64
	for _, t := range q.Status().Transfers {
		if t.Owner != ledger.Elsewhere && (key == "" || t.Inbox == key) && t.Files[ledger.Attention]+t.Files[ledger.Failed] > 0 {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 { // which would name all
		return outcome{state: stateComplete}, nil
	}
	o, err := newOutcome(ctx, q, ids, 0, nil)
	if err == nil {
		err = o.passOver(ctx, q)
	}
	return o, err
}

// passOver takes those from an outcome's problems that another upload to the same inbox delivered afterwards.
func (o *outcome) passOver(ctx context.Context, q *uploader.Queue) error {
	type file struct{ inbox, source string }
	later := map[file]int64{} // the last job that delivered it
	inboxes := map[int64]string{}
	for _, t := range q.Status().Transfers {
		inboxes[t.ID] = t.Inbox
	}
	for _, j := range o.problems {
		later[file{inboxes[j.Transfer], j.Source}] = 0
	}
	err := eachRow(ctx, q, ledger.Filter{States: []ledger.JobState{ledger.Delivered}}, func(j ledger.Job) error {
		f := file{inboxes[j.Transfer], j.Source}
		if last, wanted := later[f]; wanted {
			later[f] = max(last, j.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	o.problems = slices.DeleteFunc(o.problems, func(j ledger.Job) bool {
		if j.ID > later[file{inboxes[j.Transfer], j.Source}] {
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
	return nil
}

// attentionWords says that files need a person, and what that person can do.
func attentionWords(n int64) string {
	return needAttention(n) + ": “uploader status --files --state attention,failed” says why. Mend that, and send them again with the command " +
		"that they came from, or take them from the list with “uploader queue remove JOB...”."
}

func needAttention(n int64) string {
	if n == 1 {
		return "1 file needs attention"
	}
	return humanize.Comma(n) + " files need attention"
}
