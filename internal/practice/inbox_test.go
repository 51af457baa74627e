package practice

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"inboxuploader/uploader"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// send puts one small blob into the inbox and returns the reason of the error, or "".
func send(t *testing.T, link, name string) problem.Reason {
	t.Helper()
	tok, err := token.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	q, err := uploader.NewQueue(t.Context(),
		uploader.Config{Steady: time.Millisecond, Open: func(t token.Token) (store.Store, error) { return azure.Open(t, azure.Options{}) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}()
	path := t.TempDir() + "/" + name
	if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := q.Use(tok); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Add(t.Context(), tok.Inbox, []string{path}, ledger.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	for {
		s := q.Status()
		switch {
		case s.Files[ledger.Delivered] == 1:
			return ""
		case len(s.Inboxes) == 1 && s.Inboxes[0].Hold != nil:
			return s.Inboxes[0].Hold.Reason
		case len(s.Inboxes) == 1 && s.Inboxes[0].Trouble != nil:
			return s.Inboxes[0].Trouble.Reason
		}
		select {
		case <-q.Changed():
		case <-t.Context().Done():
			t.Fatal("nothing came of it")
		}
	}
}

func TestWhatCanGoWrongDoes(t *testing.T) {
	i, err := Start(t.Context(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	token := func() string {
		t.Helper()
		link, err := i.Token()
		if err != nil {
			t.Fatal(err)
		}
		return link
	}
	first := token()
	if got := send(t, first, "one.txt"); got != "" {
		t.Errorf("a token that works: %q", got)
	}
	if err := i.EndTokens(); err != nil {
		t.Fatal(err)
	}
	if got := send(t, first, "two.txt"); got != problem.Expired {
		t.Errorf("an ended token: %q", got)
	}
	second := token()
	if got := send(t, first, "still.txt"); got != problem.Expired {
		t.Errorf("the ended token after the next was issued: %q", got)
	}
	if got := send(t, second, "three.txt"); got != "" {
		t.Errorf("the next token: %q", got)
	}
	i.PullCable(true)
	if got := send(t, second, "four.txt"); got != problem.NetworkDown {
		t.Errorf("a pulled cable: %q", got)
	}
	i.PullCable(false)
	if got := send(t, second, "five.txt"); got != "" {
		t.Errorf("the cable back in its place: %q", got)
	}
	samples, err := i.Samples()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := i.Samples(); err != nil || again != samples {
		t.Errorf("the samples again: %q, %v", again, err)
	}
	folder := i.Folder()
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder is still there")
	}
}

func TestItOutlivesTheContextThatStartedIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	i, err := Start(ctx, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	link, err := i.Token()
	if err != nil {
		t.Fatal(err)
	}
	if got := send(t, link, "one.txt"); got != "" {
		t.Errorf("%q", got)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
}

// TestAPracticeInboxIsKnownAgain in a later run, and no other is taken for one.
func TestAPracticeInboxIsKnownAgain(t *testing.T) {
	i, err := Start(t.Context(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	link, err := i.Token()
	if err = errors.Join(err, i.Close()); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		link: true,
		strings.Replace(link, "/"+account+"/", "/localinbox/", 1): false,
		"https://practiceinbox.blob.core.windows.net/practice-1?sv=2021-12-02&sr=c&sp=w&se=2099-01-01T00:00:00Z&sig=" + strings.Repeat("A", 43) + "%3D": false,
	} {
		token, err := token.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if Is(token.Inbox.Host, token.Inbox.Account) != want {
			t.Errorf("%s: %v", token.Inbox, !want)
		}
	}
}
