package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// killsVariable says how often TestKilledAtAnyMomentNothingIsLost kills; .ci/run sets it to more.
const killsVariable = "UPLOADER_KILLS"

const (
	killBlock       = 64 << 10
	killConnections = 4
)

// A program that is killed at any moment goes on where it was: every file arrives whole, and what
// is sent twice is no more than what was under way.
func TestKilledAtAnyMomentNothingIsLost(t *testing.T) {
	kills := 25
	if s := os.Getenv(killsVariable); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	l := newLab(t, "w")
	tree := filepath.Join(t.TempDir(), "tree")
	size := plant(t, tree, kills)
	args := []string{
		"copy", tree, "--recursive", "--token-file", l.tokenFile, "--state-dir", l.state,
		"--connections", strconv.Itoa(killConnections), "--block-size", "64KiB", "--limit-rate",
		"2MB",
	}
	killed := 0
	for ended := false; killed < kills && !ended; {
		if ended = l.kill(t, time.Duration(rand.Int64N(int64(250*time.Millisecond))), args...); ended {
			break
		}
		killed++
		// Before that nothing is known of it, and the same command begins anew.
		if args[0] == "copy" && l.kept(t) {
			args = append([]string{"resume"}, args[3:]...)
		}
	}
	if killed < kills {
		t.Errorf("all was delivered after %d of %d kills: the tree is too small for this machine",
			killed, kills)
	}
	l.run(t, 0, append(args[:len(args)-2], "--json")...)
	l.compare(t, tree)
	var sent, commits int64
	files := map[string]bool{}
	for _, r := range l.server.Requests() {
		sent += r.Bytes
		if r.Status == 201 && (r.Kind == blobserver.PutBlob || r.Kind == blobserver.PutBlockList) {
			commits++
			files[r.Blob] = true
		}
	}
	again := sent - size - listBytes(l.server)
	t.Logf("%d kills, %d files, %d bytes: %d bytes sent again (%d a kill), %d commits repeated",
		killed, len(files), size, again, again/int64(max(killed, 1)), commits-int64(len(files)))
	if most := int64(killed) * killConnections * killBlock; again > most {
		t.Errorf("%d bytes were sent again, more than the %d that can have been under way", again,
			most)
	}
	if repeated := commits - int64(len(files)); repeated > int64(killed)*killConnections {
		t.Errorf("%d commits were repeated in %d kills", repeated, killed)
	}
	l.secretFree(t)
}

// listBytes counts the bodies of Put Block List, which are not files' bytes.
func listBytes(s *blobserver.Server) (n int64) {
	for _, r := range s.Requests() {
		if r.Kind == blobserver.PutBlockList {
			n += r.Bytes
		}
	}
	return n
}

// lab is a local inbox with a token, and a state folder, for processes that deliver to it.
type lab struct {
	server           *blobserver.Server
	dir, state       string
	token, tokenFile string
	base             string
}

const labContainer = "lab-1"

func newLab(t *testing.T, rights string) *lab {
	t.Helper()
	dir := t.TempDir()
	l := &lab{
		dir: dir, state: filepath.Join(dir, "state"), tokenFile: filepath.Join(dir, "token.txt"),
	}
	server, err := blobserver.New(blobserver.Config{Dir: filepath.Join(dir, "inbox"), Record: true})
	if err != nil {
		t.Fatal(err)
	}
	l.server = server
	if err := server.CreateContainer(labContainer); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	l.base = "http://" + listener.Addr().String()
	l.renew(t, labContainer, rights)
	return l
}

// renew makes a new token for a container the one that is used from now on.
func (l *lab) renew(t *testing.T, container, rights string) {
	t.Helper()
	l.renewUntil(t, container, rights, time.Now().Add(time.Hour))
}

