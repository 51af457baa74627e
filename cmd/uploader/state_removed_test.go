package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader/problem"
)

// TestAStateFolderThatIsRemovedIsSaid: nothing more is sent that could not be written down, and the
// same command goes on.
func TestAStateFolderThatIsRemovedIsSaid(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows removes no file that is in use")
	}
	l := newLab(t, "w")
	tree := filepath.Join(t.TempDir(), "tree")
	plant(t, tree, 8)
	args := []string{
		"copy", tree, "--recursive", "--token-file", l.tokenFile, "--state-dir", l.state,
		"--block-size", "64KiB", "--json",
	}
	sending := l.command(
		append(args, "--limit-rate", "100kB", "--receipt", filepath.Join(t.TempDir(), "r.csv"))...)
	var said bytes.Buffer
	sending.Stdout, sending.Stderr = &said, &said
	if err := sending.Start(); err != nil {
		t.Fatal(err)
	}
	l.awaitScanned(t)
	for !slices.ContainsFunc(l.server.Requests(), func(r blobserver.Request) bool { return r.Kind == blobserver.PutBlob && r.Status == 201 }) {
		time.Sleep(5 * time.Millisecond)
	}
	if err := os.Rename(l.state, l.state+"-removed"); err != nil {
		t.Fatal(err)
	}
	_ = sending.Wait() // the exit code tells
	if code := sending.ProcessState.ExitCode(); code != exitNotDelivered {
		t.Errorf("exit code %d: %s", code, said.String())
	}
	for _, want := range []string{
		explain(problem.New("", "", problem.JournalGone)).String(), "Not sent: ",
		`"state":"incomplete"`, `"reason":"journal-gone"`,
	} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in: %s", want, said.String())
		}
	}
	for _, gone := range []string{"uploader resume", "uploader status", "Log: ", `"log":`} {
		if strings.Contains(said.String(), gone) {
			t.Errorf("it names %q, which is gone: %s", gone, said.String())
		}
	}
	l.outputOf(t, exitNotDelivered, args[:5]...) // what is there is left alone
	l.compare(t, tree)
}
