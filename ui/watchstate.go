package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// watchKind is what a watched folder does, or waits for.
type watchKind int

const (
	watchStarting watchKind = iota
	watchQuiet
	watchGrowing
	watchPaused
	watchHours
	watchDisk
	watchToken
	watchTokenEnded
	watchHeld
	watchFailed
)

// name is for end-to-end tests.
func (k watchKind) name() string {
	return [...]string{
		"starting", "quiet", "growing", "paused", "hours", "disk", "token", "token ended", "held",
		"failed",
	}[k]
}

// condition is the state of a watched folder, with its words.
type condition struct {
	kind  watchKind
	words string
}

// needs reports whether the folder needs attention.
func (c *condition) needs() bool { return c.kind >= watchDisk }

// sign returns the icon beside the words.
func (c *condition) sign() (name string, color fyne.ThemeColorName) {
	switch {
	case c.kind == watchPaused:
		return "paused", colorMuted
	case c.kind == watchHours:
		return "waiting", colorMuted
	case c.needs():
		return "attention", theme.ColorNameWarning
	default:
		return "eye", theme.ColorNamePrimary
	}
}

// judge sets a folder's condition. It returns how soon that may change by itself; 0: it does not.
func (v *watchView) judge(w *watchedFolder, s *sample) time.Duration {
	set := func(kind watchKind, words string) { w.condition = condition{kind, words} }
	in := s.inbox(w.Inbox.Key())
	has := in != nil && in.Token.Inbox.Host != ""
	var next time.Duration
	if has && !in.Token.ValidTo.IsZero() {
		next = max(in.Token.ValidTo.Sub(s.now), 0)
	}
	switch {
	case w.Paused:
		set(watchPaused, tr("Paused"))
		return 0
	case w.failed != nil:
		set(watchFailed, explain(w.failed).What)
		return 0
	case !has && v.recall[w.Inbox.Key()]:
		set(watchStarting, tr("Looking at the folder…"))
	case has && (in.Token.StateAt(s.now) == token.StateExpired ||
		in.Hold != nil && in.Hold.Reason == problem.Expired):
		set(watchTokenEnded, tr("Its token has ended"))
		return 0
	case !has || in.Hold != nil && in.Hold.Reason == problem.TokenNeeded:
		set(watchToken, tr("Waiting for its upload token"))
		return 0
	case in.Hold != nil && in.Hold.Reason != problem.OutsideHours:
		set(watchHeld, explain(in.Hold).What)
	case w.state.Missing:
		set(watchDisk, tr("Waiting for its disk"))
	case w.state.Kept != nil:
		set(watchHeld, explain(w.state.Kept).What)
	case in.Hold != nil:
		set(watchHours, tr("Waiting until {{.Time}}", values("Time", moment(in.Hold.When, s.now))))
	case !w.state.Looked:
		set(watchStarting, tr("Looking at the folder…"))
	case w.state.Growing > 0:
		set(watchGrowing, trn("{{.N}} files are sent once they have been unchanged for {{.Time}}",
			int64(w.state.Growing), values("Time", duration(v.settings.settle()))))
	default:
		set(watchQuiet, tr("Waiting for new files"))
	}
	return next
}
