package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// header is the window's top: which inbox, for how long, and what can be done at any time.
type header struct {
	w                *Window
	box              *fyne.Container
	name, left       *text
	paste, add, menu *button
}

func newHeader(w *Window) *header {
	h := &header{w: w}
	h.name = w.newCutText(tr("Add an upload token"), theme.ColorNameForeground, theme.SizeNameSubHeadingText)
	h.name.bold = true
	h.left = w.newCutText(tr("Paste the token you received"), colorMuted, theme.SizeNameCaptionText)
	h.left.parts = true
	h.paste = w.newButtonWithIcon(tr("Paste token"), icon("token", theme.ColorNameForeground), w.pasteToken)
	h.add = w.newButtonWithIcon(tr("Add"), icon("add", theme.ColorNameForeground), nil)
	h.add.OnTapped = func() { w.popUp(h.add, w.addMenu()) }
	h.menu = w.newSign(tr("Menu"), icon("menu", theme.ColorNameForeground), nil)
	h.menu.OnTapped = func() { w.popUp(h.menu, w.windowMenu()) }
	w.tag("paste", h.paste)
	w.tag("add", h.add)
	w.tag("menu", h.menu)
	h.box = inset(10, 10, 16, 10, line(8, 0, column(2, -1, h.name, h.left), h.paste, h.add, h.menu))
	return h
}

// fit leaves words away where there is little room.
func (h *header) fit(size fyne.Size) {
	h.paste.fit(size)
	h.add.fit(size)
}

// onStart leaves out what the start page has buttons for.
func (h *header) onStart(yes bool) {
	for _, b := range []*button{h.paste, h.add} {
		visible(b, !yes)
	}
}

// show returns after how long the countdown's words are others.
func (h *header) show(s *sample) time.Duration {
	t := h.w.token
	if h.w.waiting {
		h.left.set(tr("Waiting for this computer's keyring; perhaps a window asks for its password"), theme.ColorNameWarning)
		return 0
	}
	if t.Inbox.Host == "" {
		h.showNoToken(s)
		return 0
	}
	h.name.set(h.w.called(t.Inbox), theme.ColorNameForeground)
	if in := s.inbox(t.Inbox.Key()); in != nil && in.Hold != nil && in.Hold.Reason == problem.HostNotAllowed {
		h.left.set(tr("You no longer allow its address"), theme.ColorNameError)
		return 0
	}
	now := h.w.storageNow(s)
	words, color, next := countdown(t, now)
	if fit := h.w.fits(s); fit.Known && t.StateAt(now) == token.StateActive {
		if fit.Fits {
			words += " · " + tr("enough for the rest")
		} else {
			words += " · " + trn("the rest needs about {{.N}} more tokens", int64(max(fit.More, 1)))
			color = theme.ColorNameError
		}
	}
	if h.w.unkept && t.StateAt(now) == token.StateActive {
		words += " · " + tr("token not saved: you'll need it again after quitting")
	}
	h.left.set(words, color)
	return next
}

// showNoToken says what a token is needed for.
func (h *header) showNoToken(s *sample) {
	title, words := tr("Add an upload token"), tr("Paste the token you received")
	if n := unfinished(&s.status); n > 0 {
		title, words = tr("Paste your token to continue"), h.w.waitingFor(s, n)
	}
	h.name.set(title, theme.ColorNameForeground)
	h.left.set(words, colorMuted)
}

// waitingFor says how many files wait for a token, and for which inbox's where that is one.
func (w *Window) waitingFor(s *sample, n int64) string {
	if len(s.inboxes) == 1 {
		for _, in := range s.inboxes {
			return trn("{{.N}} files for “{{.Inbox}}” wait for its upload token", n, values("Inbox", w.called(in)))
		}
	}
	return trn("{{.N}} files wait for a token", n)
}

// fits says whether what is left will be sent before the token ends.
func (w *Window) fits(s *sample) uploader.Fit {
	key, left := w.token.Inbox.Key(), int64(0)
	for i := range s.status.Transfers {
		if t := &s.status.Transfers[i]; t.Inbox == key {
			for _, state := range []ledger.JobState{ledger.Waiting, ledger.Active, ledger.Paused} {
				left += t.Bytes[state]
			}
			left -= t.Done - t.Bytes[ledger.Delivered]
		}
	}
	// While something is wrong, the speed says nothing about how it will go on.
	if left <= 0 || s.status.Scanning || s.status.Busy == 0 || s.status.Left == 0 || allPaused(&s.status) || w.banner.blocks(&s.status) {
		return uploader.Fit{}
	}
	return uploader.FitFor(w.token, left, s.status.Speed, w.storageNow(s))
}

func (w *Window) addMenu() *fyne.Menu {
	files := fyne.NewMenuItemWithIcon(tr("Add files…"), icon("file", theme.ColorNameForeground), w.chooseFiles)
	files.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyO, Modifier: fyne.KeyModifierShortcutDefault}
	folder := fyne.NewMenuItemWithIcon(tr("Add a folder…"), icon("folder", theme.ColorNameForeground), w.chooseFolder)
	folder.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyO, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	return fyne.NewMenu("", files, folder)
}
