package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// answering answers a test of the connection with these steps, and keeps what was asked for.
func answering(steps []ConnectionStep, result ConnectionResult, asked chan<- token.Token) func(
	context.Context, token.Token, problem.Translate, func(ConnectionStep)) ConnectionResult {
	return func(ctx context.Context, t token.Token, _ problem.Translate,
		step func(ConnectionStep),
	) ConnectionResult {
		asked <- t
		for _, s := range steps {
			step(s)
		}
		return result
	}
}

// inspected is a queue that waits because the network inspects traffic to its one inbox.
func inspected(t *testing.T) (*crowd, token.Token) {
	t.Helper()
	tok, err := token.Parse(someToken())
	if err != nil {
		t.Fatal(err)
	}
	q := newCrowd(3)
	hold := problem.New("send", "", problem.NetworkInspected)
	hold.Value, hold.Issuer = tok.Inbox.Host, "Ward Firewall CA"
	q.status.Inboxes = []uploader.InboxStatus{{
		Inbox: tok.Inbox.Key(), Token: tok, Unfinished: 3, Hold: hold,
	}}
	return q, tok
}

// TestAnInspectedNetworkIsTested: the banner names who issued the certificate, offers the test
// rather than another token, and the certificate can be saved for the IT.
func TestAnInspectedNetworkIsTested(t *testing.T) {
	q, tok := inspected(t)
	asked := make(chan token.Token, 9)
	path := filepath.Join(t.TempDir(), "for-it.pem")
	reopened := make(chan Settings, 9)
	d := openDesk(t, Config{
		Queue: q, Version: "1.2.3",
		TestConnection: answering([]ConnectionStep{
			{Name: "proxy", OK: true, Message: "The proxy is http://proxy.example.org:8080."},
			{Name: "tls", Message: "It is not trusted here.", Ask: "Do you inspect traffic?"},
		}, ConnectionResult{
			Certificates: []byte("-----BEGIN CERTIFICATE-----\n"),
			Failed:       problem.Explanation{What: "It can't be reached.", Do: "Ask your IT."},
		}, asked),
		Network: func(s Settings) Notice { reopened <- s; return nil },
		Desktop: Desktop{Save: func(context.Context, string, string, string, string) (string,
			error,
		) {
			return path, nil
		}},
	})
	d.look()
	d.mustSay("The certificate seen here was issued by “Ward Firewall CA”.")
	if d.banner.paste.Visible() || !d.banner.now.Visible() {
		t.Error("another token is asked for, or the next try is not offered")
	}
	for _, size := range []fyne.Size{smallest, fyne.NewSize(900, 620)} {
		d.window.Resize(size)
		d.look()
		d.fitsIn(size)
	}
	d.tap("Test the connection…")
	d.until("it is tested", func() bool { return d.says("It can't be reached.") })
	if got := <-asked; got.Query() != tok.Query() {
		t.Error("another token was tested")
	}
	d.mustSay("The proxy is http://proxy.example.org:8080.", "It is not trusted here.",
		"For your IT: Do you inspect traffic?")
	for _, size := range []fyne.Size{smallest, fyne.NewSize(900, 620)} {
		d.window.Resize(size)
		d.fitsIn(size)
	}

	d.tap("Copy for your IT")
	text := d.app.Clipboard().Content()
	for _, want := range []string{
		"trestore.blob.core.windows.net", "1.2.3", "✗ It is not trusted here.",
		"→ Do you inspect traffic?", "✗ It can't be reached.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not contain %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "sig=") || strings.Contains(text, canary[:6]) {
		t.Error("the text holds the signature")
	}
	d.tap("Save the certificate…")
	d.until("it is saved", func() bool { return d.says("Saved") })
	if got, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(got), "-----BEGIN") {
		t.Errorf("%q, error %v", got, err)
	}
	d.tap("Close")
	d.tap("Try now")
	d.finish()
	if len(reopened) != 1 {
		t.Error("the connections are the old ones, which trust what was trusted before")
	}
}

// TestTheConnectionIsTestedWithoutAToken: the address is typed, and what is none is refused.
func TestTheConnectionIsTestedWithoutAToken(t *testing.T) {
	asked := make(chan token.Token, 9)
	d := openDesk(t, Config{Queue: newFew(), TestConnection: answering([]ConnectionStep{
		{Name: "names", OK: true, Message: "The name leads there."},
	}, ConnectionResult{}, asked)})
	d.connection.open("")
	d.tap("Test")
	d.mustSay("This is no address of a storage")
	e, ok := d.window.Canvas().Focused().(*sheetEntry)
	if !ok {
		t.Fatal("the keyboard is not where the address is typed")
	}
	for _, none := range []string{"https://a.example?sig=x", "ftp://a.example", "https://u:p@a.example"} {
		e.SetText(none)
		d.tap("Test")
		d.mustSay("This is no address of a storage")
	}
	e.SetText(" name.blob.core.windows.net ")
	d.tap("Test")
	d.until("it is tested", func() bool { return d.says("The storage can be reached.") })
	if got := <-asked; got.Inbox.Host != "name.blob.core.windows.net" || got.Query() != "" ||
		len(asked) > 0 {
		t.Errorf("asked for %+v", got.Inbox)
	}
	d.mustSay("The name leads there.", "Test again")
}

// TestAnInboxThatMayNotBeSentToIsNotTested: an address that was taken back gets no token.
func TestAnInboxThatMayNotBeSentToIsNotTested(t *testing.T) {
	q, _ := inspected(t)
	strange, err := token.Parse(someToken("trestore.blob.core.windows.net", "files.example.org"),
		token.AllowHost("files.example.org"))
	if err != nil {
		t.Fatal(err)
	}
	q.status.Inboxes[0].Token = strange
	d := openDesk(t, Config{Queue: q, TestConnection: answering(nil, ConnectionResult{},
		make(chan token.Token, 9))})
	d.look()
	if names, to := d.connection.places(); len(to) > 0 {
		t.Errorf("tested could be %q", names)
	}
}

// TestTheSettingsSayWhichProxyThereIs, and a test that is closed ends.
func TestTheSettingsSayWhichProxyThereIs(t *testing.T) {
	q, tok := inspected(t)
	ended := make(chan token.Token, 9)
	d := openDesk(t, Config{Queue: q, TestConnection: func(ctx context.Context, t token.Token,
		_ problem.Translate, step func(ConnectionStep),
	) ConnectionResult {
		step(ConnectionStep{Name: "proxy", OK: true, Message: "The proxy is nowhere."})
		<-ctx.Done()
		ended <- t
		return ConnectionResult{}
	}})
	d.look()
	d.options.open()
	d.until("the proxy is named", func() bool { return d.says("The proxy is nowhere.") })
	if got := <-ended; got.Query() != "" || got.Inbox.Host != tok.Inbox.Host {
		t.Error("the token was sent for it")
	}
	d.tap("Test the connection…")
	d.tap("Test")
	d.mustSay("Testing…")
	d.tap("Close")
	<-ended
	d.finish()
	if d.events.named("tested") != nil {
		t.Error("a test that was closed has a result")
	}
}
