package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// TestAFileThatChangesAfterItWasSentIsListed: it is delivered as it was, the summary says so, and
// the exit code is 1.
func TestAFileThatChangesAfterItWasSentIsListed(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	var first string
	i, err := startInbox(
		filepath.Join(dir, "inbox"),
		nil,
		func(op *blobserver.Op) *blobserver.Answer {
			mu.Lock()
			defer mu.Unlock()
			if first == "" {
				first = op.Blob
				return nil
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(first)), []byte("and more of it"), 0o600); err != nil {
				t.Error(err)
			}
			return nil
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer i.stop()
	token, err := i.server.Token(
		blobserver.TokenRequest{
			Base: i.base, Container: "practice-1", Rights: "cw",
			To: time.Now().Add(time.Hour),
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	for _, name := range []string{"1.txt", "2.txt"} {
		if err := os.MkdirAll(data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	code := run(t.Context(),
		[]string{"copy", data, token, "--recursive", "--json", "--connections", "1"}, nil, &out,
		&errs, stateEnvironment(t))
	if code != exitNotDelivered {
		t.Errorf("exit code %d, want %d", code, exitNotDelivered)
	}
	var s summary
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	want := sentFile{sourceInJSON(filepath.Join(dir, filepath.FromSlash(first))), first}
	if s.Delivered != 2 || s.FilesTotal != 2 || len(s.ChangedAfterSent) != 1 ||
		s.ChangedAfterSent[0] != want {
		t.Errorf("summary %+v, want %v changed", s, want)
	}
	if said := errs.String(); !strings.Contains(said, "Changed after being sent: 1 file. The "+
		"inbox has the earlier content.") ||
		!strings.Contains(said, filepath.Base(first)) {
		t.Errorf("stderr: %s", said)
	}
}
