package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/problem"
)

// guarded runs f and returns its result. If f panics, guarded writes the words for a defect and the
// stack to errs, in place of Go's own report. That report begins with the panic's value, which may
// hold anything. A stack has only addresses.
func guarded(errs io.Writer, f func() int) (code int) {
	defer func() {
		if value := recover(); value != nil {
			tellOfPanic(errs, value)
			code = exitCrash
		}
	}()
	return f()
}

// guardGoroutines ends the program in the same way if a goroutine of its own code panics. For a
// library's goroutines and Go's own fatal errors, Go's report remains, and SIGABRT ends the
// program: Go's exit code would be that of wrong usage. The types of secrets keep them out of the
// report: a token and its query print as REDACTED, and no error holds a URL's query.
func guardGoroutines(errs io.Writer) {
	debug.SetTraceback("crash") // keepNoCore prevents a memory dump on the disk
	crash.Report(func(value any) {
		tellOfPanic(errs, value)
		os.Exit(exitCrash)
	})
}

// tellOfPanic writes the words for a defect, the redacted value of the panic, and the goroutine's
// stack.
func tellOfPanic(errs io.Writer, value any) {
	// If stderr can't be written, there is nobody left to tell.
	_, _ = fmt.Fprintf(
		errs,
		"uploader: %s\n\n%s\n\n%s",
		explain(problem.New("", "", problem.Unexpected)),
		redact(fmt.Sprintf("panic: %v", value)),
		debug.Stack(),
	)
}
