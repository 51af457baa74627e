package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// command is a process to measure.
type command struct {
	name string
	args []string
	env  []string // besides the environment
}

// usage is what a process took.
type usage struct {
	begun  time.Time
	wall   time.Duration
	cpu    time.Duration // user and system
	memory int64         // peak of resident bytes; 0 where the system does not say
}

// complaintLimit is how many bytes of a process's output to keep in case it fails.
const complaintLimit = 2 << 10

// running is a running process.
type running struct {
	command
	process *exec.Cmd
	begun   time.Time
	stdin   io.Closer
	said    *tail
}

// start starts a process with an open standard input, without which AzCopy spins.
func (c command) start(ctx context.Context) (*running, error) {
	r := &running{command: c, process: exec.CommandContext(ctx, c.name, c.args...), said: &tail{}}
	r.process.Env = append(os.Environ(), c.env...)
	r.process.Stdout, r.process.Stderr = r.said, r.said
	stdin, err := r.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	r.stdin = stdin
	r.begun = time.Now()
	return r, r.process.Start()
}

// wait returns what the process took, once it has ended. The error says what it said.
func (r *running) wait() (usage, error) {
	err := r.process.Wait()
	u := usage{begun: r.begun, wall: time.Since(r.begun)}
	_ = r.stdin.Close() // with the process
	if state := r.process.ProcessState; state != nil {
		u.cpu = state.UserTime() + state.SystemTime()
		u.memory = peakMemory(state)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", r.name, err, r.said)
	}
	return u, err
}

// kill ends the process as a loss of power would, and returns what it had taken.
func (r *running) kill() (usage, error) {
	if err := r.process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return usage{}, err
	}
	u, err := r.wait()
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == -1 {
		err = nil // it was killed
	}
	return u, err
}

// run is start and wait.
func (c command) run(ctx context.Context) (usage, error) {
	r, err := c.start(ctx)
	if err != nil {
		return usage{}, err
	}
	return r.wait()
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

// Write implements io.Writer and never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - complaintLimit; over > complaintLimit {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

// String returns the last lines, at most complaintLimit bytes.
func (t *tail) String() string {
	kept := t.kept[max(len(t.kept)-complaintLimit, 0):]
	return strings.TrimSpace(string(bytes.ToValidUTF8(kept, []byte("?"))))
}
