package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// askStorage is how the program asks.
func askStorage(ctx context.Context, t token.Token) (store.Checked, error) {
	s, err := azure.Open(t, azure.Options{})
	if err != nil {
		return store.Checked{}, err
	}
	defer func() { _ = s.Close() }()
	return store.CheckToken(ctx, s, t)
}

func TestATokenIsCheckedWithTheStorage(t *testing.T) {
	inbox := startInbox(t, nil)
	good := inbox.token(time.Now().Add(48 * time.Hour))
	d := openDesk(t, Config{CheckToken: askStorage})
	d.tokens.open(good)
	d.tap("Test this token")
	d.until("it is accepted", func() bool { return d.says("The storage accepts this token.") })
	d.mustSay("The test left nothing behind.")
	if d.says("clock") {
		t.Error("the clock is spoken of")
	}
	if len(inbox.blobs()) > 0 {
		t.Error("something was left in the inbox")
	}
	// An answer belongs to its token.
	d.top.close()
	d.tokens.open("no token")
	if d.says("Test this token") {
		t.Error("what is no token can be checked")
	}
	d.top.close()
	d.tokens.open(swapSignature(good))
	if d.says("The storage accepts this token.") {
		t.Error("another token's answer is shown")
	}
	d.tap("Test this token")
	d.until("it is refused",
		func() bool { return d.says("The storage does not accept this token") })
	if e := d.events.named("checked"); e == nil || e["accepted"] != false {
		t.Errorf("event checked: %v", e)
	}
}

func TestAWrongClockIsSaidWhenATokenIsChecked(t *testing.T) {
	d := openDesk(t, Config{CheckToken: func(context.Context, token.Token) (store.Checked, error) {
		return store.Checked{ClockKnown: true, ClockAhead: 14 * time.Minute}, nil
	}})
	d.tokens.open(someToken())
	d.tap("Test this token")
	d.until("it is accepted", func() bool { return d.says("The storage accepts this token.") })
	d.mustSay("This computer's clock is 14 min ahead of the storage's.", "Set it right")
	d.fitsIn(d.window.Canvas().Size())
}

// TestAnAnswerForAClosedDialogIsDropped: nothing is shown, and nothing waits.
func TestAnAnswerForAClosedDialogIsDropped(t *testing.T) {
	asked, ended := make(chan struct{}), make(chan struct{})
	check := func(ctx context.Context, _ token.Token) (store.Checked, error) {
		close(asked)
		<-ctx.Done()
		close(ended)
		return store.Checked{}, context.Cause(ctx)
	}
	d := openDesk(t, Config{CheckToken: check})
	d.tokens.open(someToken())
	d.tap("Test this token")
	<-asked
	d.top.close()
	<-ended
	d.look()
	d.tokens.open(someToken())
	d.mustSay("Test this token")
}

func TestTheClipboardIsClearedIfThePersonAgrees(t *testing.T) {
	inbox := startInbox(t, nil)
	link := inbox.token(time.Now().Add(48 * time.Hour))
	for name, c := range map[string]struct {
		before, want string
		untick       bool
	}{
		"agreed":               {before: link, want: ""},
		"not agreed":           {before: link, want: link, untick: true},
		"something else on it": {before: "a poem", want: "a poem"},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t, Config{})
			d.clipboard(c.before)
			d.tokens.open(link)
			if offered := d.says("Clear the clipboard afterwards"); offered != (c.before == link) {
				t.Errorf("offered: %v", offered)
			}
			if c.untick {
				d.check("Clear the clipboard afterwards")
			}
			d.tap("Use this token")
			if got := d.app.Clipboard().Content(); got != c.want {
				t.Errorf("the clipboard is left with %d characters, want %d", len(got), len(c.want))
			}
			if d.settings.KeepClipboard != c.untick {
				t.Error("the choice is not remembered")
			}
			d.clipboard("")
		})
	}
}

// swapSignature returns a token that nobody issued.
func swapSignature(link string) string {
	before, after, _ := strings.Cut(link, "sig=")
	_, rest, _ := strings.Cut(after, "&")
	return before + "sig=" + canary + "&" + rest
}
