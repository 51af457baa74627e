package ledger

import (
	"inboxuploader/uploader/problem"
)

// Counts is a number for each [JobState].
type Counts [jobStates]int64

// Total returns the sum of what the list shows.
func (c Counts) Total() (n int64) {
	for s, k := range c {
		if !JobState(s).Hidden() {
			n += k
		}
	}
	return n
}

// TransferStatus is what the queue knows of a transfer.
type TransferStatus struct {
	Transfer
	Files Counts         // by state
	Bytes Counts         // of those files, by state
	Done  int64          // bytes acknowledged of files that are or will be delivered
	Away  *problem.Error // not nil: a disk that files of it lie on is not there; these go on by themselves when it is
	// Hidden counts those of the files that [Ledger.Hide] has hidden; nil: none is.
	Hidden *Tally
}

// UnchangedFiles returns how many files are as they were delivered before; Files does not count
// them.
func (t *TransferStatus) UnchangedFiles() int64 { return t.Unchanged.Files + t.Files[Confirmed] }

// Finished reports whether nothing of it can go on: all was found, and all has ended.
func (t *TransferStatus) Finished() bool {
	return t.Scanned && t.Files[Waiting]+t.Files[Active]+t.Files[Paused] == 0
}
