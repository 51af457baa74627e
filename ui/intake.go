package ui

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader/problem"
)

// intake takes files and folders to send, whether dropped, pasted or chosen, and holds them until
// there is a token. It belongs to Fyne's goroutine.
type intake struct {
	*screen
	dialogs *fileDialogs
	inboxes *inboxView
	tokens  *tokenView
	reviews *reviewView
	start   *startView

	held     []given   // paths that wait for a token
	missed   int       // items beside them that don't exist on this computer
	lostDrop time.Time // when something was dropped and did not arrive; zero once it has been said
}

// dropped takes files dropped anywhere on the window: some systems don't say where.
func (v *intake) dropped(uris []fyne.URI) {
	paths := make([]string, 0, len(uris))
	foreign := 0
	for _, u := range uris {
		if u.Scheme() != "file" {
			foreign++
			continue
		}
		paths = append(paths, filepath.FromSlash(u.Path()))
	}
	v.inBackground(func(context.Context) {
		there, missing := existing(paths)
		v.do(func() { v.take(there, missing+foreign) })
	})
}

// lostDropSaid is how long the window says that a drop did not arrive, unless the person adds files
// before.
const lostDropSaid = 30 * time.Second

// lost says that a drop on the window did not arrive: too many files at once, or none.
func (v *intake) lost() {
	v.lostDrop = v.config.Now()
	v.events.event("drop lost")
	v.wake()
}

// add takes paths that were not dropped.
func (v *intake) add(paths []string) {
	v.inBackground(func(context.Context) {
		there, missing := existing(paths)
		v.do(func() { v.take(there, missing) })
	})
}

// existing returns the paths that exist, made absolute, and the number of the others. A dropped
// network address arrives as a path that does not exist.
func existing(paths []string) (there []given, missing int) {
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		var fi os.FileInfo
		if err == nil {
			if fi, err = os.Stat(abs); err != nil {
				// the review mentions a broken link
				fi, err = os.Lstat(abs)
			}
		}
		if err != nil {
			missing++
			continue
		}
		there = append(there, given{abs, fi.IsDir()})
	}
	return there, missing
}

// given is a file or folder that the person dropped, pasted or chose.
type given struct {
	path   string
	folder bool
}

// take passes existing paths to the review, or asks for a token first. If one of these is already
// open, it gets the paths.
func (v *intake) take(there []given, missing int) {
	v.events.event("added", "files", len(there), "missing", missing,
		"token", v.inboxes.token.Inbox.Host != "")
	taken := v.top != nil && v.top.take != nil
	if len(there) == 0 {
		if missing > 0 && !taken {
			v.tell(tr("Nothing was added"), problem.Explanation{
				What: tr("What was given is not a file or folder on this computer."),
				Safe: tr("Nothing was sent."),
				Do:   tr("Download it or copy it to this computer first, then add it from there."),
			})
		}
		if !taken {
			return
		}
	}
	v.missed += missing
	v.lostDrop = time.Time{}
	switch {
	case taken:
		v.top.take(there)
	case v.inboxes.token.Inbox.Host == "":
		v.hold(there)
		v.tokens.open("")
	default:
		v.reviews.open(there)
	}
}

// hold keeps items until there is a token.
func (v *intake) hold(there []given) {
	v.held = append(v.held, there...)
	v.wake()
	v.start.show()
}

// means reports whether the clipboard's text is a token or paths. The window takes these wherever
// they are pasted: a token must not show in a text field.
func (v *intake) means(text string) bool {
	if len(pathsIn(text)) > 0 {
		return true
	}
	_, err := v.inboxes.parse(text)
	e, ok := asError(err)
	return !ok || e.Reason != problem.NotAToken
}

// pasted takes the clipboard: a token, or paths.
func (v *intake) pasted() {
	text := v.app.Clipboard().Content()
	if paths := pathsIn(text); len(paths) > 0 {
		v.add(paths)
		return
	}
	v.tokens.open(text)
}

// pathsIn returns the paths that a text is made of, one a line, as file managers put them on the
// clipboard; nil if it is something else. Only what begins like an absolute path counts, so nothing
// needs the disk.
func pathsIn(text string) []string {
	var paths []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.Trim(strings.TrimSpace(line), `"`)
		switch {
		case line == "" || line == "copy" || line == "cut": // the first line of some file managers
			continue
		case strings.HasPrefix(line, "file:"):
			u, err := url.Parse(line)
			if err != nil || u.Path == "" {
				return nil
			}
			p := u.Path
			if len(p) > 3 && p[0] == '/' && p[2] == ':' { // file:///C:/…
				p = p[1:]
			}
			paths = append(paths, filepath.FromSlash(p))
		case filepath.IsAbs(line):
			paths = append(paths, line)
		default:
			return nil
		}
	}
	return paths
}

// chooseFiles lets the person pick files.
func (v *intake) chooseFiles() { v.dialogs.choose(tr("Add files…"), false, v.add) }

// chooseFolder lets the person pick a folder.
func (v *intake) chooseFolder() { v.dialogs.choose(tr("Add a folder…"), true, v.add) }

func (v *intake) menu() *fyne.Menu {
	files := fyne.NewMenuItemWithIcon(tr("Add files…"), icon("file", theme.ColorNameForeground),
		v.chooseFiles)
	files.Shortcut = withCtrl(fyne.KeyO, 0)
	folder := fyne.NewMenuItemWithIcon(tr("Add a folder…"),
		icon("folder", theme.ColorNameForeground), v.chooseFolder)
	folder.Shortcut = withCtrl(fyne.KeyO, fyne.KeyModifierShift)
	return fyne.NewMenu("", files, folder)
}

// reviewHeld reviews the held items if there is a token now and no other question is open.
func (v *intake) reviewHeld() {
	if held := v.held; len(held) > 0 && v.top == nil && v.inboxes.token.Inbox.Host != "" {
		v.held = nil
		v.reviews.open(held)
	}
}
