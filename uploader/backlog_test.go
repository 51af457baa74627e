package uploader_test

import (
	"testing"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// inboxOf returns a container of a workspace.
func inboxOf(workspace, number string) token.Inbox {
	return token.Inbox{
		Scheme: "https", Host: "account.blob.core.windows.net", InboxID: "account",
		WsID: workspace, TID: number, Container: workspace + "-" + number,
	}
}

// transferTo returns a transfer with so many files that wait.
func transferTo(in token.Inbox, owner ledger.Owner, files int64) ledger.TransferStatus {
	t := ledger.TransferStatus{}
	t.Inbox, t.Options.Scan.Inbox, t.Owner, t.Scanned = in.Key(), in, owner, true
	t.Files[ledger.Waiting] = files
	return t
}

func TestWaitingIsWhatNobodyElseSends(t *testing.T) {
	first, second := inboxOf("ws", "1"), inboxOf("ws", "2")
	counting := transferTo(second, ledger.Here, 0)
	counting.Scanned = false
	paused := transferTo(first, ledger.Here, 0)
	paused.Files[ledger.Paused] = 4
	s := uploader.Status{Transfers: []ledger.TransferStatus{
		transferTo(first, ledger.Nobody, 3),
		transferTo(first, ledger.Nobody, 0), // finished
		transferTo(second, ledger.Elsewhere, 7),
		paused,
		counting,
	}}
	all := s.Backlogs()
	if len(all) != 2 {
		t.Fatalf("%d inboxes wait, want 2", len(all))
	}
	one, two := all[0], all[1]
	if one.Inbox != first || one.Files != 7 || one.Mine != 4 || len(one.Transfers) != 2 {
		t.Errorf("the first inbox: %+v", one)
	}
	if two.Inbox != second || two.Files != 0 || len(two.Transfers) != 1 {
		t.Errorf("the second inbox: %+v", two)
	}
}

func TestTakeover(t *testing.T) {
	old, other, goal := inboxOf("ws", "1"), inboxOf("ws", "2"), inboxOf("ws", "3")
	works := uploader.InboxStatus{Inbox: old.Key(), Token: token.Token{Inbox: old}}
	ended := works
	ended.Hold = problem.New("send", "", problem.Expired)
	waits := func(to ...token.Inbox) (all []ledger.TransferStatus) {
		for _, in := range to {
			all = append(all, transferTo(in, ledger.Nobody, 1))
		}
		return all
	}
	for name, c := range map[string]struct {
		waiting []ledger.TransferStatus
		inboxes []uploader.InboxStatus
		to      token.Inbox // goal where it is zero
		own     bool
		from    []token.Inbox
	}{
		"nothing waits":         {},
		"for its own inbox":     {waiting: waits(goal), own: true},
		"for another container": {waiting: waits(old), from: []token.Inbox{old}},
		"whose token works":     {waiting: waits(old), inboxes: []uploader.InboxStatus{works}},
		"whose token has ended": {waiting: waits(old), inboxes: []uploader.InboxStatus{ended}, from: []token.Inbox{old}},
		"of another workspace":  {waiting: waits(inboxOf("else", "1"))},
		"of an account elsewhere, no workspace named": {
			waiting: waits(token.Inbox{Host: "other.blob.core.windows.net", Container: "1"}),
			to:      token.Inbox{Host: "lab.blob.core.windows.net", Container: "2"},
		},
		"of the same account, no workspace named": {
			waiting: waits(token.Inbox{Host: "lab.blob.core.windows.net", Container: "1"}),
			to:      token.Inbox{Host: "lab.blob.core.windows.net", Container: "2"},
			from:    []token.Inbox{{Host: "lab.blob.core.windows.net", Container: "1"}},
		},
		"for several containers":    {waiting: waits(old, other), from: []token.Inbox{old, other}},
		"for both, as after a kill": {waiting: waits(goal, old), own: true, from: []token.Inbox{old}},
		"sent by somebody else":     {waiting: []ledger.TransferStatus{transferTo(old, ledger.Elsewhere, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := uploader.Status{Transfers: c.waiting, Inboxes: c.inboxes}
			to := c.to
			if to == (token.Inbox{}) {
				to = goal
			}
			own, from := ledger.Takeover(s.Backlogs(), to)
			if own != c.own || len(from) != len(c.from) {
				t.Fatalf("own %v, from %+v; want %v, %v", own, from, c.own, c.from)
			}
			for i := range from {
				if from[i].Inbox != c.from[i] {
					t.Errorf("from %v, want %v", from[i].Inbox, c.from[i])
				}
			}
		})
	}
}
