package pac

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"inboxuploader/internal/crash"
)

const (
	// MemoryLimit is how many bytes a script's process may use beyond what it began with. The system
	// enforces it on Linux and Windows; elsewhere the process checks every other millisecond.
	MemoryLimit = 256 << 20

	// sparing is from how many bytes on the process prefers collecting to growing.
	sparing = MemoryLimit / 4
	// longest is the longest life of the process, even if its parent forgets it.
	longest = 10 * time.Second
	// replyLimit is how much of its reply is read.
	replyLimit = 1 << 20
)

// childArgument makes any program with this package evaluate a script instead of its own work.
const childArgument = "(evaluates a proxy script)"

// question is what the process reads from its standard input, reply what it writes.
type (
	question struct {
		Script       []byte
		Scheme, Host string
	}
	reply struct {
		Ways     []Way
		NoScript bool // there is no answer, since the text is no script
	}
)

func init() {
	if len(os.Args) == 2 && os.Args[1] == childArgument {
		serve()
	}
}

// serve evaluates one script and ends the process: with 0 once it has replied.
func serve() {
	debug.SetMemoryLimit(sparing)
	debug.SetMaxStack(sparing)
	time.AfterFunc(longest, func() { defer crash.Catch(); os.Exit(1) })
	var q question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		os.Exit(1)
	}
	go func() { // whoever asked is gone
		defer crash.Catch()
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	if err := limitMemory(); err != nil {
		os.Exit(1)
	}
	go func() {
		defer crash.Catch()
		for used := memoryInUse(); ; time.Sleep(2 * time.Millisecond) {
			if memoryInUse() > used+MemoryLimit {
				os.Exit(1)
			}
		}
	}()
	target := &url.URL{Scheme: q.Scheme, Host: q.Host, Path: "/"}
	ways, err := evaluate(context.Background(), string(q.Script), target, lookup{})
	if err != nil && !errors.Is(err, ErrScript) {
		os.Exit(1)
	}
	if json.NewEncoder(os.Stdout).Encode(reply{ways, err != nil}) != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// memoryInUse is what Go has taken of the system's memory and uses.
func memoryInUse() uint64 {
	s := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}

// Find asks the script for the ways to a target, https://HOST/, and returns at least one, in the
// script's order. It blocks until the script ends. When the context ends, it kills the script.
func (s *Script) Find(ctx context.Context, target *url.URL) ([]Way, error) {
	r, _, err := s.run(ctx, target)
	switch {
	case err != nil:
		return nil, ErrAnswer
	case r.NoScript:
		return nil, ErrScript
	}
	return r.Ways, nil
}

// run does it, and says how the process ended, nil where it did not begin.
func (s *Script) run(ctx context.Context, target *url.URL) (r reply, p *os.ProcessState, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	path, err := ownPath()
	if err != nil {
		return reply{}, nil, err
	}
	c := exec.CommandContext(ctx, path, childArgument) //nolint:gosec // this very program
	c.Args[0] = "uploader"
	prepare(c)
	in, err := c.StdinPipe() // open until the end: the process ends where it is closed
	if err != nil {
		return reply{}, nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return reply{}, nil, err
	}
	if err := c.Start(); err != nil {
		return reply{}, nil, err
	}
	q := question{[]byte(s.text), target.Scheme, target.Host}
	if err = json.NewEncoder(in).Encode(q); err == nil {
		err = json.NewDecoder(io.LimitReader(out, replyLimit)).Decode(&r)
	}
	if err != nil {
		cancel() // it may go on
	}
	err = errors.Join(err, c.Wait())
	return r, c.ProcessState, err
}

// ownPath is the path of this program, also where it was replaced since it began.
func ownPath() (string, error) {
	if runtime.GOOS == "linux" {
		const path = "/proc/self/exe"
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return os.Executable()
}
