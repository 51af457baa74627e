package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

// header is the window's top: which inbox, for how long, and what can be done at any time. It
// belongs to Fyne's goroutine.
type header struct {
	*screen
	inboxes *inboxView
	tokens  *tokenView
	intake  *intake
	banner  *banner
	menus   *menus

	box              *fyne.Container
	name, left       *text
	paste, add, menu *button
}

// build makes the widgets, anew after a change of language.
func (h *header) build() {
	h.name = h.newCutText(tr("Add an upload token"), theme.ColorNameForeground,
		theme.SizeNameSubHeadingText)
	h.name.bold = true
	h.left = h.newCutText(tr("Paste the token you received"), colorMuted, theme.SizeNameCaptionText)
	h.left.parts = true
	h.paste = h.newButtonWithIcon(tr("Paste token"), icon("token", theme.ColorNameForeground),
		h.tokens.paste)
	h.add = h.newButtonWithIcon(tr("Add"), icon("add", theme.ColorNameForeground), nil)
	h.add.OnTapped = func() { h.popUp(h.add, h.intake.menu()) }
	h.menu = h.newSign(tr("Menu"), icon("menu", theme.ColorNameForeground), nil)
	h.menu.OnTapped = func() { h.popUp(h.menu, h.menus.all()) }
	h.tag("paste", h.paste)
	h.tag("add", h.add)
	h.tag("menu", h.menu)
	h.box = inset(10, 10, 16, 10, line(8, 0, column(2, -1, h.name, h.left), h.paste, h.add, h.menu))
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
	t := h.inboxes.token
	if h.inboxes.waiting {
		h.left.set(tr("Waiting for this computer's keyring; perhaps a window asks for its "+
			"password"), theme.ColorNameWarning)
		return 0
	}
	if t.Inbox.Host == "" {
		h.showNoToken(s)
		return 0
	}
	h.name.set(h.inboxes.called(t.Inbox), theme.ColorNameForeground)
	if in := s.inbox(t.Inbox.Key()); in != nil && in.Hold != nil &&
		in.Hold.Reason == problem.HostNotAllowed {
		h.left.set(tr("You no longer allow its address"), theme.ColorNameError)
		return 0
	}
	now := h.inboxes.storageNow(s)
	c := countdownOf(t, now)
	words, color, next := c.short, c.color, c.next
	if fit := h.fits(s); fit.Known && t.StateAt(now) == token.StateActive {
		if fit.Fits {
			words += " · " + tr("enough time to finish")
		} else {
			words += " · " + trn("the rest needs about {{.N}} more tokens", int64(max(fit.More, 1)))
			color = theme.ColorNameError
		}
	}
	if h.inboxes.unkept && t.StateAt(now) == token.StateActive {
		words += " · " + tr("token not saved: you'll need it again after quitting")
	}
	h.left.set(words, color)
	return next
}

// showNoToken says what a token is needed for.
func (h *header) showNoToken(s *sample) {
	title, words := tr("Add an upload token"), tr("Paste the token you received")
	if n := unfinished(&s.status); n > 0 {
		title, words = tr("Paste your token to continue"), h.waitingFor(s, n)
	}
	h.name.set(title, theme.ColorNameForeground)
	h.left.set(words, colorMuted)
}

// waitingFor says how many files wait for a token, and for which inbox's where that is one.
func (h *header) waitingFor(s *sample, n int64) string {
	if len(s.inboxes) == 1 {
		for _, in := range s.inboxes {
			return trn("{{.N}} files for “{{.Inbox}}” wait for its upload token", n,
				values("Inbox", h.inboxes.called(in)))
		}
	}
	return trn("{{.N}} files wait for a token", n)
}

// fits says whether what is left will be sent before the token ends.
func (h *header) fits(s *sample) uplink.Fit {
	key, left := h.inboxes.token.Inbox.Key(), int64(0)
	for i := range s.status.Transfers {
		if t := &s.status.Transfers[i]; t.Inbox == key {
			for _, state := range []ledger.JobState{ledger.Waiting, ledger.Active, ledger.Paused} {
				left += t.Bytes[state]
			}
			left -= t.Done - t.Bytes[ledger.Delivered]
		}
	}
	// While something is wrong, the speed says nothing about how it will go on.
	if left <= 0 || s.status.Scanning || s.status.Busy == 0 || s.status.Left == 0 ||
		allPaused(&s.status) || h.banner.blocks(&s.status) {
		return uplink.Fit{}
	}
	return uplink.FitFor(h.inboxes.token, left, s.status.Speed, h.inboxes.storageNow(s))
}
