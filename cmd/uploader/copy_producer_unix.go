//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// askToEnd makes cancelling ask the command to exit before killing it.
func askToEnd(c *exec.Cmd) {
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
}
