//go:build !cgo || nogui

package main

import (
	"context"

	"inboxuploader/uploader/problem"
)

// ownBox has no window to show words in.
func (r *windowRun) ownBox(func(problem.Translate) problem.Explanation) bool { return false }

// open says how to get the window: this build has none.
func (r *windowRun) open(context.Context, []string) error {
	return &usageError{"This build of the program has no window. Nothing was sent. Files are " +
		"delivered without one by: uploader copy SOURCE... TOKEN (see: uploader copy --help). To " +
		"get the window, build the program with a C compiler and the graphics libraries: make " +
		"build installs them or says how."}
}
