package ui

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// workspace opens the workspace ws0421 of the local inbox, as its owner does.
func (i *localInbox) workspace(o workspace.Options) (Workspace, error) {
	account, err := workspace.ParseAccount(base64.StdEncoding.EncodeToString(i.server.Key()),
		i.base+"/"+i.server.Account())
	if err != nil {
		return nil, err
	}
	return workspace.Open(account, "ws0421", o)
}

// openTokens opens the view of upload tokens and waits for the table.
func (d *desk) openTokens(ws Workspace) *uploadTokens {
	d.t.Helper()
	v := openUploadTokens(d.issuing, "Upload tokens", false,
		func(context.Context) (Workspace, error) {
			return ws, nil
		})
	d.until("the table was read", func() bool { return v.loaded })
	return v
}

// press taps the first button with these words on a sheet.
func (d *desk) press(words string) {
	d.t.Helper()
	b := d.buttons(words)[0]
	if b.Disabled() {
		d.t.Fatalf("the button %q is disabled", words)
	}
	test.Tap(b)
}

// write replaces what stands in the entry of a sheet that has this name.
func (d *desk) write(name, text string) {
	d.t.Helper()
	all := d.named[name]
	e, ok := all[len(all)-1].(*sheetEntry)
	if !ok {
		d.t.Fatalf("%s is no entry", name)
	}
	e.SetText(text)
}

// choosePeriod chooses for how long a new token is valid.
func (d *desk) choosePeriod(words string) {
	d.t.Helper()
	all := d.named["period"]
	s, ok := all[len(all)-1].(*sheetSelect)
	if !ok {
		d.t.Fatal("there is no choice of periods")
	}
	s.SetSelected(words)
}

