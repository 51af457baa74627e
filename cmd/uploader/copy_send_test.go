package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"inboxuploader/internal/blobserver"
)

// state returns an environment whose state folder is the test's own.
func stateEnvironment(t *testing.T) func(string) string {
	dir := t.TempDir()
	return func(name string) string {
		if name == "UPLOADER_HOME" {
			return dir
		}
		return ""
	}
}

func TestAnInterruptStopsCalmly(t *testing.T) {
	// Fyne has one from the start, where it is linked.
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	dir := t.TempDir()
	// The first file is delivered; the person interrupts while the second is on the way.
	var first atomic.Bool
	i, err := startInbox(filepath.Join(dir, "inbox"), nil, func(*blobserver.Op) *blobserver.Answer {
		if first.CompareAndSwap(false, true) {
			return nil
		}
		return &blobserver.Answer{Wait: func(ctx context.Context) {
			cancel(errInterrupted)
			<-ctx.Done()
		}, Reset: true}
	})
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
	for _, name := range []string{"1.txt", "2.txt", "3.txt"} {
		if err := os.MkdirAll(data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	code := run(ctx, []string{"copy", data, token, "--recursive", "--json", "--connections", "1"},
		nil, &out, &errs, stateEnvironment(t))
	if code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	var s summary
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.State != stateInterrupted || s.Delivered != 1 || s.Pending != 2 || s.FilesTotal != 3 ||
		len(s.NotDelivered) != 2 {
		t.Errorf("summary %+v", s)
	}
	if !strings.Contains(errs.String(), "Interrupted after") ||
		!strings.Contains(errs.String(), "Not sent: 2 files. Run the same command again") {
		t.Errorf("stderr: %s", errs.String())
	}
}

// TestAWorkingFolderThatIsGoneIsToldInWords: the system then does not say what a relative path
// means.
func TestAWorkingFolderThatIsGoneIsToldInWords(t *testing.T) {
	here := filepath.Join(t.TempDir(), "here")
	if err := os.Mkdir(here, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(here)
	if err := os.Remove(here); err != nil {
		t.Skipf("this system keeps the folder: %v", err)
	}
	if _, err := os.Getwd(); err == nil {
		t.Skip("this system still knows where it was")
	}
	const link = "http://127.0.0.1:1/devstoreaccount1/ws-1?sv=2021-12-02&sr=c&sp=w&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D"
	for _, args := range [][]string{
		{"copy", ".", link, "--recursive"},
		{"copy", ".", link, "--recursive", "--dry-run"},
		{"status", "--state-dir", "state"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), args, nil, &out, &errs, stateEnvironment(t))
		if code != exitUsage || !strings.Contains(errs.String(), "the current folder "+
			"no longer exists.") {
			t.Errorf("%s: exit code %d, %s", strings.Join(args[:2], " "), code, errs.String())
		}
	}
}

func TestAFullDiskForOutputFails(t *testing.T) {
	dir := t.TempDir()
	i, err := startInbox(filepath.Join(dir, "inbox"), nil, nil)
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
	file := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--json", "--dry-run"} {
		var errs bytes.Buffer
		if code := run(t.Context(), []string{"copy", file, token, flag}, nil, fullDisk{}, &errs, stateEnvironment(t)); code != exitNotDelivered {
			t.Errorf("%s: exit code %d, want %d: %s", flag, code, exitNotDelivered, errs.String())
		}
	}
	// A stderr that is full stops nothing.
	if code := run(t.Context(), []string{"copy", file, token, "--overwrite=true"}, nil, &bytes.Buffer{}, fullDisk{}, stateEnvironment(t)); code != exitOK {
		t.Errorf("exit code %d, want %d", code, exitOK)
	}
}