// renewUntil is renew with a token that ends then, in whole seconds.
func (l *lab) renewUntil(t *testing.T, container, rights string, end time.Time) {
	t.Helper()
	token, err := l.server.Token(blobserver.TokenRequest{
		Base: l.base, Container: container, Rights: rights,
		From: time.Now().
			UTC().
			Truncate(time.Second).
			Add(-time.Hour),
		To: end.UTC().Truncate(time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	l.token = token
	if err := os.WriteFile(l.tokenFile, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command is the program with these arguments.
func (l *lab) command(args ...string) *exec.Cmd {
	c := exec.Command("uploader", args...)
	c.Env = append(os.Environ(), "TZ=UTC", "GORACE=atexit_sleep_ms=0", "HOME="+l.dir,
		"XDG_CONFIG_HOME="+filepath.Join(l.dir, "config"))
	return c
}

// kill starts the program and kills it after a while; true if it had ended by itself, with success.
func (l *lab) kill(t *testing.T, after time.Duration, args ...string) bool {
	t.Helper()
	c := l.command(args...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() }) // it may have ended
	err := c.Wait()
	timer.Stop()
	if strings.Contains(out.String(), canaryOf(l.token)) {
		t.Fatal("a signature was printed")
	}
	if err != nil && c.ProcessState.ExitCode() > 0 {
		t.Fatalf("exit code %d: %s", c.ProcessState.ExitCode(), out.String())
	}
	return err == nil
}

// kept reports whether the list knows of a transfer.
func (l *lab) kept(t *testing.T) bool {
	t.Helper()
	out, err := l.command("status", "--json", "--state-dir", l.state).Output()
	if err != nil {
		t.Fatal(err)
	}
	return !bytes.Contains(out, []byte(`"transfers":[]`))
}

// run runs the program to its end and returns its summary.
func (l *lab) run(t *testing.T, code int, args ...string) (s summary) {
	t.Helper()
	c := l.command(args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	_ = c.Run() // the exit code tells
	if got := c.ProcessState.ExitCode(); got != code {
		t.Fatalf("%v: exit code %d, want %d: %s", args[0], got, code, errs.String())
	}
	if strings.Contains(out.String()+errs.String(), canaryOf(l.token)) {
		t.Fatal("a signature was printed")
	}
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatalf("%v: %v: %s", args[0], err, out.String())
	}
	return s
}

// canaryOf is a part of a token's signature.
func canaryOf(token string) string {
	_, sig, _ := strings.Cut(token, "sig=")
	return sig[:min(12, len(sig))]
}

// compare checks that the inbox has exactly the files below root, byte for byte.
func (l *lab) compare(t *testing.T, root string) {
	t.Helper()
	want := 0
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want++
		rel, err := filepath.Rel(filepath.Dir(root), path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := l.server.Open(labContainer, filepath.ToSlash(rel))
		if err != nil {
			return fmt.Errorf("%s: %w", rel, err)
		}
		defer func() { _ = f.Close() }() // it was only read
		got, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes in the inbox differ from %d bytes", rel, len(got), len(data))
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if got := len(l.server.Blobs(labContainer)); got != want {
		t.Errorf("%d blobs in the inbox, want %d", got, want)
	}
}

// secretFree checks that nothing below the state folder contains a piece of the token.
func (l *lab) secretFree(t *testing.T) {
	t.Helper()
	if err := filepath.WalkDir(l.state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, query, _ := strings.Cut(l.token, "?")
		for _, piece := range []string{canaryOf(l.token), query} {
			if bytes.Contains(data, []byte(piece)) {
				t.Errorf("%s contains a piece of the token", path)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// plant makes a tree with small and large files that is not delivered before so many kills, and
// returns its bytes.
func plant(t *testing.T, root string, kills int) (size int64) {
	t.Helper()
	write := func(name string, n int) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(rand.Uint32())
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		size += int64(n)
	}
	for i := range 8 + kills*4 {
		write(fmt.Sprintf("small/%d/%d", i%7, i), rand.IntN(20_000))
	}
	for i := range 4 + kills*3/8 {
		write(fmt.Sprintf("large %d", i), killBlock+rand.IntN(20*killBlock))
	}
	write("empty", 0)
	return size
}
