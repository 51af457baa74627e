package uploader

import (
	"cmp"
	"context"
	"slices"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/source"
)

// sentYoung is a delivered file that had changed shortly before it was sent.
type sentYoung struct {
	job     int64
	changed int64 // version.changed, in nanoseconds since 1970
	lately  bool  // modified in the minute before
}

// keepYoung remembers a delivered job if its file is young. The caller holds the lock.
func (q *Queue) keepYoung(j *job) {
	now, changed := time.Now(), j.changed
	switch {
	case j.seen != nil:
		changed = j.seen.version.Changed
	case !now.Before(j.rests):
		return
	}
	q.young = append(q.young, sentYoung{j.ID, changed.UnixNano(), source.ModifiedLately(j.ModTime, now)})
}

// MostLately bounds Young.Named.
const MostLately = 1000

// Young says what this queue knows of delivered files that had changed shortly before.
type Young struct {
	Lately  int64        // number of files modified in the minute before they were sent
	Named   []ledger.Job // the first of these, up to MostLately
	Changed []ledger.Job // files that have changed since; the inbox has the old content
}

// LookAtYoung looks again at the files of these transfers that this queue delivered shortly after a
// change. It reads those of which only the times have changed. It blocks on the disk, at most until
// ctx ends, and costs nothing if there are no such files. It may be called after Close. A file that
// is missing or unreadable counts as unchanged. The error is the journal's.
func (q *Queue) LookAtYoung(ctx context.Context, transfers ...int64) (y Young, err error) {
	q.mu.Lock()
	young := slices.Clone(q.young)
	q.mu.Unlock()
	slices.SortStableFunc(young, func(a, b sentYoung) int { return cmp.Compare(a.job, b.job) })
	for _, sent := range young {
		select {
		case <-ctx.Done():
			return y, nil // with what it has seen so far
		default:
		}
		j, ok, err := q.ledger.Job(ctx, sent.job)
		if err != nil {
			return y, err
		}
		if !ok || j.State != ledger.Delivered || !slices.Contains(transfers, j.Transfer) {
			continue
		}
		if sent.lately {
			if y.Lately++; len(y.Named) < MostLately {
				y.Named = append(y.Named, j)
			}
		}
		changed := false
		if q.disks.Do(ctx, "young files",
			func() { changed = changedSince(ctx, &job{Job: j}, sent.changed) }) && changed {
			y.Changed = append(y.Changed, j)
		}
	}
	return y, nil
}

// changedSince reports whether a delivered file differs from what was sent. changed is its last
// change before that, in nanoseconds since 1970.
func changedSince(ctx context.Context, j *job, changed int64) bool {
	now, err := j.At.LookAgain(j.Source)
	switch {
	case err != nil:
		return false
	case now.Size != j.Size:
		return true
	case now.Same(j.Version()) && now.Changed.UnixNano() == changed:
		return false
	}
	f, now, err := j.At.OpenFound(j.Source)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // it was only read
	crc, err := source.Checksum(ctx, f, 0, now.Size, make([]byte, mib))
	return err == nil && (now.Size != j.Size || crc != j.CRC64)
}
