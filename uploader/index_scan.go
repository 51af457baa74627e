package uploader

import (
	"context"
	"slices"
)

// replace gives a transfer what a scan found out about it. With save the journal gets it too.
func (x *index) replace(t *transfer, now Transfer, save bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t.Skipped, t.SkippedPaths, t.Outside, t.Unchanged = now.Skipped, now.SkippedPaths, now.Outside, now.Unchanged
	t.Renamed, t.Warned, t.NameNotes, t.Unmatched = now.Renamed, now.Warned, now.NameNotes, now.Unmatched
	if save {
		t.Scanned, t.known = now.Scanned, nil
		t.dirty, x.ended = true, true
		x.mark()
	}
}

func (x *index) beginScan(t *transfer) {
	x.mu.Lock()
	t.scanning, t.givenUp = true, ""
	x.mu.Unlock()
}

// scanned ends what beginScan began, and returns what a person wanted meanwhile of all that is found, and the batches that were found
// since.
func (x *index) scanned(t *transfer) (verb Verb, since []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t.scanning = false
	for _, b := range x.batches {
		if b.transfer == t && b.ID > t.givenUpAt {
			since = append(since, b.ID)
		}
	}
	return t.givenUp, since
}

// giveUp makes a transfer bring no further jobs: its roots are read no further, and not once more.
func (x *index) giveUp(id int64, v Verb) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.transferOf(id)
	if t == nil || t.Scanned {
		return
	}
	t.Scanned, t.dirty, x.ended = true, true, true
	x.mark()
	if t.scanning {
		t.givenUp, t.givenUpAt = v, 0
		for _, b := range x.batches {
			if b.transfer == t {
				t.givenUpAt = b.ID
			}
		}
		x.recount()
	}
}

// takeUp ends what giveUp began, when all jobs are as a person wants them.
func (x *index) takeUp(t *transfer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t.givenUp = ""
	x.recount()
}

// unchecked notes that the service confirmed something of a transfer without naming its checksum.
func (x *index) unchecked(transfer int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if t := x.transferOf(transfer); t != nil && t.Checks == ChecksAll {
		t.Checks, t.dirty = ChecksNotAll, true
		x.mark()
	}
}

func (x *index) isGivenUp(t *transfer) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return t.givenUp != ""
}

// learn prepares a transfer of this queue for being read once more. It returns nil if there is no such transfer.
func (x *index) learn(ctx context.Context, id int64) (*transfer, error) {
	x.mu.Lock()
	t := x.transferOf(id)
	if t == nil || !t.mine() || t.scanning {
		x.mu.Unlock()
		return nil, nil
	}
	t.Scanned, t.rescanned, t.dirty = false, true, true
	var of []int64
	for f := t; f != nil && !slices.Contains(of, f.ID); f = x.transferOf(f.Follows) {
		of = append(of, f.ID)
	}
	x.mu.Unlock()
	known, err := x.sources(ctx, of, true)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	t.known = known
	return t, nil
}

// scanOf returns what a scan that begins goes by: the transfer as it is now, and where its roots are read once more the files
// that it has.
func (x *index) scanOf(t *transfer) (now Transfer, known *sources) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return t.copy(), t.known
}

// scanningInto reports whether a scan for an inbox is under way.
func (x *index) scanningInto(inbox string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.ContainsFunc(x.transfers, func(t *transfer) bool { return t.scanning && t.Inbox == inbox })
}
