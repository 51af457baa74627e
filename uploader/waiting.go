package uploader

import (
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// Waiting is what waits for one inbox: transfers that are not finished and that no other program is
// sending. To resume is to go on with these, see [Queue.Resume].
type Waiting struct {
	Inbox     token.Inbox
	Transfers []ledger.TransferStatus
	Files     int64 // found so far
	Mine      int64 // of those, in this queue's hands
	HasToken  bool  // this queue has a token for it that works as far as is known
}

// Waiting returns what waits, by inbox, in the order of the transfers.
func (s *Status) Waiting() (all []Waiting) {
	at := map[string]int{}
	for i := range s.Transfers {
		t := &s.Transfers[i]
		if t.Finished() || t.Owner == ledger.Elsewhere {
			continue
		}
		n, known := at[t.Inbox]
		if !known {
			n = len(all)
			at[t.Inbox] = n
			all = append(all, Waiting{Inbox: t.Options.Scan.Inbox})
		}
		w := &all[n]
		w.Transfers = append(w.Transfers, *t)
		files := t.Files[ledger.Waiting] + t.Files[ledger.Active] + t.Files[ledger.Paused]
		w.Files += files
		if t.Owner == ledger.Here {
			w.Mine += files
		}
	}
	for i := range s.Inboxes {
		in := &s.Inboxes[i]
		if n, known := at[in.Inbox]; known && in.Token.Inbox.Host != "" && in.Hold == nil {
			all[n].HasToken = true
		}
	}
	return all
}

// Takeover says what a token for an inbox is for, of what waits: for that inbox itself, and from
// which others of the same workspace it could take over what has no token, by [Queue.Redirect]. A
// person has to agree to that.
func Takeover(waiting []Waiting, to token.Inbox) (own bool, from []Waiting) {
	for _, w := range waiting {
		switch {
		case w.Inbox.Key() == to.Key():
			own = true
		case sameWorkspace(&w.Inbox, &to) && !w.HasToken:
			from = append(from, w)
		}
	}
	return own, from
}

// sameWorkspace reports whether two inboxes are of one workspace. Where their tokens name none, only
// containers of one storage account count: what was meant for one account is not offered to another.
func sameWorkspace(a, b *token.Inbox) bool {
	if a.InboxID != b.InboxID || a.WsID != b.WsID {
		return false
	}
	return a.InboxID+a.WsID != "" || a.Host == b.Host && a.Account == b.Account
}
