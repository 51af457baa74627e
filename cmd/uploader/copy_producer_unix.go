//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// askToEnd has a command told to end before it is killed.
func askToEnd(c *exec.Cmd) {
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
}
