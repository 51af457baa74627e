package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// TestRememberKeepsATokenWhoseNameIsTaken under a free name, and never keeps nothing without a
// word.
func TestRememberKeepsATokenWhoseNameIsTaken(t *testing.T) {
	kept := inboxes.Book{Records: inboxes.NewMemoryRecords(), Vault: inboxes.NewMemoryVault(nil)}
	d := openDesk(t, Config{Inboxes: kept})
	for i, host := range []string{"one.blob.core.windows.net", "two.blob.core.windows.net"} {
		d.clipboard(someToken("trestore.blob.core.windows.net", host))
		d.intake.pasted()
		if want := []string{"ws0421 – 73", "ws0421 – 73 (2)"}[i]; d.placeholder() != want {
			t.Errorf("the dialog offers the name %q, want %q", d.placeholder(), want)
		}
		d.tap("Use this token")
		d.finish()
	}
	all, err := kept.List(t.Context())
	if err != nil || len(all) != 2 || all[0].Ref == "" || all[1].Ref == "" {
		t.Errorf("kept: %v, %v", all, err)
	}
	if d.says("not saved") {
		t.Error("the header says that the token is not saved")
	}
	long := token.Inbox{Host: "h", Container: "c", WsID: strings.Repeat("w", 80), TID: "1"}
	if _, err := inboxes.CheckName(d.inboxes.nameFor(long)); err != nil {
		t.Errorf("a long name: %v", err)
	}
}

// placeholder is the name that an inbox gets unless a person types one.
func (d *desk) placeholder() string {
	d.t.Helper()
	all := d.named["name"]
	e, ok := all[len(all)-1].(*sheetEntry)
	if !ok {
		d.t.Fatal("there is no entry for the name")
	}
	return e.PlaceHolder
}

// TestWhatCantBeRememberedIsSaid, also beside the review that a pasted token leads to.
func TestWhatCantBeRememberedIsSaid(t *testing.T) {
	d := openDesk(t,
		Config{Inboxes: quickerInboxes{inboxes.Book{
			Records: inboxes.NewMemoryRecords(),
			Vault:   inboxes.NewMemoryVault(nil),
		}}})
	d.drop(folder(t, "a.txt"))
	d.until("a token is asked for", func() bool { return d.top != nil })
	d.clipboard(someToken())
	d.pasteIntoFocused()
	d.tap("Use this token")
	d.until("it is said", func() bool { return d.says("The token is not saved") })
	d.mustSay("There is already an inbox named “ws0421 – 73”.", "The token works until you quit.",
		"give the inbox another name")
	d.tap("Close")
	d.until("the review is still there", func() bool { return d.says("Send 1 file") })
	d.top.close()
	d.look()
	d.mustSay("token not saved: you'll need it again after quitting")
}

// quickerInboxes are those to which another program has added one of the same name meanwhile.
type quickerInboxes struct{ inboxes.Book }

func (quickerInboxes) Add(
	_ context.Context, name string, _ token.Token, _ time.Time, _ inboxes.AddOptions,
) (inboxes.Record, error) {
	e := problem.New("name inbox", "", problem.InboxNameTaken)
	e.Value = name
	return inboxes.Record{}, e
}

// TestAReviewThatIsCoveredGoesOnCounting: its counts are there when what covered it is closed.
func TestAReviewThatIsCoveredGoesOnCounting(t *testing.T) {
	d := openDesk(t, Config{})
	token, err := d.inboxes.parse(someToken())
	if err != nil {
		t.Fatal(err)
	}
	d.tokens.begin(token)
	d.reviews.open([]given{{folder(t, "a.txt"), true}})
	above := d.tell("A notice", problem.Explanation{What: "Something happened."})
	d.until("it is counted", func() bool { return d.events.named("reviewed") != nil })
	above.close()
	d.mustSay("Send 1 file")
}
