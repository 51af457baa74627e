package ledger

import (
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

// SetAway records why a transfer's files on a disk can't be read for now, or with nil that they
// can, and reports whether that is news.
func (x *Ledger) SetAway(transfer int64, d source.Disk, why *problem.Error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.transferOf(transfer)
	if t == nil || (t.away[d] == nil) == (why == nil) {
		return false
	}
	if why != nil {
		if t.away == nil {
			t.away = map[source.Disk]*problem.Error{}
		}
		t.away[d] = why
		return true
	}
	delete(t.away, d)
	for _, b := range x.batches {
		if b.transfer == t && b.away != nil && *b.away == d {
			b.away = nil
		}
	}
	x.recount()
	return true
}

// anyAway returns why files on one of the missing disks can't be read, or nil if none is missing.
// It returns the same disk's reason as long as that is missing.
func (t *Entry) anyAway() (first *problem.Error) {
	for _, why := range t.away {
		if first == nil || why.Value < first.Value {
			first = why
		}
	}
	return first
}

// waitsForDisk reports whether a batch, whose jobs are in memory, has a job on a missing disk, and
// then makes the whole batch wait. A scan puts roots on different disks into different batches.
func (x *Ledger) waitsForDisk(b *Page) bool {
	if len(b.transfer.away) == 0 {
		return false
	}
	for i := range b.jobs {
		j := &b.jobs[i]
		if d := source.DiskOf(j.Source, j.FileID); j.State == Waiting && b.transfer.away[d] != nil {
			b.away = &d
			x.recount()
			return true
		}
	}
	return false
}
