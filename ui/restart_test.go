package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// run is one run of the program over a state folder: its queue and the journal of that folder.
type run struct {
	*uploader.Queue
	journal *journal.Journal
}

// startRun opens a state folder as a start of the program does.
func startRun(t *testing.T, dir string) *run {
	t.Helper()
	j, _, err := journal.Open(t.Context(), dir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := uploader.NewQueue(context.WithoutCancel(t.Context()), uploader.Config{
		Journal: j, Steady: time.Millisecond,
		Open: func(t token.Token) (store.Store, error) {
			return azure.Open(t,
				azure.Options{Connections: 8})
		},
	})
	if err != nil {
		t.Fatal(errors.Join(err, j.Close()))
	}
	return &run{q, j}
}

// end is the end of that run, however it comes: the journal has everything that counts before.
func (r *run) end(t *testing.T) {
	t.Helper()
	if err := errors.Join(r.Close(), r.journal.Close()); err != nil {
		t.Error(err)
	}
}

// stuckInbox is a local inbox that does not answer before it is let go, and counts nothing as
// received until then.
func stuckInbox(t *testing.T) (*localInbox, func()) {
	t.Helper()
	gate := make(chan struct{})
	return startInbox(t, func(c *blobserver.Config) {
		c.Before = func(op *blobserver.Op) *blobserver.Answer {
			select {
			case <-gate:
				return nil
			default:
				return &blobserver.Answer{Status: 503, Code: "ServerBusy", ReadBody: -1}
			}
		}
	}), func() { close(gate) }
}

// parsed reads a token as the window does.
func parsed(t *testing.T, link string) token.Token {
	t.Helper()
	token, err := token.Parse(link, token.AllowHost("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestAfterARestartTheWindowSaysWhichInboxNeedsItsToken: nothing passes for well, and what is
// pasted lets the rest go on.
func TestAfterARestartTheWindowSaysWhichInboxNeedsItsToken(t *testing.T) {
	inbox, letGo := stuckInbox(t)
	link, state := inbox.token(time.Now().Add(48*time.Hour)), t.TempDir()
	before := startRun(t, state)
	if err := before.Use(parsed(t, link)); err != nil {
		t.Fatal(err)
	}
	if _, err := before.Add(t.Context(), parsed(t, link).Inbox,
		[]string{folder(t, "a.txt", "b.txt")},
		ledger.AddOptions{Scan: scan.Options{Recursive: true}}); err != nil {
		t.Fatal(err)
	}
	for before.Status().Scanning {
		<-before.Changed()
	}
	before.end(t)

	now := startRun(t, state)
	t.Cleanup(func() { now.end(t) })
	d := openDesk(t, Config{Queue: now})
	waits := "2 files for “ws0421 – 73” wait for its upload token"
	d.until("the files are there", func() bool { return d.says("Paste your token to continue") })
	d.mustSay(waits)
	d.tap("Resume")
	d.until("a token is asked for", func() bool { return d.top != nil })
	d.mustSay(waits)
	d.clipboard(someToken())
	d.pasteIntoFocused()
	d.mustSay("This token is for another inbox than “ws0421 – 73”.")
	d.top.close()

	d.until("what is in the way is said", func() bool { return d.banner.box.Visible() })
	d.mustSay("ws0421 – 73: The remaining files for this inbox need its upload token again.",
		"Paste it to continue")
	if d.says("Network OK") {
		t.Error("all seems to be well")
	}
	letGo()
	d.tap("Paste token")
	d.mustSay(waits)
	d.clipboard(link)
	d.pasteIntoFocused()
	d.tap("Use this token")
	d.until("all is delivered", func() bool { return d.says("All 2 files are in the inbox") })
	if d.banner.box.Visible() {
		t.Error("the window still asks")
	}
}

// TestATokenThatIsPastedFirstLetsTheRestGoOn: as "Paste your token to continue" says, without
// another click.
func TestATokenThatIsPastedFirstLetsTheRestGoOn(t *testing.T) {
	inbox, letGo := stuckInbox(t)
	link, state := inbox.token(time.Now().Add(48*time.Hour)), t.TempDir()
	before := startRun(t, state)
	if err := before.Use(parsed(t, link)); err != nil {
		t.Fatal(err)
	}
	if _, err := before.Add(t.Context(), parsed(t, link).Inbox, []string{folder(t, "a.txt")},
		ledger.AddOptions{Scan: scan.Options{Recursive: true}}); err != nil {
		t.Fatal(err)
	}
	for before.Status().Scanning {
		<-before.Changed()
	}
	before.end(t)
	letGo()

	now := startRun(t, state)
	t.Cleanup(func() { now.end(t) })
	d := openDesk(t, Config{Queue: now})
	d.until("the files are there", func() bool { return d.says("Paste your token to continue") })
	d.clipboard(link)
	d.intake.pasted()
	d.tap("Use this token")
	d.until("all is delivered", func() bool { return d.says("The file is in the inbox") })
}

// TestRowsAndBannersNameTheirInbox where there are several.
func TestRowsAndBannersNameTheirInbox(t *testing.T) {
	f := newFew(ledger.Job{State: ledger.Waiting, Blob: "run/a.txt", Inbox: "one"},
		ledger.Job{State: ledger.Waiting, Blob: "b.txt", Inbox: "two"})
	one, two := f.status.Transfers[0], f.status.Transfers[0]
	one.Inbox, one.Options.Scan.Inbox = "one", token.Inbox{
		Host: "h", Container: "c1",
		WsID: "cardio", TID: "1",
	}
	two.ID, two.Inbox, two.Options.Scan.Inbox = 2, "two", token.Inbox{
		Host: "h", Container: "c2",
		WsID: "lung", TID: "2",
	}
	f.status.Transfers = []ledger.TransferStatus{one}
	f.status.Inboxes = []uploader.InboxStatus{{
		Inbox: "one", Unfinished: 1,
		Hold: problem.New("send", "", problem.Expired),
	}}
	d := openDesk(t, Config{Queue: f})
	d.look()
	d.look()
	d.mustSay("cardio – 1: This upload token expired")
	if strings.Contains(strings.Join(d.texts(), "\n"), "cardio – 1 · run") {
		t.Error("rows say the only inbox")
	}
	f.status.Transfers = append(f.status.Transfers, two)
	d.look()
	d.mustSay("cardio – 1", "lung – 2")
	f.status.Inboxes[0].Hold, f.status.Inboxes[0].Trouble = nil,
		problem.New("send", "", problem.NetworkDown)
	d.look()
	d.mustSay("cardio – 1: The storage can't be reached")
}

// TestWhatWasPractisedIsNotInTheNextList: neither after an end, nor after a kill, when the next
// start finds it.
func TestWhatWasPractisedIsNotInTheNextList(t *testing.T) {
	inbox, state := startInbox(t, nil), t.TempDir()
	link := inbox.token(time.Now().Add(48 * time.Hour))
	practised := parsed(t, link).Inbox
	is := func(in token.Inbox) bool { return in.Key() == practised.Key() }
	deliver := func(q *uploader.Queue, to token.Inbox) {
		t.Helper()
		if _, err := q.Add(t.Context(), to, []string{folder(t, "a.txt", "b.txt")},
			ledger.AddOptions{Scan: scan.Options{Recursive: true}}); err != nil {
			t.Fatal(err)
		}
		for q.Status().Scanning {
			<-q.Changed()
		}
	}
	kept := parsed(t, someToken()).Inbox

	killed := startRun(t, state)
	deliver(killed.Queue, practised) // waits for its token for ever
	deliver(killed.Queue, kept)
	killed.end(t)

	now := startRun(t, state)
	d := openDesk(t, Config{Queue: now, IsPractice: is})
	d.until("both are there", func() bool { return d.last.status.FilesTotal() == 4 })
	d.practice.forget(t.Context())
	d.until("one is left", func() bool { return d.last.status.FilesTotal() == 2 })
	d.clipboard(link)
	d.intake.pasted()
	d.tap("Use this token")
	deliver(now.Queue, practised)
	d.until("it is delivered", func() bool { return d.last.status.Files[ledger.Delivered] == 2 })
	d.close()
	now.end(t)

	after := startRun(t, state)
	defer after.end(t)
	if s := after.Status(); s.FilesTotal() != 2 || len(s.Transfers) != 1 ||
		s.Transfers[0].Inbox != kept.Key() {
		t.Errorf("in the list: %d files of %d uploads", s.FilesTotal(), len(s.Transfers))
	}
	if err := after.Delivered(t.Context(), nil, func(d ledger.Transfer, _ ledger.Job) error {
		t.Errorf("a receipt would have what went to %s", d.Inbox)
		return nil
	}); err != nil {
		t.Error(err)
	}
}
