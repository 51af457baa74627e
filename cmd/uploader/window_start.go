package main

import (
	"context"
	"errors"
	"runtime"
	"strings"

	"inboxuploader/internal/desktop"
	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// windowTitle is what the program is called above its windows and boxes.
const windowTitle = "Inbox Uploader"

// startWindow opens the window. Where that is not possible and nobody reads what the program prints, as after a click on its icon, a box says
// why as well.
func (p *program) startWindow(ctx context.Context, paths []string, hidden bool) error {
	err := p.openWindow(ctx, paths, hidden)
	if words := sentence(ctx, err); words == "" || ctx.Err() != nil || !p.hasScreen() || desktop.IsRead() {
		return err
	}
	why := func(translate problem.Translate) problem.Explanation {
		if usage, ok := errors.AsType[*usageError](err); ok {
			return problem.Explanation{What: usage.sentence}
		}
		x := workspace.ExplainIn(err, translate)
		if e, ok := errors.AsType[*problem.Error](err); ok && e.Reason == problem.JournalUnwritable && e.Path != "" {
			x.Do += " " + strings.ReplaceAll(translate("The folder is “{value}”."), "{value}", shown(e.Path))
		}
		return x
	}
	if !p.ownBox(why) {
		_ = desktop.Say(windowTitle, why(english).String()) // what can't be shown either stands on stderr
	}
	return err
}

// english leaves texts as they are.
func english(text string) string { return text }

// hasScreen reports whether there may be something to show a box on.
func (p *program) hasScreen() bool {
	return runtime.GOOS == "windows" || runtime.GOOS == "darwin" || p.env("DISPLAY") != "" || p.env("WAYLAND_DISPLAY") != ""
}
