package main

import (
	"fmt"
	"io"
	"runtime/debug"

	"inboxuploader/uploader"
)

// guarded runs f and returns what it returns. Where f panics, the words for a defect and the stack go to errs instead of Go's
// own report, whose first line would be the panic's value as it is; it may hold anything. A stack has addresses only.
//
// A panic of another goroutine ends the program with Go's report. Secrets are kept out of that by their types: a token
// and its query print as REDACTED, and no error holds a URL's query.
func guarded(errs io.Writer, f func() int) (code int) {
	defer func() {
		if value := recover(); value != nil {
			// Where stderr can't be written there is nobody left to tell.
			_, _ = fmt.Fprintf(errs, "uploader: %s\n\n%s\n\n%s", uploader.Explain(uploader.NewError("", "", uploader.Unexpected)),
				redact(fmt.Sprintf("panic: %v", value)), debug.Stack())
			code = exitNotDelivered
		}
	}()
	return f()
}
