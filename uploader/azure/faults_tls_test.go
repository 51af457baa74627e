package azure

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// TestFaultsOfTLS: a certificate that nobody vouches for holds the inbox, and nothing is sent over
// such a connection; a handshake that fails is tried again.
func TestFaultsOfTLS(t *testing.T) {
	for _, test := range []struct {
		line string
		end  ending
	}{
		{"untrusted count=1", holds(problem.NetworkInspected)},
		{"handshake count=2", delivered},
		{"handshake", waits(problem.NetworkDown)},
	} {
		for _, size := range []int{smallSize, largeSize} {
			t.Run(fmt.Sprint(test.line, " ", size), func(t *testing.T) {
				faults, err := blobserver.ParseFaults(test.line)
				if err != nil {
					t.Fatal(err)
				}
				server, err := blobserver.New(blobserver.Config{Dir: t.TempDir(), Faults: faults})
				if err != nil {
					t.Fatal(err)
				}
				config, ca, err := server.TLS()
				if err != nil {
					t.Fatal(err)
				}
				base := "https://" + serveOn(t, server, tls.NewListener(listen(t), config), "ws-1")
				tok := tokenFor(t, server, base, "ws-1", "cw", time.Hour)
				source := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(source, make([]byte, size), 0o600); err != nil {
					t.Fatal(err)
				}
				queue, err := uploader.NewQueue(t.Context(), uploader.Config{
					Steady: time.Millisecond,
					Open: func(token token.Token) (store.Store,
						error,
					) {
						return Open(token, Options{CAFile: ca})
					},
					BlockSize: plan.MinBlockSize, Connections: 1,
				})
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := queue.Close(); err != nil {
						t.Error(err)
					}
				}()
				if err := queue.Use(tok); err != nil {
					t.Fatal(err)
				}
				if _, err := queue.Add(t.Context(), tok.Inbox, []string{source},
					ledger.AddOptions{}); err != nil {
					t.Fatal(err)
				}
				err = (&faultWorld{}).await(t.Context(), queue, test.end)
				switch e, _ := errors.AsType[*problem.Error](err); {
				case test.end.holds:
					if e == nil || e.Reason != test.end.reason {
						t.Errorf("waits for %v, want %s", err, test.end.reason)
					}
					if n := len(server.Counts()); n != 0 {
						t.Errorf("%d kinds of requests were made over a connection that can't be trusted", n)
					}
					if err := queue.Use(tok); err != nil {
						t.Error(err)
					}
				case err != nil:
					t.Fatal(err)
				}
				faults.Off()
				if err := queue.Wait(t.Context()); err != nil {
					t.Error(err)
				}
				if n := queue.Status().Files[ledger.Delivered]; n != 1 || faults.Met()[0] == 0 {
					t.Errorf("%d delivered, %d faults met", n, faults.Met()[0])
				}
			})
		}
	}
}
