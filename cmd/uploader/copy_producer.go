package main

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"sync"
	"time"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
)

// producer is the program of --from-command. It is started when it is read first, so where the name
// is taken it never runs, and reads nothing: standard input may have the token.
type producer struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	start  sync.Once
	out    io.Reader // nil: it could not be started
	wait   sync.Once
	err    error // of its end
}

// commandGrace is how long a command may take to end after it was told to.
const commandGrace = 5 * time.Second

// newProducer returns the program with its arguments, or wrong usage where there is none. What it
// says goes to stderr.
func newProducer(ctx context.Context, words []string, stderr io.Writer) (*producer, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // a person named it, and no shell reads it
	if cmd.Err != nil {
		cancel()
		return nil, usagef("The command “%s” does not exist, or can't be run. Nothing was sent.",
			show.Text(words[0]))
	}
	cmd.Stderr = stderr
	cmd.WaitDelay = commandGrace
	askToEnd(cmd)
	return &producer{cmd: cmd, cancel: cancel}, nil
}

// Read implements io.Reader.
func (c *producer) Read(p []byte) (int, error) {
	c.start.Do(func() {
		out, err := c.cmd.StdoutPipe()
		if err == nil {
			err = c.cmd.Start()
		}
		if err == nil {
			c.out = out
		}
	})
	if c.out == nil {
		return 0, io.EOF // finish says why
	}
	return c.out.Read(p)
}

// finish waits for the command's end after all that it wrote was read. The error says that it
// failed.
func (c *producer) finish() error {
	c.wait.Do(func() {
		if c.out == nil {
			c.err = c.failed()
		} else if err := c.cmd.Wait(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
			c.err = c.failed()
		}
	})
	return c.err
}

func (c *producer) failed() error {
	e := problem.New("run command", "", problem.CommandFailed)
	e.Value = c.cmd.Args[0]
	return e
}

// end ends a command that still runs, and waits for that.
func (c *producer) end() {
	c.start.Do(func() {}) // it is not started any more
	c.cancel()
	_ = c.finish() // what is known of it was told
}
