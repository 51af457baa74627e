package ui

import (
	"context"
	"errors"
	"testing"

	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
)

// TestAProxysSignInIsAskedFor: where a proxy wants a name and a password, the banner offers a dialog
// for them rather than another token, and hands them on for that proxy.
func TestAProxysSignInIsAskedFor(t *testing.T) {
	q := newCrowd(3)
	hold := problem.New("send", "", problem.ProxySignIn)
	hold.Proxy = "proxy.example.org:8080"
	q.status.Inboxes = []uploader.InboxStatus{{Inbox: "in", Unfinished: 3, Hold: hold}}
	type given struct {
		proxy, name, password string
		keep                  bool
	}
	got := make(chan given, 1)
	fails := errors.New("no keyring")
	d := openDesk(t, Config{
		Queue: q,
		ProxySignIn: func(_ context.Context, proxy, name, password string, keep bool) error {
			got <- given{proxy, name, password, keep}
			return fails
		},
	})
	d.look()
	d.mustSay("Your proxy needs a sign-in.")
	d.mustSay("Sign in; the upload then continues by itself.")
	if d.says("UPLOADER_PROXY") || d.banner.paste.Visible() {
		t.Error("the window speaks of a variable, or offers to paste a token")
	}
	d.tap("Sign in…")
	d.mustSay("Your proxy proxy.example.org:8080 wants a name and a password")
	d.tap("Sign in") // without a name
	if d.top == nil {
		t.Fatal("it was sent without a name")
	}
	name, ok := d.named["proxy_name"][0].(*sheetEntry)
	password, also := d.named["proxy_password"][0].(*sheetEntry)
	if !ok || !also || !password.Password {
		t.Fatal("the password can be read on the screen")
	}
	name.SetText(`WARD\ann`)
	password.SetText("s3cret")
	d.tap("Sign in")
	if g := <-got; g != (given{hold.Proxy, `WARD\ann`, "s3cret", false}) {
		t.Errorf("got %+v", g)
	}
	d.until("it says that it is not kept", func() bool {
		return d.says("The password could not be kept in the keyring.")
	})
	if password.Text != "" || d.says("s3cret") {
		t.Error("the password stays")
	}
}
