// Package documents sends what goes last with a delivery: lists of the files' hashes, and a note to
// the workspace.
//
// [Owed] finds the transfers that are finished and whose documents have not been written, also by an
// earlier run. [Composer.Send] writes those of some transfers and hands them to the Queue, and
// [Composer.Find] finds out later under which names they are in the inbox.
package documents

import (
	"slices"
	"unicode/utf8"

	"inboxuploader/uploader/ledger"
)

// Owed returns the transfers that are finished and delivered something, and whose documents, as
// their options ask for, were not handed to a queue since. Those of another process are its own
// work. The order is theirs.
func Owed(transfers []ledger.TransferStatus) (owed []ledger.TransferStatus) {
	told := map[int64]int64{} // of a transfer how many files
	for i := range transfers {
		for _, a := range transfers[i].Options.Accompanies {
			told[a.Transfer] = max(told[a.Transfer], a.Files)
		}
	}
	for i := range transfers {
		t := &transfers[i]
		if t.Owner != ledger.Elsewhere && t.Finished() && due(t) > told[t.ID] {
			owed = append(owed, *t)
		}
	}
	return owed
}

// due counts the files that the documents of a transfer are to tell of; 0 where none go with it. A
// note alone tells of what is new.
func due(t *ledger.TransferStatus) int64 {
	switch {
	case t.Options.Manifest != 0:
		return t.InInbox()
	case t.Options.Note.Text != "":
		return t.Files[ledger.Delivered]
	}
	return 0
}

// LongestNote is how long a message to the workspace may be, and the name of whoever sends it, in
// characters.
const LongestNote = 10000

// TooLong reports whether a note is longer than that.
func TooLong(n ledger.Note) bool {
	return utf8.RuneCountInString(n.Text) > LongestNote || utf8.RuneCountInString(n.From) > LongestNote
}

// Together divides transfers into groups that lead to one place of one inbox, in their order.
func Together(transfers []ledger.TransferStatus) (groups [][]ledger.TransferStatus) {
	for _, t := range transfers {
		i := slices.IndexFunc(groups, func(g []ledger.TransferStatus) bool {
			return g[0].Inbox == t.Inbox && folder(&g[0]) == folder(&t) &&
				g[0].Options.Scan.Shard == t.Options.Scan.Shard &&
				slices.Equal(g[0].Roots, t.Roots)
		})
		if i < 0 {
			groups = append(groups, []ledger.TransferStatus{t})
			continue
		}
		groups[i] = append(groups[i], t)
	}
	return groups
}
