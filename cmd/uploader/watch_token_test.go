package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/token"
)

// TestThatATokenIsOverIsSaidOnce, also where nothing is to be sent, with where the next one is looked
// for, and in the log.
func TestThatATokenIsOverIsSaidOnce(t *testing.T) {
	for name, c := range map[string]struct {
		file, to, credentials string
		says                  string
	}{
		"of a file":     {"/etc/t.token", "", "", "put it into “/etc/t.token”; it is used within a few seconds"},
		"of a service":  {"/run/credentials/x/token", "", "/run/credentials/x", "restart the service"},
		"of a kept one": {"", "Cardio study", "", "uploader inbox add --replace"},
		"of a line":     {"", "", "", "stop this command and run it again with that token"},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			var said, logged bytes.Buffer
			p := newProgram(&console{stderr: &said, env: func(name string) string {
				if name == "CREDENTIALS_DIRECTORY" {
					return c.credentials
				}
				return ""
			}})
			p.now = func() time.Time { return now }
			r := &watchRun{copyRun: &copyRun{program: p, copyFlags: &copyFlags{to: c.to}}}
			r.tokenFile = c.file
			w := &watcher{watchRun: r, log: slog.New(slog.NewTextHandler(&logged, nil)), token: token.Token{
				ValidTo: now.Add(clockDifference),
			}}
			w.tellOfEnd()
			if said.Len() > 0 {
				t.Errorf("before it is over: %s", said.String())
			}
			now = now.Add(3 * clockDifference)
			for range 3 {
				w.tellOfEnd()
				w.standing = "" // as when something went through meanwhile
			}
			if n := strings.Count(said.String(), "This upload token expired"); n != 1 ||
				!strings.Contains(said.String(), c.says) {
				t.Errorf("said %d times: %s", n, said.String())
			}
			if n := strings.Count(logged.String(), "level=WARN"); n != 1 {
				t.Errorf("logged %d times", n)
			}
		})
	}
}
