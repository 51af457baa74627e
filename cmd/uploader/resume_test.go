package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// outputOf runs the program to its end and returns what it printed.
func (l *lab) outputOf(t *testing.T, code int, args ...string) string {
	t.Helper()
	c := l.command(append(args, "--state-dir", l.state)...)
	out, _ := c.CombinedOutput() // the exit code tells
	if strings.Contains(string(out), canaryOf(l.token)) {
		t.Fatal("a signature was printed")
	}
	if got := c.ProcessState.ExitCode(); got != code {
		t.Fatalf("%v: exit code %d, want %d: %s", args, got, code, out)
	}
	return string(out)
}

// statusOf returns what "status --json --files" prints.
func (l *lab) statusOf(t *testing.T) (s struct {
	Transfers []statusTransfer
	Files     []statusFile
},
) {
	t.Helper()
	out, err := l.command("status", "--json", "--files", "--state-dir", l.state).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// stagedOnce checks that no block that the storage acknowledged was sent again.
func (l *lab) stagedOnce(t *testing.T) {
	t.Helper()
	seen := map[string]int{}
	for _, r := range l.server.Requests() {
		if r.Kind == blobserver.PutBlock && r.Status == 201 {
			if seen[r.Blob+" "+r.BlockID]++; seen[r.Blob+" "+r.BlockID] == 2 {
				t.Errorf("block %s of %s was acknowledged twice", r.BlockID, r.Blob)
			}
		}
	}
}

// When a token ends in the middle, the next one goes on where it ended: files need not be named,
// and no acknowledged block is sent again.
func TestANewTokenGoesOnWhereTheOldOneEnded(t *testing.T) {
	l := newLab(t, "w")
	tree := filepath.Join(t.TempDir(), "tree")
	plant(t, tree, 12)
	l.renewUntil(t, labContainer, "w", time.Now().Add(3*time.Second))
	how := []string{"--connections", "4", "--block-size", "64KiB"}
	first := l.outputOf(
		t,
		exitToken,
		append(
			[]string{
				"copy", tree, "--recursive", "--token-file", l.tokenFile, "--limit-rate", "1MB",
			},
			how...)...)
	if !strings.Contains(first, "token expired") || !strings.Contains(first, "uploader resume") {
		t.Errorf("the first run said: %s", first)
	}
	s := l.statusOf(t)
	if len(s.Transfers) != 1 || s.Transfers[0].State != "waiting" ||
		s.Transfers[0].Files["failed"]+s.Transfers[0].Files["attention"] != 0 {
		t.Fatalf("status: %+v", s.Transfers)
	}
	if out := l.outputOf(t, exitUsage, "resume"); !strings.Contains(out, "There is no token") {
		t.Errorf("resume without a token said: %s", out)
	}
	l.renew(t, labContainer, "w")
	l.outputOf(t, 0, append([]string{"resume", "--token-file", l.tokenFile}, how...)...)
	l.compare(t, tree)
	l.stagedOnce(t)
	if s := l.statusOf(t); s.Transfers[0].State != "finished" {
		t.Errorf("status: %+v", s.Transfers[0])
	}
	l.secretFree(t)
}

// A token for another container of the workspace takes over only when somebody agrees.
func TestATokenForAnotherContainerTakesOver(t *testing.T) {
	l := newLab(t, "w")
	tree := filepath.Join(t.TempDir(), "tree")
	plant(t, tree, 4)
	l.renewUntil(t, labContainer, "w", time.Now().Add(2*time.Second))
	l.outputOf(t, exitToken, "copy", tree, "--recursive", "--token-file", l.tokenFile,
		"--limit-rate", "500kB", "--block-size", "64KiB")
	if err := l.server.CreateContainer("lab-2"); err != nil {
		t.Fatal(err)
	}
	l.renew(t, "lab-2", "w")
	if out := l.outputOf(t, exitUsage, "resume", "--token-file", l.tokenFile); !strings.Contains(
		out, "--move",
	) {
		t.Errorf("resume said: %s", out)
	}
	out := l.outputOf(t, 0, "resume", "--token-file", l.tokenFile, "--move", "--json")
	files := 0
	if err := filepath.WalkDir(tree, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	there, here := len(l.server.Blobs(labContainer)), len(l.server.Blobs("lab-2"))
	if there+here != files || there == 0 || here == 0 {
		t.Fatalf("%d and %d files are in the two containers, want %d together", there, here, files)
	}
	l.saysOfEachInbox(t, out, map[string]int{labContainer: there, "lab-2": here})
}

// What a move that was interrupted has left behind goes along the next time, though something waits
// for the token's own inbox by then.
func TestAMoveGoesOn(t *testing.T) {
	l := newLab(t, "w")
	if err := l.server.CreateContainer("lab-2"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	old, own := filepath.Join(dir, "old"), filepath.Join(dir, "own")
	for container, tree := range map[string]string{labContainer: old, "lab-2": own} {
		plant(t, tree, 3)
		l.renewUntil(t, container, "w", time.Now().Add(2*time.Second))
		l.outputOf(t, exitToken, "copy", tree, "--recursive", "--token-file", l.tokenFile,
			"--limit-rate", "500kB", "--block-size", "64KiB")
	}
	l.renew(t, "lab-2", "w")
	out := l.outputOf(t, 0, "resume", "--token-file", l.tokenFile, "--move")
	if !strings.Contains(out, "Now going to") {
		t.Errorf("resume said: %s", out)
	}
	for _, transfer := range l.statusOf(t).Transfers {
		if transfer.State != "finished" {
			t.Errorf("transfer %d is %s", transfer.Transfer, transfer.State)
		}
	}
}

// saysOfEachInbox checks that the summary claims for each inbox no more than what is there.
func (l *lab) saysOfEachInbox(t *testing.T, out string, there map[string]int) {
	t.Helper()
	var s summary
	if err := json.Unmarshal([]byte(out[strings.LastIndex(out, "\n{")+1:]), &s); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(s.Inboxes) != len(there) || s.Inbox != nil {
		t.Errorf("%d inboxes are named, want %d: %s", len(s.Inboxes), len(there), out)
	}
	all := 0
	for _, in := range s.Inboxes {
		n := there[in.Container]
		all += n
		if in.Delivered != int64(n) ||
			in.FilesTotal != in.Delivered+in.Skipped+in.Failed+in.Pending {
			t.Errorf("%s is said to have %+v, and has %d", in.Container, in, n)
		}
		if line := fmt.Sprintf("  %d of %d files (", n, n); !strings.Contains(out, line) ||
			!strings.Contains(out, "/"+in.Container+"\n") {
			t.Errorf("no line says %q of %s: %s", line, in.Container, out)
		}
	}
	if !strings.Contains(out, fmt.Sprintf("Delivered all %d files", all)) ||
		!strings.Contains(out, fmt.Sprintf("to %d inboxes in", len(there))) {
		t.Errorf("the summary says: %s", out)
	}
	if s.Delivered+s.Skipped+s.Failed+s.Pending != s.FilesTotal || s.Delivered != int64(all) {
		t.Errorf("the counts are %+v", s)
	}
}

// Two copies and a resume share one list: each file is delivered once.
func TestManyProcessesShareOneList(t *testing.T) {
	l := newLab(t, "w")
	dir := t.TempDir()
	trees := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")}
	for i, tree := range trees {
		for k := range []int{1700, 1700, 1600}[i] {
			path := filepath.Join(tree, fmt.Sprint(k%10), fmt.Sprint(k))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	copyOf := func(tree string) []string {
		return []string{
			"copy", tree, "--recursive", "--token-file", l.tokenFile, "--state-dir", l.state,
		}
	}
	// The third tree's copy is killed once its files are in the list, so that there is something to
	// resume.
	slow := l.command(append(copyOf(trees[2]), "--limit-rate", "1KiB")...)
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	l.awaitScanned(t)
	_ = slow.Process.Kill()
	_ = slow.Wait()
	var wg sync.WaitGroup
	for _, args := range [][]string{
		copyOf(trees[0]), copyOf(trees[1]),
		{"resume", "--token-file", l.tokenFile, "--state-dir", l.state},
	} {
		wg.Go(func() {
			if out, err := l.command(args...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", args[0], err, out)
			}
		})
	}
	wg.Wait()
	delivered := map[string]int{}
	for _, r := range l.server.Requests() {
		if r.Status == 201 && r.Kind == blobserver.PutBlob {
			delivered[r.Blob]++
		}
	}
	twice := 0
	for _, n := range delivered {
		if n > 1 {
			twice++
		}
	}
	// Only what was under way when the third was killed may have been sent twice.
	if len(delivered) != 5000 || twice > 128 {
		t.Errorf("%d files delivered, %d of them twice", len(delivered), twice)
	}
	if s := l.statusOf(t); len(s.Transfers) != 3 || len(s.Files) != 5000 {
		t.Errorf("the list has %d transfers and %d files", len(s.Transfers), len(s.Files))
	}
}

// awaitScanned waits until all files that are to be sent are in the list.
func (l *lab) awaitScanned(t *testing.T) {
	t.Helper()
	for begun := time.Now(); !l.scanned(t); {
		if time.Since(begun) > 2*time.Minute {
			t.Fatal("the files did not come into the list")
		}
	}
}

// scanned reports whether all transfers in the list have all their files.
func (l *lab) scanned(t *testing.T) bool {
	t.Helper()
	s := l.statusOf(t)
	for _, tr := range s.Transfers {
		if !tr.Scanned {
			return false
		}
	}
	return len(s.Transfers) > 0
}

// Commands of one process reach the one that is sending.
func TestQueueCommands(t *testing.T) {
	l := newLab(t, "w")
	tree := filepath.Join(t.TempDir(), "tree")
	plant(t, tree, 8)
	args := []string{
		"copy", tree, "--recursive", "--token-file", l.tokenFile, "--state-dir", l.state,
		"--limit-rate", "200kB", "--block-size", "64KiB",
	}
	sending := l.command(args...)
	var said bytes.Buffer
	sending.Stderr = &said
	if err := sending.Start(); err != nil {
		t.Fatal(err)
	}
	l.awaitScanned(t)
	if out := l.outputOf(t, 0, "status"); !strings.Contains(out, "being sent by another program") {
		t.Errorf("status: %s", out)
	}
	if err := l.server.CreateContainer("other-1"); err != nil {
		t.Fatal(err)
	}
	l.renew(t, "other-1", "w")
	l.outputOf(t, 0, "copy", filepath.Join(tree, "empty"), "--token-file", l.tokenFile)
	l.renew(t, labContainer, "w")
	files := l.statusOf(t).Files
	delivered := fmt.Sprint(files[len(files)-1].Job)
	if out := l.outputOf(t, 0, "queue", "pause", delivered); !strings.Contains(out,
		"Nothing was changed") ||
		strings.Contains(out, "was told") {
		t.Errorf("pausing what another process has delivered said: %s", out)
	}
	l.outputOf(t, 0, "queue", "remove", delivered)
	if out := l.outputOf(t, 0, "queue", "pause", "--all"); !strings.Contains(out, "was told") {
		t.Errorf("pause said: %s", out)
	}
	err := sending.Wait() // it ends because nothing can go on by itself
	if code := sending.ProcessState.ExitCode(); code != exitNotDelivered {
		t.Fatalf("the paused copy ended with %d (%v): %s", code, err, said.String())
	}
	s := l.statusOf(t)
	if s.Transfers[0].State != "paused" {
		t.Fatalf("%+v", s.Transfers[0])
	}
	last := s.Files[len(s.Files)-1]
	l.outputOf(t, 0, "queue", "first", fmt.Sprint(last.Job))
	if now := l.statusOf(t); now.Files[0].Job != last.Job {
		t.Errorf("job %d stands first, want %d", now.Files[0].Job, last.Job)
	}
	l.outputOf(t, 0, "queue", "cancel", fmt.Sprint(last.Job))
	l.outputOf(t, exitNotDelivered, "resume", "--token-file", l.tokenFile)
	if got := l.statusOf(t).Transfers[0].Files["cancelled"]; got != 1 {
		t.Errorf("%d files are cancelled", got)
	}
	l.outputOf(t, 0, "queue", "retry", "--all")
	l.outputOf(t, 0, "resume", "--token-file", l.tokenFile)
	l.compare(t, tree)
	l.outputOf(t, 0, "queue", "clear", "--all")
	if out := l.outputOf(t, 0, "status"); !strings.Contains(out, "Delivered earlier, and cleared "+
		"from the list: ") {
		t.Errorf("status: %s", out)
	}
	for _, wrong := range [][]string{
		{"queue", "pause"},
		{"queue", "pause", "x"},
		{"queue", "first", "--all"},
		{"queue", "cancel", "--all", "7"},
		{"status", "--state", "odd", "--files"},
		{"status", "--state", "failed"},
	} {
		l.outputOf(t, exitUsage, wrong...)
	}
}
