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
	x := problem.ExplainIn(e, translated)
	// Where the engine's words name a command's flag, the window has a button.
	switch e.Reason {
	case problem.UnknownHost:
		x.Do = tr("Ask the workspace whether this address is theirs before you allow it.")
	case problem.HostNotAllowed:
		x.Do = tr("Allow it again in the settings if the workspace says that it is theirs.")
	case problem.AlreadyThere, problem.ChangedSinceSent:
		x.Do = tr("Replace what is there, or send it under another name.")
	case problem.MayNotReplace, problem.NameLocked, problem.WrittenOtherwise, problem.ForeignBlocks:
		x.Do = tr("Send it under another name, or ask the workspace.")
	case problem.SourceIsFolder:
		x.Do = tr("Add it as a folder.")
	case problem.Unexpected:
		x.Do = tr("Try again; if it happens again, report it with the log.")
	case problem.VaultAbsent, problem.VaultLocked, problem.VaultRefused, problem.VaultTooLarge:
		x.Do = tr("Give the token again at the next start.")
	case problem.TokenNeeded:
		x.Do = tr("Paste it to continue, or ask the workspace for a new one.")
	case problem.JournalUnwritable:
		x.Do = tr("Check that you may write to the program's state folder and that its disk is there.")
	case problem.JournalNewer:
		x.Do = tr("Use the newer version.")
	case problem.InboxUnknown:
		x.Do = tr("Choose another inbox.")
	}
	return x
}

// explainJob returns what a person reads of a job's problem. oneName says that its token leads to one name.
func explainJob(j *ledger.Job, oneName bool) problem.Explanation {
	x := explain(j.Problem)
	if oneName && errors.Is(j.Problem, problem.ErrExists) {
		x.Do = tr("Replace what is there, or ask the workspace for another token.")
	}
	return x
}

func asError(err error) (*problem.Error, bool) { return errors.AsType[*problem.Error](err) }

// notice is a box with a sign and the three parts of an explanation: what happened, what is safe, what to do.
func notice(sign string, color, background fyne.ThemeColorName, x problem.Explanation) fyne.CanvasObject {
	parts := column(-10, -1)
	if x.What != "" {
		what := wrapped(x.What)
		what.TextStyle.Bold = x.Safe != "" || x.Do != ""
		parts.Add(what)
	}
	if rest := join(x.Safe, x.Do); rest != "" {
		parts.Add(wrapped(rest))
	}
	picture := container.NewVBox(inset(9, 0, 12, 0, container.New(atLeast{fyne.NewSquareSize(20)}, widget.NewIcon(icon(sign, color)))))
	return container.NewStack(newPanel(background, "", 8), beside(picture, parts))
}

// beside puts a picture left of a text that wraps.
func beside(picture, words fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, picture, nil, words)
}

// tell says something in a dialog of its own.
func (w *Window) tell(title string, x problem.Explanation) *sheet {
	closing := w.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	s := w.openSheet(title, 480, inset(0, 12, 8, 14, notice("attention", theme.ColorNameWarning, colorWarnBg, x)), closing)
	s.name("cancel", closing)
	closing.OnTapped = s.close
	w.window.Canvas().Focus(closing)
	w.events.event("told", "title", title, "message", x.String())
	return s
}
