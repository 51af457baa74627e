package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
)

// guarded runs f and returns what it returns. Where f panics, the words for a defect and the stack
// go to errs instead of Go's own report, whose first line would be the panic's value as it is; it
// may hold anything. A stack has addresses only.
func guarded(errs io.Writer, f func() int) (code int) {
	defer func() {
		if value := recover(); value != nil {
			tellOfPanic(errs, value)
			code = exitCrash
		}
	}()
	return f()
}

// guardGoroutines ends the program in the same way where a goroutine panics that its own code
// started. Of those that a library started, and of what Go itself gives up for, Go's report
// remains, and SIGABRT ends the program where Go's exit code would be that of wrong usage. Secrets
// are kept out of the report by their types: a token and its query print as REDACTED, and no error
// holds a URL's query.
func guardGoroutines(errs io.Writer) {
	debug.SetTraceback("crash") // keepNoCore sees to it that no memory is written to a disk
	crash.Report(func(value any) {
		tellOfPanic(errs, value)
		os.Exit(exitCrash)
	})
}

// tellOfPanic writes the words for a defect, a panic's value without what may be secret of it, and
// the goroutine's stack.
func tellOfPanic(errs io.Writer, value any) {
	// Where stderr can't be written there is nobody left to tell.
	_, _ = fmt.Fprintf(
		errs,
		"uploader: %s\n\n%s\n\n%s",
		explain(problem.New("", "", problem.Unexpected)),
		redact(fmt.Sprintf("panic: %v", value)),
		debug.Stack(),
	)
}
