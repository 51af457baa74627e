package azure

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// portal stands in front of a local inbox as a hotel's sign-in page does: as long as closed says
// so, it answers each request itself, and with success.
func portal(
	t *testing.T, behind string, closed func(n int64) bool,
) (address string, shown *atomic.Int64) {
	t.Helper()
	u, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	through := &httputil.ReverseProxy{
		Transport: transport, ErrorLog: quiet(),
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = u.Scheme, u.Host },
	}
	var seen atomic.Int64
	shown = new(atomic.Int64)
	front := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !closed(seen.Add(1)) {
			through.ServeHTTP(w, r)
			return
		}
		shown.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w,
			"<html><title>Welcome to the hotel</title><form>Room number</form></html>")
	})
	return front.URL, shown
}

// TestASignInPageIsWaitedFor has a page that gives way after a while, and one that comes back again
// and again in the middle of files. What it answers never counts as delivered, and everything
// arrives once and whole.
func TestASignInPageIsWaitedFor(t *testing.T) {
	for name, closed := range map[string]func(n int64) bool{
		"at the beginning": func(n int64) bool { return n <= 5 },
		"now and then":     func(int64) bool { return rand.IntN(4) == 0 },
	} {
		for _, rights := range []string{"w", "cw"} {
			t.Run(name+" "+rights, func(t *testing.T) {
				server, tok := localInbox(t, rights)
				address, shown := portal(t, "http://"+tok.Inbox.Host, closed)
				front, err := token.Parse(address + "/" + tok.Inbox.Account + "/" +
					tok.Inbox.Container + "?" + tok.Query())
				if err != nil {
					t.Fatal(err)
				}
				root, want := writeTree(t)
				status := deliver(t, front, root, Options{})
				if diff := cmp.Diff(want, contents(t, server)); diff != "" {
					t.Errorf("the inbox (-want +got):\n%s", diff)
				}
				if n := status.Files[ledger.Delivered]; n != int64(len(want)) {
					t.Errorf("%d files are said to be delivered, want %d", n, len(want))
				}
				if shown.Load() == 0 && name == "at the beginning" {
					t.Error("the page was never shown")
				}
			})
		}
	}
}
