//go:build !cgo || nogui

package main

import (
	"context"
	"runtime"

	"inboxuploader/uploader/problem"
)

// ownBox has no window to show words in.
func (r *windowRun) ownBox(func(problem.Translate) problem.Explanation) bool { return false }

// open says how to get the window: this build has none.
func (r *windowRun) open(context.Context, []string) error {
	how := " To get one, build the program with a C compiler and the graphics libraries: “make " +
		"build” installs them or says how."
	if runtime.GOOS == "windows" {
		how = " If it is installed, “Inbox Uploader” in the Start menu has one."
	}
	return noWindow("This build of the program has no window." + how)
}
