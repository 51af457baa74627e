package ledger

import "inboxuploader/uploader/token"

// Backlog is what waits for one inbox: transfers that are not finished and that no other program is
// sending. To resume is to go on with these.
type Backlog struct {
	Inbox     token.Inbox
	Transfers []TransferStatus
	Files     int64 // found so far
	Mine      int64 // of those, in this process's hands
	HasToken  bool  // there is a token for it that works as far as is known
}

// BacklogsOf returns what waits of these transfers, by inbox, in their order. hasToken says of an
// inbox, by its key, whether there is a token for it that works.
func BacklogsOf(transfers []TransferStatus, hasToken func(inbox string) bool) (all []Backlog) {
	at := map[string]int{}
	for i := range transfers {
		t := &transfers[i]
		if t.Finished() || t.Owner == Elsewhere {
			continue
		}
		n, known := at[t.Inbox]
		if !known {
			n = len(all)
			at[t.Inbox] = n
			all = append(all, Backlog{Inbox: t.Options.Scan.Inbox, HasToken: hasToken(t.Inbox)})
		}
		b := &all[n]
		b.Transfers = append(b.Transfers, *t)
		files := t.Files[Waiting] + t.Files[Active] + t.Files[Paused]
		b.Files += files
		if t.Owner == Here {
			b.Mine += files
		}
	}
	return all
}

// Takeover says what a token for an inbox is for, of what waits: for that inbox itself, and from
// which others of the same workspace it could take over what has no token, by a move to it. A
// person has to agree to that.
func Takeover(waiting []Backlog, to token.Inbox) (own bool, from []Backlog) {
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
