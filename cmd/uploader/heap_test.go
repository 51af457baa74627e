package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

// heapProfiles is where BenchmarkHeap puts its profiles. What -memprofile writes is of the end,
// when all is let go.
var heapProfiles = flag.String("heapprofiles", "", "folder for heap profiles of BenchmarkHeap, "+
	"taken when half is sent")

// BenchmarkHeap is "uploader copy" in this process before a sink in another, to be looked at with
// pprof:
//
//	go test ./cmd/uploader -run '^$' -bench Heap -benchtime 1x -memprofilerate 4096 -heapprofiles DIR
//	go tool pprof -sample_index=inuse_space -top DIR/small.heap     what is held
//	go tool pprof -sample_index=alloc_space -top DIR/small.heap     what was allocated until then
func BenchmarkHeap(b *testing.B) {
	for _, work := range []struct {
		name  string
		bytes int64
		make  func(b *testing.B, dir string)
	}{
		{"small", 10_000 * 16 << 10, func(b *testing.B, dir string) {
			content := make([]byte, 16<<10)
			for i := range 10_000 {
				folder := filepath.Join(dir, fmt.Sprintf("d%04d", i/100))
				must(b, os.MkdirAll(folder, 0o700))
				must(b, os.WriteFile(filepath.Join(folder, fmt.Sprintf("f%07d.dat", i)), content, 0o600))
			}
		}},
		{"4g", 4 << 30, func(b *testing.B, dir string) {
			path := filepath.Join(dir, "large.bin")
			must(b, os.WriteFile(path, nil, 0o600))
			must(b, os.Truncate(path, 4<<30))
		}},
	} {
		b.Run(work.name, func(b *testing.B) {
			dir := b.TempDir()
			work.make(b, dir)
			inbox, control := startBenchSink(b)
			b.ReportAllocs()
			for b.Loop() {
				home := b.TempDir()
				env := map[string]string{"UPLOADER_HOME": home}
				taken := make(chan error, 1)
				ctx, cancel := context.WithCancel(b.Context())
				go func() { taken <- profileAt(ctx, control, work.bytes/2, work.name) }()
				code := run(
					b.Context(),
					[]string{"copy", "--recursive", "--overwrite=true", dir, inbox},
					strings.NewReader(""),
					io.Discard,
					io.Discard,
					func(name string) string { return env[name] },
				)
				cancel()
				if err := <-taken; code != exitOK || err != nil {
					b.Fatalf("exit code %d, %v", code, err)
				}
				must(b, post(control+"/reset"))
			}
		})
	}
}

// profileAt writes a heap profile as soon as the sink has received so many bytes, if it is to.
func profileAt(ctx context.Context, control string, bytes int64, name string) error {
	if *heapProfiles == "" {
		return nil
	}
	for {
		var received int64
		resp, err := http.Get(control + "/received")
		if err != nil {
			return err
		}
		_, err = fmt.Fscan(resp.Body, &received)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return err
		}
		if received >= bytes {
			break
		}
		select {
		case <-ctx.Done():
			return errors.New("all was sent before a profile was taken")
		case <-time.After(2 * time.Millisecond):
		}
	}
	runtime.GC() // a profile is of the last collection
	f, err := os.Create(filepath.Join(*heapProfiles, name+".heap"))
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close())
}

// startBenchSink starts the sink of "make bench", which ends with its standard input.
func startBenchSink(b *testing.B) (inbox, control string) {
	sink := exec.CommandContext(b.Context(), "go", "run", "inboxuploader/internal/bench", "sink",
		"-trust")
	stdin, err := sink.StdinPipe()
	must(b, err)
	stdout, err := sink.StdoutPipe()
	must(b, err)
	must(b, sink.Start())
	b.Cleanup(func() {
		_ = stdin.Close()
		_ = sink.Wait() // its end is no news
	})
	var a struct{ Inbox, Control string }
	must(b, json.NewDecoder(stdout).Decode(&a))
	return a.Inbox + "?sv=2021-12-02&sr=c&sp=cw&se=2099-01-01T00%3A00%3A00Z&sig=YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmU%3D", a.Control
}

func post(address string) error {
	resp, err := http.Post(address, "", nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
