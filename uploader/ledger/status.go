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
	Done  int64          // acknowledged bytes of files that are or will be delivered
	Away  *problem.Error // not nil: a disk with files of it is missing; these go on by themselves when it is back
	// Hidden counts the files that [Ledger.Hide] has hidden; nil if there are none.
	Hidden *Tally
}

// UnchangedFiles returns the number of files unchanged since their delivery; Files does not count
// them.
func (t *TransferStatus) UnchangedFiles() int64 { return t.Unchanged.Files + t.Files[Confirmed] }

// InInbox counts the files that are in the inbox as they were found, delivered now or before.
func (t *TransferStatus) InInbox() int64 { return t.Files[Delivered] + t.UnchangedFiles() }

// Finished reports whether the transfer is complete: all files are found, and all jobs have ended.
func (t *TransferStatus) Finished() bool {
	return t.Scanned && t.Files[Waiting]+t.Files[Active]+t.Files[Paused] == 0
}
