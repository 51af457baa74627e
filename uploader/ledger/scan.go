package ledger

import (
	"context"
	"slices"
)

// scans records what running scans find.
type scans struct {
	l *Ledger
}

// SetFound copies a scan's findings from now into a transfer, with save also for the journal.
func (x *scans) SetFound(t *Entry, now Transfer, save bool) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	t.Skipped, t.SkippedPaths, t.Outside, t.Unchanged = now.Skipped, now.SkippedPaths, now.Outside,
		now.Unchanged
	t.Renamed, t.Warned, t.NameNotes, t.Unmatched = now.Renamed, now.Warned, now.NameNotes,
		now.Unmatched
	if save {
		t.Scanned, t.known = now.Scanned, nil
		t.dirty, x.l.ended = true, true
		x.l.mark()
	}
}

// BeginScan notes that the roots of a transfer are being read; [Ledger.EndScan] ends that.
func (x *scans) BeginScan(t *Entry) {
	x.l.mu.Lock()
	t.scanning, t.givenUp = true, ""
	x.l.mu.Unlock()
}

// EndScan ends what BeginScan began. It returns the command that a person gave meanwhile for the
// whole transfer, and the batches found since.
func (x *scans) EndScan(t *Entry) (verb Verb, since []int64) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	t.scanning = false
	for _, b := range x.l.batches {
		if b.transfer == t && b.ID > t.givenUpAt {
			since = append(since, b.ID)
		}
	}
	return t.givenUp, since
}

// GiveUp stops a transfer from getting more jobs: its scan ends, and its roots are not read again.
func (x *scans) GiveUp(id int64, v Verb) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	t := x.l.transferOf(id)
	if t == nil || t.Scanned {
		return
	}
	t.Scanned, t.dirty, x.l.ended = true, true, true
	x.l.mark()
	if t.scanning {
		t.givenUp, t.givenUpAt = v, 0
		for _, b := range x.l.batches {
			if b.transfer == t {
				t.givenUpAt = b.ID
			}
		}
		x.l.recount()
	}
}

// TakeUp ends what GiveUp began, once all jobs are as the person wants them.
func (x *scans) TakeUp(t *Entry) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	t.givenUp = ""
	x.l.recount()
}

// NoteUnchecked notes that the service confirmed a request of a transfer without the checksum.
func (x *scans) NoteUnchecked(transfer int64) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	if t := x.l.transferOf(transfer); t != nil && t.Checks == ChecksAll {
		t.Checks, t.dirty = ChecksNotAll, true
		x.l.mark()
	}
}

// IsGivenUp reports whether a person has given up a transfer during its scan.
func (x *scans) IsGivenUp(t *Entry) bool {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return t.givenUp != ""
}

// PrepareRescan prepares a transfer of this queue for another scan. It returns nil if there is no
// such transfer, or a scan of it is running. It blocks on the journal.
func (x *scans) PrepareRescan(ctx context.Context, id int64) (*Entry, error) {
	x.l.mu.Lock()
	t := x.l.transferOf(id)
	if t == nil || !t.mine() || t.scanning {
		x.l.mu.Unlock()
		return nil, nil
	}
	t.Scanned, t.rescanned, t.dirty = false, true, true
	var of []int64
	for f := t; f != nil && !slices.Contains(of, f.ID); f = x.l.transferOf(f.Follows) {
		of = append(of, f.ID)
	}
	x.l.mu.Unlock()
	known, err := x.l.sources(ctx, of, true)
	if err != nil {
		return nil, err
	}
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	t.known = known
	return t, nil
}

// ScanOf returns what a new scan needs: the transfer as it is now and, for a rescan, the files that
// it has.
func (x *scans) ScanOf(t *Entry) (now Transfer, known *KnownFiles) {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return t.Copy(), t.known
}

// Scanning reports whether a scan of such a transfer is running.
func (x *scans) Scanning(such func(t *Transfer) bool) bool {
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	return slices.ContainsFunc(x.l.transfers,
		func(t *Entry) bool { return t.scanning && such(&t.Transfer) })
}
