package ledger

import "inboxuploader/uploader/token"

// InboxTotals is the outcome of all transfers to one inbox.
type InboxTotals struct {
	Inbox        token.Inbox
	Files, Bytes Counts
	Unchanged    int64 // files unchanged since their delivery
	Transfers    []TransferStatus
}

// ByInbox returns the totals of transfers for each inbox that has files, in the order of the
// transfers.
func ByInbox(transfers []TransferStatus) (all []InboxTotals) {
	at := map[string]int{}
	for i := range transfers {
		t := &transfers[i]
		if t.Files.Total()+t.UnchangedFiles() == 0 && len(t.Skipped) == 0 {
			continue
		}
		n, known := at[t.Inbox]
		if !known {
			n = len(all)
			at[t.Inbox] = n
			all = append(all, InboxTotals{Inbox: t.Options.Scan.Inbox})
		}
		of := &all[n]
		for state := range t.Files {
			of.Files[state] += t.Files[state]
			of.Bytes[state] += t.Bytes[state]
		}
		of.Unchanged += t.UnchangedFiles()
		of.Transfers = append(of.Transfers, *t)
	}
	return all
}
