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

// producer is the command of --from-command. The first Read starts it, so it never runs if the name
// is taken. It gets no standard input, which may hold the token.
type producer struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	start  sync.Once
	out    io.Reader // nil if the command did not start
	wait   sync.Once
	err    error // how it ended
}

// commandGrace is how long a command may take to exit once told to.
const commandGrace = 5 * time.Second

// newProducer returns a producer for a command and its arguments, or a usage error if that command
// can't run. The command's own messages go to stderr.
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

// finish waits for the command to exit, once all its output has been read. It returns an error if
// the command failed.
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

// end stops the command if it is still running, and waits for it.
func (c *producer) end() {
	c.start.Do(func() {}) // never start it from now on
	c.cancel()
	_ = c.finish() // already reported
}
