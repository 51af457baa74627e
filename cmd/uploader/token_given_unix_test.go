//go:build !windows

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"syscall"
	"testing"
)

// TestAnInterruptEndsTheWaitForANamedPipe: whoever opens one waits until somebody writes to it.
func TestAnInterruptEndsTheWaitForANamedPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	for _, args := range [][]string{
		{"copy", pipe, "--token-file", pipe},
		{"workspace", "connect", "http://127.0.0.1:1/localinbox", "--workspace", "ws", "--key-file", pipe},
	} {
		var words bytes.Buffer
		if got := run(ctx, append(args, "--state-dir", t.TempDir()), nil, &words, &words, noEnvironment); got != exitInterrupted {
			t.Errorf("%s: exit code %d: %s", args[0], got, &words)
		}
	}
}
