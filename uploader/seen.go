package uploader

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
)

// addMissing queues what a person saw of a transfer's files and a reading that ended with these marks no longer found, because it is not
// there: it is then named, waits for its disk, and can be tried again.
func (q *Queue) addMissing(ctx context.Context, t *ledger.Entry, seen *ledger.Seen, marks uint64, plan func(*scan.Found) ledger.Job) error {
	if seen == nil || seen.Agrees(marks) {
		return nil
	}
	missing := map[string]ledger.Job{}
	var order []string
	for j := range seen.All() {
		if _, err := os.Lstat(j.Source); errors.Is(err, fs.ErrNotExist) {
			missing[j.Source] = j
			order = append(order, j.Source)
		}
	}
	if err := q.ledger.WithoutKnown(ctx, t.ID, missing); err != nil {
		return err
	}
	var jobs []ledger.Job
	for _, source := range order {
		if j, ok := missing[source]; ok {
			jobs = append(jobs, plan(&scan.Found{Source: j.Source, Size: j.Size, ModTime: j.ModTime, ID: j.FileID, Blob: scan.Name{Blob: j.Blob}}))
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	defer q.wakeFeeder()
	return q.insist(func() error { return q.ledger.AddJobs(ctx, t, jobs) })
}
