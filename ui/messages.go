package ui

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// explain returns what a person reads of an error.
func explain(err error) problem.Explanation {
	e, ok := asError(err)
	if !ok {
		return workspace.ExplainIn(err, translated)
	}
	return problem.ExplainIn(e, translated)
}

// explainJob returns what a person reads of a job's problem. oneName says that its token leads to
// one name.
func explainJob(j *ledger.Job, oneName bool) problem.Explanation {
	x := explain(j.Problem)
	if oneName && errors.Is(j.Problem, problem.ErrExists) {
		x.Do = tr("Replace what is there, or ask the workspace for another token.")
	}
	return x
}

func asError(err error) (*problem.Error, bool) { return errors.AsType[*problem.Error](err) }

// notice is a box with a sign and the three parts of an explanation: what happened, what is safe,
// what to do.
func notice(
	sign string, color, background fyne.ThemeColorName, x problem.Explanation,
) fyne.CanvasObject {
	parts := column(-10, -1)
	if x.What != "" {
		what := wrapped(x.What)
		what.TextStyle.Bold = x.Safe != "" || x.Do != ""
		parts.Add(what)
	}
	if rest := join(x.Safe, x.Do); rest != "" {
		parts.Add(wrapped(rest))
	}
	picture := container.NewVBox(inset(9, 0, 12, 0, container.New(atLeast{fyne.NewSquareSize(20)},
		widget.NewIcon(icon(sign, color)))))
	return container.NewStack(newPanel(background, "", 8), beside(picture, parts))
}

// beside puts a picture left of a text that wraps.
func beside(picture, words fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, picture, nil, words)
}

// tell says something in a dialog of its own.
func (sc *screen) tell(title string, x problem.Explanation) *sheet {
	closing := sc.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	s := sc.openSheet(title, 480, inset(0, 12, 8, 14, notice("attention", theme.ColorNameWarning,
		colorWarnBg, x)), closing)
	s.tag("cancel", closing)
	closing.OnTapped = s.close
	sc.window.Canvas().Focus(closing)
	sc.events.event("told", "title", title, "message", x.String())
	return s
}
