package main

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"

	"inboxuploader/internal/desktop"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// windowTitle is what the program is called above its windows and boxes.
const windowTitle = "Inbox Uploader"

// windowless is why no window can be opened here at all, as a sentence.
type windowless struct{ why string }

func (w *windowless) Error() string { return w.why }

// withoutWindow is what to do where no window can be opened.
const withoutWindow = "To send files without a window, use “uploader guide”, which asks you " +
	"questions in a terminal, or “uploader copy”; see: uploader copy --help"

// noWindow is the error of a start that can have no window.
func noWindow(why string) error {
	return errors.Join(&usageError{why + " Nothing was sent. " + withoutWindow}, &windowless{why})
}

// mayGuide reports whether the guided mode may take the window's place in this terminal.
func (r *windowRun) mayGuide() bool { return r.alone && r.isAsked() }

// run opens the window. Where that is not possible, the guided mode takes its place in a terminal.
// Where nobody reads what the program prints, as after a click on its icon, a box says why; on
// Windows it offers the guided mode, in a console of its own.
func (r *windowRun) run(ctx context.Context, paths []string) error {
	_, err := readPolicy()
	if err == nil {
		err = r.open(ctx, paths)
	}
	missing, noWindow := errors.AsType[*windowless](err)
	if noWindow && r.mayGuide() && ctx.Err() == nil {
		r.say(missing.why + " You can answer the questions here instead.")
		return r.guide(r.console).run(ctx, paths)
	}
	if !r.needsBox(ctx, err) {
		return err
	}
	if noWindow && runtime.GOOS == "windows" && !r.hidden {
		if !desktop.Ask(windowTitle, missing.why+" Nothing was sent.\n\nDo you want to send files "+
			"by answering questions in a text window instead?") {
			return err
		}
		in, out, e := desktop.OpenConsole()
		if e != nil {
			_ = desktop.Say(windowTitle, "No text window can be opened either. Nothing was sent. Ask "+
				"your IT for a computer with OpenGL, or run “uploader guide” in a terminal.")
			return errors.Join(err, e)
		}
		c := *r.console
		c.stdin, c.stdout, c.stderr, c.screen = in, out, redactedText{out}, out
		return r.guide(&c).run(ctx, paths)
	}
	r.box(err)
	return err
}

// needsBox reports whether a person may look at the screen and nobody reads what is printed.
func (r *windowRun) needsBox(ctx context.Context, err error) bool {
	return sentence(ctx, err) != "" && ctx.Err() == nil && r.hasScreen() && !desktop.IsRead()
}

// boxed shows an error that ends a start by a dropped path, where nothing else would, and returns it.
func (r *windowRun) boxed(ctx context.Context, args []string, err error) error {
	if err != nil && len(args) > 0 && filepath.IsAbs(args[0]) && r.needsBox(ctx, err) {
		r.box(err)
	}
	return err
}

// box says in a box why the window can't open, and returns when that is closed.
func (r *windowRun) box(err error) {
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
}

// guide is the guided mode, in place of the window.
func (r *windowRun) guide(c *console) *guideRun {
	p := newProgram(c)
	p.flag, p.logTo, p.logLevel, p.now = r.flag, r.logTo, r.logLevel, r.now
	return &guideRun{program: p, sendFlags: newSendFlags()}
}

// english leaves texts as they are.
func english(text string) string { return text }

// hasScreen reports whether there may be something to show a box on.
func (r *windowRun) hasScreen() bool {
	return runtime.GOOS == "windows" || runtime.GOOS == "darwin" || r.env("DISPLAY") != "" ||
		r.env("WAYLAND_DISPLAY") != ""
}
