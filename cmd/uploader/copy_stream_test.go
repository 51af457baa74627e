package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/crc64"
)

// streamFaults are a bad day for a stream.
const streamFaults = `
seed 18
refuse ServerBusy  chance=5%
reset              chance=1%
reset at=body      chance=1%
reset at=answer    chance=2%
`

// TestAStreamThroughABadDayArrivesWhole, byte for byte, whose checksum the receipt has.
func TestAStreamThroughABadDayArrivesWhole(t *testing.T) {
	const size = 68<<20 + 12345
	dir := t.TempDir()
	i, err := startInbox(filepath.Join(dir, "inbox"), map[string]string{"faults": streamFaults}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer i.stop()
	token, err := i.server.Token(blobserver.TokenRequest{
		Base: i.base, Container: "practice-1", Rights: "w", To: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{18}).Read(data) // never fails
	receipt := filepath.Join(dir, "receipt.json")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{
		"copy", "-", "--name", "run7.tar", token, "--json", "--block-size", "512KiB", "--receipt",
		receipt,
	}, bytes.NewReader(data), &out, &errs, stateEnvironment(t)); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	var s summary
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Delivered != 1 || s.BytesTotal != size || !s.Checked || s.Retries < 5 {
		t.Errorf("summary %+v", s)
	}
	f, err := i.server.Open("practice-1", "run7.tar")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d of %d bytes arrived, or others: %v", len(got), size, err)
	}
	text, err := os.ReadFile(receipt)
	if want := fmt.Sprintf(`"crc64_hex":"0x%016x"`, crc64.Checksum(data)); err != nil ||
		!strings.Contains(string(text), want) {
		t.Errorf("the receipt has no %s: %s %v", want, text, err)
	}
}

// TestAStreamThatIsKilledLeavesNoBlob, nor anything that waits, whether it has time to say so or
// not.
func TestAStreamThatIsKilledLeavesNoBlob(t *testing.T) {
	for name, c := range map[string]struct {
		signal os.Signal
		code   int
	}{"killed": {os.Kill, -1}, "told to end": {syscall.SIGTERM, exitInterrupted}} {
		t.Run(name, func(t *testing.T) {
			if name == "told to end" && os.PathSeparator == '\\' {
				t.Skip("Windows tells no program to end")
			}
			l := newLab(t, "w")
			sending := l.command("copy", "-", "--name", "run7.tar", "--token-file", l.tokenFile,
				"--state-dir", l.state, "--block-size", "64KiB")
			var errs bytes.Buffer
			sending.Stderr = &errs
			in, err := sending.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := sending.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Write(make([]byte, 1<<20)); err != nil {
				t.Fatal(err)
			}
			staged := func() (n int) {
				for _, r := range l.server.Requests() {
					if r.Kind == blobserver.PutBlock && r.Status == 201 {
						n++
					}
				}
				return n
			}
			for begun := time.Now(); staged() < 4; time.Sleep(5 * time.Millisecond) {
				if time.Since(begun) > 30*time.Second {
					t.Fatal("nothing arrives")
				}
			}
			if err := sending.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			_ = sending.Wait() // the exit code tells
			if got := sending.ProcessState.ExitCode(); got != c.code {
				t.Errorf("exit code %d, want %d: %s", got, c.code, &errs)
			}
			_ = in.Close()
			if blobs := l.server.Blobs(labContainer); len(blobs) > 0 {
				t.Errorf("%v are in the inbox", blobs)
			}
			if s := l.statusOf(t); len(s.Transfers) > 0 {
				t.Errorf("%+v are in the list", s.Transfers)
			}
			l.secretFree(t)
		})
	}
}