func TestATokenIsCreatedCopiedAndRevokedInTheWindow(t *testing.T) {
	inbox := startInbox(t, nil)
	var clock timers
	d := openDesk(t, Config{
		After: clock.after, Person: "r.owner",
		Account: &account{open: func() (Workspace, error) {
			return inbox.workspace(workspace.Options{})
		}},
	})
	d.issuing.openAccountTokens()
	d.until("the table was read", func() bool { return d.says("There are no upload tokens yet") })
	d.mustSay("Upload tokens", "Workspace ws0421", "Reason", "30 days")
	if !d.button("Create a token…").Disabled() {
		t.Error("a token can be created without a reason")
	}

	d.write("reason", "MRI data of the second visit – 心拍数")
	d.choosePeriod("7 days")
	d.press("Create a token…")
	d.mustSay("Create this token?", "MRI data of the second visit – 心拍数", "add", "overwrite", "7 d",
		"Valid to")
	d.press("Create")
	d.until("it was created", func() bool { return d.events.named("created") != nil })
	d.mustSay("MRI data of the second visit", "active", "6 d 23 h",
		"Copy it now: once this view is closed it can't be copied again.")
	v := d.top
	d.press("Copy")
	d.mustSay("Copied. The clipboard is cleared in two minutes")
	link := d.app.Clipboard().Content()
	token, err := token.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	if got := token.ValidTo.Sub(token.ValidFrom); token.Inbox.WsID != "ws0421" ||
		token.Rights.Letters != "w" || got != 7*24*time.Hour {
		t.Errorf("the token is for %s, permits %q, for %s", token.Inbox, token.Rights.Letters, got)
	}
	signature := signatureOf(link)
	if d.says(signature[:12]) || strings.Contains(d.events.String(), signature[:12]) {
		t.Error("the signature can be seen")
	}
	if got := put(t, token, "a.txt", "a"); got != http.StatusCreated {
		t.Fatalf("upload: %d", got)
	}

	v.close()
	d.issuing.openAccountTokens()
	d.until("the table was read again", func() bool { return d.says("active") })
	d.mustSay("visit – 心拍数") // of the row; the hint in the form has the words before it
	if d.says("Copy") {
		t.Error("it can be copied again")
	}
	if d.app.Clipboard().Content() != link {
		t.Error("the token is no longer on the clipboard")
	}
	clock.fire(copiedFor)
	d.until("the clipboard was cleared", func() bool { return d.app.Clipboard().Content() == "" })

	d.press("Revoke…")
	d.mustSay("Revoke token 74?", "Files already received")
	if d.button("Revoke").Importance != widget.DangerImportance || !d.isFocused(d.button("Cancel")) {
		t.Error("revoking does not look dangerous, or Enter does it")
	}
	d.press("Revoke")
	d.until("it was revoked", func() bool { return d.says("revoked") })
	if got := put(t, token, "a.txt", "a"); got != http.StatusForbidden {
		t.Errorf("upload with a revoked token: %d", got)
	}
	ws, err := inbox.workspace(workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	all, err := ws.List(t.Context())
	if err != nil || len(all) != 1 || all[0].CreatedBy != "r.owner" ||
		all[0].RevokedBy != "r.owner" {
		t.Errorf("the table: %+v, %v", all, err)
	}
}

// put stores a file with a token and returns how the storage answers.
func put(t *testing.T, token token.Token, name, text string) (status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut,
		token.Inbox.URL()+"/"+name+"?"+token.Query(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-ms-blob-type", "BlockBlob")
	r.Header.Set("x-ms-version", "2021-12-02")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

func TestTroubleWithTheWorkspaceIsSaidInSentences(t *testing.T) {
	d := openDesk(t, Config{})
	defer func() { d.t = t }()
	ws := manyGrants(1)
	ws.list[0].Reason = "the first"
	v := d.openTokens(ws)
	failure := func(r workspace.Reason, err error) error {
		return &workspace.Error{Op: "issue token", Reason: r, Err: err}
	}
	for name, c := range map[string]struct {
		err  error
		says []string
	}{
		"wrong key": {
			failure(workspace.KeyRefused, workspace.ErrDenied),
			[]string{
				"does not accept this account key", "Nothing was changed.",
				"Connect the account again",
			},
		},
		"no rights": {
			failure(workspace.NotPermitted, workspace.ErrDenied),
			[]string{"does not permit this", "Ask whoever administers"},
		},
		"throttled": {
			failure(workspace.ServiceBusy, workspace.ErrBusy),
			[]string{"The storage is busy.", "Try again in a minute."},
		},
		"offline": {
			failure(workspace.NetworkDown, workspace.ErrBusy),
			[]string{"The storage can't be reached.", "Check the network"},
		},
		"clock wrong": {
			&workspace.Error{
				Reason: workspace.ClockWrong,
				Err:    workspace.ErrDenied, Off: 20 * time.Minute,
			},
			[]string{"clock is 20 minutes ahead of"},
		},
		"name taken": {
			failure(workspace.NameTaken, workspace.ErrRequest),
			[]string{"exists already"},
		},
		"container limit": {
			failure(workspace.ContainersFull, workspace.ErrRequest),
			[]string{"takes no more containers"},
		},
		"disconnected": {
			ErrNotConnected,
			[]string{"No storage account is connected any more."},
		},
		"connection damaged": {ErrConnectionUnreadable, []string{
			"can't be read",
			"Connect the account again",
		}},
		"key not kept": {ErrKeyNotKept, []string{"is not kept on this computer"}},
		"keyring locked": {
			problem.New("read secret", "", problem.VaultLocked),
			[]string{"keyring, which is locked or not there", "Unlock the keyring"},
		},
		"something unexpected": {errors.New("a Go error"), []string{
			"unexpected",
			"report it with the log",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d.t = t
			ws.err = c.err
			d.write("reason", "x")
			d.press("Create a token…")
			d.press("Create")
			d.until("it is said", func() bool { return d.says(c.says[0]) })
			d.mustSay(append(c.says, "the first")...)
			if d.says("a Go error") || len(v.made) != 0 || len(v.grants) != 1 {
				t.Error("it says more")
			}
			if d.button("Create a token…").Disabled() {
				t.Error("it can't be tried again")
			}
		})
	}
}

func TestTheTableIsReadAgainWhereThatFailed(t *testing.T) {
	broken := &grants{err: &workspace.Error{Reason: workspace.NetworkDown, Err: workspace.ErrBusy}}
	d := openDesk(t, Config{})
	acc := &account{open: func() (Workspace, error) { return broken, nil }}
	d.config.Account = acc
	d.issuing.openAccountTokens()
	d.until("it is said", func() bool { return d.says("The storage can't be reached.") })
	d.write("reason", "x")
	if !d.button("Create a token…").Disabled() {
		t.Error("a token can be created before the table was read")
	}
	broken.list = manyGrants(1).list
	d.press("Try again")
	d.until("the table is there", func() bool { return d.says("active") })
	if d.says("The storage can't be reached.") {
		t.Error("the trouble is still said")
	}
}

// TestATokenThatNobodySawIsRevoked: the view is closed while the token is being made, or before it
// could be shown.
func TestATokenThatNobodySawIsRevoked(t *testing.T) {
	inbox := startInbox(t, nil)
	made := make(chan struct{})
	d := openDesk(t, Config{Account: &account{open: func() (Workspace, error) {
		ws, err := inbox.workspace(workspace.Options{})
		return &announced{ws, made}, err
	}}})
	d.issuing.openAccountTokens()
	d.until("the table was read", func() bool { return d.events.named("tokens") != nil })
	d.write("reason", "x")
	d.press("Create a token…")
	d.press("Create")
	<-made // and what would show it waits for Fyne's thread
	d.top.close()
	ws, err := inbox.workspace(workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	for ends := time.Now().Add(30 * time.Second); ; {
		for len(d.work) > 0 {
			(<-d.work)()
		}
		all, err := ws.List(t.Context())
		if err == nil && len(all) == 1 && !all[0].Revoked.IsZero() {
			break
		}
		if time.Now().After(ends) {
			t.Fatalf("it was not revoked: %+v, %v", all, err)
		}
	}
	if d.events.named("created") != nil {
		t.Error("it was shown")
	}
}

// announced tells when a token was issued.
type announced struct {
	Workspace
	issued chan struct{}
}

func (w *announced) Issue(
	ctx context.Context, r workspace.Request,
) (token.Token, workspace.Grant, error) {
	defer close(w.issued)
	return w.Workspace.Issue(ctx, r)
}

func TestClosingTheViewEndsWhatItBegan(t *testing.T) {
	ws := manyGrants(1)
	ws.closed = make(chan struct{})
	d := openDesk(t, Config{})
	d.openTokens(ws)
	d.top.close()
	<-ws.closed
}

// TestWhatOpensMeanwhileTakesNoTokenAway: a message closes other sheets, but not the one that has
// the only copy of a token.
func TestWhatOpensMeanwhileTakesNoTokenAway(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t,
		Config{Account: &account{open: func() (Workspace, error) {
			return inbox.workspace(workspace.Options{})
		}}})
	d.issuing.openAccountTokens()
	d.until("the table was read", func() bool { return d.events.named("tokens") != nil })
	d.write("reason", "x")
	d.press("Create a token…")
	d.press("Create")
	d.until("it was created", func() bool { return d.events.named("created") != nil })
	d.tell("A message", problem.Explanation{What: "of something else"})
	d.tell("Another message", problem.Explanation{What: "of something else"})
	d.mustSay("Another message")
	d.tap("Close")
	d.mustSay("Upload tokens", "Copy it now")
	d.press("Copy")
	if _, err := token.Parse(d.app.Clipboard().Content()); err != nil {
		t.Error(err)
	}
}

// TestEachTokenOfOneViewCanBeCopied: a second one takes nothing from the first.
func TestEachTokenOfOneViewCanBeCopied(t *testing.T) {
	inbox := startInbox(t, nil)
	ws, err := inbox.workspace(workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, Config{After: func(time.Duration, func()) {}})
	v := d.openTokens(ws)
	for n, reason := range []string{"the first", "the second"} {
		d.write("reason", reason)
		d.press("Create a token…")
		d.press("Create")
		d.until("it was created", func() bool { return len(v.made) == n+1 })
	}
	for _, tid := range []int{74, 75} {
		test.Tap(v.made[tid].copy)
		token, err := token.Parse(d.app.Clipboard().Content())
		if err != nil || token.Inbox.TID != fmt.Sprint(tid) {
			t.Errorf("copied token %s, %v; want %d", token.Inbox.TID, err, tid)
		}
	}
	if got := v.grants[0].Reason; got != "the second" {
		t.Errorf("the first row is %q", got)
	}
}
