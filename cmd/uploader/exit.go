package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// The program's exit codes. They are part of its interface: scripts rely on them.
const (
	exitOK           = 0
	exitNotDelivered = 1 // something was not delivered, or the program failed
	exitUsage        = 2 // wrong usage, no readable token or key, or no inbox of that name
	// The token has expired, is not yet valid, or the storage refuses it or the account's key; or
	// --give-up-after ended the run.
	exitToken       = 3
	exitCrash       = 70  // a defect of this program, which never looks like wrong usage
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

// errInterrupted is the cause of a context that a signal cancelled.
var errInterrupted = errors.New("interrupted")

// exit is an error that only sets the exit code: the program has already reported it, or it needs
// no words.
type exit int

func (e exit) Error() string { return "exit" }

// usageError is a mistake in the command line. Its text is a sentence for the person.
type usageError struct{ sentence string }

func (e *usageError) Error() string { return e.sentence }

func usagef(format string, args ...any) *usageError {
	return &usageError{fmt.Sprintf(format, args...)}
}

// exitCode returns the exit code for what a command returned.
func exitCode(ctx context.Context, err error) int {
	var usage *usageError
	var code exit
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, errInterrupted), errors.Is(context.Cause(ctx), errInterrupted):
		return exitInterrupted
	case errors.As(err, &usage),
		errors.Is(err, problem.ErrTokenInvalid),
		errors.Is(err, problem.ErrInboxName),
		errors.Is(err, workspace.ErrRequest):
		return exitUsage
	case problem.ConcernsToken(err),
		errors.Is(err, problem.ErrGaveUp),
		errors.Is(err, workspace.ErrDenied):
		return exitToken
	default:
		return exitNotDelivered
	}
}

// interruptible returns a context that the first Ctrl-C, SIGTERM or, unless nohup made it ignored,
// SIGHUP cancels with the cause errInterrupted. The second one ends the program at once, as the
// system does by default. The returned function stops listening and waits for its goroutine.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer crash.Catch()
		select {
		case <-signals:
			signal.Stop(signals) // from here on the system's own handling applies
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-done
	}
}

// outlivePipes keeps SIGPIPE from ending the program when nobody reads its output any more. Uploads
// continue.
func outlivePipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
