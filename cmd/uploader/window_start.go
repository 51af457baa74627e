package main

import (
	"context"
	"errors"
	"runtime"
	"strings"

	"inboxuploader/internal/desktop"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// windowTitle is what the program is called above its windows and boxes.
const windowTitle = "Inbox Uploader"

// run opens the window. Where that is not possible and nobody reads what the program prints, as
// after a click on its icon, a box says why as well.
func (r *windowRun) run(ctx context.Context, paths []string) error {
	err := r.open(ctx, paths)
	if words := sentence(ctx, err); words == "" || ctx.Err() != nil || !r.hasScreen() ||
		desktop.IsRead() {
		return err
	}
	why := func(translate problem.Translate) problem.Explanation {
		if usage, ok := errors.AsType[*usageError](err); ok {
			return problem.Explanation{What: usage.sentence}
		}
		x := workspace.ExplainIn(err, translate)
		if e, ok := errors.AsType[*problem.Error](err); ok &&
			e.Reason == problem.JournalUnwritable &&
			e.Path != "" {
			x.Do += " " + strings.ReplaceAll(translate("The folder is “{value}”."), "{value}",
				show.Text(e.Path))
		}
		return x
	}
	if !r.ownBox(why) {
		// What can't be shown either stands on stderr.
		_ = desktop.Say(windowTitle, why(english).String())
	}
	return err
}

// english leaves texts as they are.
func english(text string) string { return text }

// hasScreen reports whether there may be something to show a box on.
func (r *windowRun) hasScreen() bool {
	return runtime.GOOS == "windows" || runtime.GOOS == "darwin" || r.env("DISPLAY") != "" ||
		r.env("WAYLAND_DISPLAY") != ""
}
