package ledger

import "inboxuploader/uploader/token"

// Backlog is the waiting work for one inbox: unfinished transfers that no other program is sending.
// To resume is to continue them.
type Backlog struct {
	Inbox     token.Inbox
	Transfers []TransferStatus
	Files     int64 // found so far
	Mine      int64 // of those, owned by this process
	HasToken  bool  // there is a token for the inbox that works as far as we know
}

// BacklogsOf returns the waiting work of these transfers by inbox, in their order. hasToken reports
// whether there is a working token for the inbox with that key.
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

// Takeover says which waiting work a token for an inbox can send: own is whether that inbox itself
// has any, from are other inboxes of the same workspace, without a token, whose work could move to
// it. A person has to agree to a move.
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

// sameWorkspace reports whether two inboxes belong to one workspace. If their tokens name none,
// both must be in one storage account: files meant for one account must not go to another.
func sameWorkspace(a, b *token.Inbox) bool {
	if a.InboxID != b.InboxID || a.WsID != b.WsID {
		return false
	}
	return a.InboxID+a.WsID != "" || a.Host == b.Host && a.Account == b.Account
}
