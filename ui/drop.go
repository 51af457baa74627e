package ui

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"inboxuploader/uploader/problem"
)

// dropped takes what was let go over the window, wherever that was: some systems don't say.
func (w *Window) dropped(uris []fyne.URI) {
	paths := make([]string, 0, len(uris))
	foreign := 0
	for _, u := range uris {
		if u.Scheme() != "file" {
			foreign++
			continue
		}
		paths = append(paths, filepath.FromSlash(u.Path()))
	}
	w.inBackground(func(context.Context) {
		there, missing := existing(paths)
		w.do(func() { w.take(there, missing+foreign) })
	})
}

// lostDropSaid is for how long the window says that a drop did not arrive, unless something is added before.
const lostDropSaid = 30 * time.Second

// dropLost says that what was let go over the window did not arrive: too many files at once, or none.
func (w *Window) dropLost() {
	w.lostDrop = w.config.Now()
	w.events.event("drop lost")
	w.wake()
}

// addPaths takes paths that were named in another way than by dropping them.
func (w *Window) addPaths(paths []string) {
	w.inBackground(func(context.Context) {
		there, missing := existing(paths)
		w.do(func() { w.take(there, missing) })
	})
}

// existing returns the paths where something is, as absolute ones, and the number of the others. A dropped network address comes as a
// path that leads nowhere.
func existing(paths []string) (there []given, missing int) {
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		var fi os.FileInfo
		if err == nil {
			if fi, err = os.Stat(abs); err != nil {
				fi, err = os.Lstat(abs) // a link that leads nowhere is something that the review speaks of
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

// given is a file or folder that the person gave.
type given struct {
	path   string
	folder bool
}

// take goes on with paths that exist: to the review, or to the question for a token. Where one of these is open, it gets them.
func (w *Window) take(there []given, missing int) {
	w.events.event("added", "files", len(there), "missing", missing, "token", w.token.Inbox.Host != "")
	taken := w.top != nil && w.top.take != nil
	if len(there) == 0 {
		if missing > 0 && !taken {
			w.tell(tr("Nothing was added"), problem.Explanation{
				What: tr("What was given is not a file or folder on this computer."),
				Safe: tr("Nothing was sent."),
				Do:   tr("Download it or copy it to this computer first, then add it from there."),
			})
		}
		if !taken {
			return
		}
	}
	w.missed += missing
	w.lostDrop = time.Time{}
	switch {
	case taken:
		w.top.take(there)
	case w.token.Inbox.Host == "":
		w.hold(there)
		w.openToken("")
	default:
		w.review(there)
	}
}

// hold keeps what was given until there is a token.
func (w *Window) hold(there []given) {
	w.held = append(w.held, there...)
	w.wake()
	w.start.show()
}

// isMeantForTheWindow reports whether what is on the clipboard is a token, or paths, wherever it is pasted: a token must not be seen
// where texts are typed.
func (w *Window) isMeantForTheWindow(text string) bool {
	if len(pathsIn(text)) > 0 {
		return true
	}
	_, err := w.parse(text)
	e, ok := asError(err)
	return !ok || e.Reason != problem.NotAToken
}

// pasted takes the clipboard: a token, or paths.
func (w *Window) pasted() {
	text := w.app.Clipboard().Content()
	if paths := pathsIn(text); len(paths) > 0 {
		w.addPaths(paths)
		return
	}
	w.openToken(text)
}

// pathsIn returns the paths that a text is made of, one a line, as file managers put them on the clipboard; nil if it is something
// else. Only what begins like an absolute path counts, so nothing needs the disk.
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
func (w *Window) chooseFiles() { w.pick(tr("Add files…"), false, w.chooseFile) }

// chooseFolder lets the person pick a folder.
func (w *Window) chooseFolder() { w.pick(tr("Add a folder…"), true, w.chooseOneFolder) }

// pick asks with the desktop's own dialog, where any number can be picked, else with Fyne's.
func (w *Window) pick(title string, folders bool, otherwise func(title string)) {
	w.dialogs.open(func(ctx context.Context, parent string) error {
		if w.config.Desktop.Choose == nil {
			return errNoDialog
		}
		paths, err := w.config.Desktop.Choose(ctx, parent, strings.TrimSuffix(title, "…"), folders)
		if len(paths) > 0 && err == nil {
			there, missing := existing(paths)
			w.do(func() { w.take(there, missing) })
		}
		return err
	}, func() { otherwise(title) })
}

// chooseFile is Fyne's dialog, which picks one file.
func (w *Window) chooseFile(title string) {
	w.dialogs.openFynes(dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return
		}
		path := f.URI().Path()
		_ = f.Close() // only its name is wanted
		w.addPaths([]string{filepath.FromSlash(path)})
	}, w.window), title)
}

// chooseOneFolder is the same for a folder.
func (w *Window) chooseOneFolder(title string) {
	w.dialogs.openFynes(dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err == nil && u != nil {
			w.addPaths([]string{filepath.FromSlash(u.Path())})
		}
	}, w.window), title)
}
