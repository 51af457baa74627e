package workspace

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a storage account to test against.
type site struct {
	account Account
	server  *blobserver.Server // nil for an emulator
	dir     string             // the server's folder
	// emulator is whether this is Azurite, on which tokens don't work until settle has been called.
	emulator bool
	settle   func(t *testing.T, g Grant) // what an emulator needs beside, so that a token works as on the service
}

// newSite runs a local inbox until the test ends.
func newSite(t *testing.T, cfg blobserver.Config) *site {
	t.Helper()
	cfg.Dir = t.TempDir()
	server, err := blobserver.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(context.Background(), listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-done); err != nil {
			t.Error(err)
		}
	})
	account, err := ParseAccount(base64.StdEncoding.EncodeToString(server.Key()),
		"http://"+listener.Addr().String()+"/"+server.Account())
	if err != nil {
		t.Fatal(err)
	}
	return &site{account: account, server: server, dir: cfg.Dir, settle: func(*testing.T, Grant) {}}
}

// open returns a workspace that repeats at once.
func (s *site) open(t *testing.T, id string) *Workspace {
	t.Helper()
	return openWith(t, s.account, id, Options{})
}

func openWith(t *testing.T, a Account, id string, o Options) *Workspace {
	t.Helper()
	o.retryDelay = time.Microsecond
	w, err := Open(a, id, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// issue issues a token and makes it work.
func (s *site) issue(t *testing.T, w *Workspace, r Request) (token.Token, Grant) {
	t.Helper()
	token, g, err := w.Issue(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	s.settle(t, g)
	return token, g
}

// deliver sends files with a token as the program does, and returns what the queue says when
// nothing goes on by itself.
func deliver(t *testing.T, tok token.Token, paths ...string) (uploader.Status, error) {
	t.Helper()
	q, err := uploader.NewQueue(t.Context(),
		uploader.Config{Steady: time.Millisecond, Open: func(token token.Token) (store.Store, error) {
			return azure.Open(token, azure.Options{})
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := q.Use(tok); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Add(t.Context(), tok.Inbox, paths,
		ledger.AddOptions{Scan: scan.Options{Recursive: true}}); err != nil {
		t.Fatal(err)
	}
	err = q.Wait(t.Context())
	return q.Status(), err
}

// folder writes files and returns the folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// reasonOf returns the reason of an error of this package, or says what else it is.
func reasonOf(err error) Reason {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return Reason(fmt.Sprintf("%T %v", err, err))
}

// signature returns a token's signature as it stands in the link, which nothing but the link may
// show.
func signature(token token.Token) string {
	_, sig, _ := strings.Cut(token.Query(), "sig=")
	return sig
}

// refusing answers the n-th request of a kind, counted from 1, with a refusal; with n 0 each.
func refusing(
	kind blobserver.Kind, n int64, status int, code string,
) func(*blobserver.Op) *blobserver.Answer {
	return func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind != kind || n != 0 && op.Nth != n {
			return nil
		}
		return &blobserver.Answer{Status: status, Code: code}
	}
}
