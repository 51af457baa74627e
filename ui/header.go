package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

// header is the top of the window: the inbox, the time left, and the actions that are always
// possible. It belongs to Fyne's goroutine.
type header struct {
	*screen
	inboxes *inboxView
	tokens  *tokenView
	intake  *intake
	banner  *banner
	menus   *menus

	box              *fyne.Container
	inbox            *inboxButton
	left             *chip
	said             said
	paste, add, menu *button
}

// build creates the widgets, and again after a change of language.
func (h *header) build() {
	h.inbox = h.newInboxButton(func() { h.popUp(h.inbox, h.inboxes.menu()) })
	h.inbox.name.set(tr("Add an upload token"), theme.ColorNameForeground)
	h.inbox.words.set(tr("Paste the token you received"), colorMuted)
	h.said = said{}
	h.left = h.newChip()
	h.left.Hide()
	h.paste = h.newButtonWithIcon(tr("Paste token"), icon("token", theme.ColorNameForeground),
		h.tokens.paste)
	h.add = h.newButtonWithIcon(tr("Add"), icon("add", theme.ColorNameForeground), nil)
	h.add.OnTapped = func() { h.popUp(h.add, h.intake.menu()) }
	h.menu = h.newSign(tr("Menu"), icon("menu", theme.ColorNameForeground), nil)
	h.menu.OnTapped = func() { h.popUp(h.menu, h.menus.all()) }
	h.tag("inbox", h.inbox)
	h.tag("paste", h.paste)
	h.tag("add", h.add)
	h.tag("menu", h.menu)
	h.box = inset(8, 8, 16-inboxEdge, 12, line(8, 0,
		container.New(besideName{h}, h.inbox, h.left), h.paste, h.add, h.menu))
}

// besideName puts the countdown beside the inbox's name, each as wide as it needs to be. If there
// is little room, it shortens the words below the name first, then the countdown, then the name.
type besideName struct{ header *header }

const besideGap = 8

func (l besideName) MinSize([]fyne.CanvasObject) fyne.Size {
	size, chip := l.header.inbox.MinSize(), l.header.left
	if chip.Visible() {
		least := chip.MinSize()
		size = fyne.NewSize(size.Width+besideGap+least.Width, max(size.Height, least.Height))
	}
	return size
}

func (l besideName) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	inbox, chip := l.header.inbox, l.header.left
	all, needs := inbox.wants()
	width := min(all, size.Width)
	if chip.Visible() {
		room := size.Width - besideGap
		width = min(all, max(room-chip.widest(), min(needs, room-chip.MinSize().Width)))
		chip.Resize(fyne.NewSize(max(size.Width-width-besideGap, 0), chip.MinSize().Height))
		chip.Move(fyne.NewPos(width+besideGap, (size.Height-chip.MinSize().Height)/2))
	}
	inbox.Resize(fyne.NewSize(width, size.Height))
	inbox.Move(fyne.Position{})
}

// fit drops words if there is little room.
func (h *header) fit(size fyne.Size) {
	h.paste.fit(size)
	h.add.fit(size)
	h.box.Refresh()
}

// onStart hides the buttons that the start page has too.
func (h *header) onStart(yes bool) {
	for _, b := range []*button{h.paste, h.add} {
		visible(b, !yes)
	}
}

// show updates the header. It returns how soon the countdown's words change.
func (h *header) show(s *sample) time.Duration {
	t := h.inboxes.token
	h.inbox.offer(t.Inbox.Host != "" || len(h.inboxes.kept) > 0)
	switch {
	case h.inboxes.waiting:
		h.say(nil, tr("Waiting for this computer's keyring; perhaps a window asks for its "+
			"password"), theme.ColorNameWarning)
		return 0
	case t.Inbox.Host == "":
		h.showNoToken(s)
		return 0
	}
	h.inbox.name.set(h.inboxes.called(t.Inbox), theme.ColorNameForeground)
	if in := s.inbox(t.Inbox.Key()); in != nil && in.Hold != nil &&
		in.Hold.Reason == problem.HostNotAllowed {
		h.say(nil, tr("You no longer allow its address"), theme.ColorNameError)
		return 0
	}
	left := countdownOf(t, h.inboxes.storageNow(s))
	words, color := h.aboutToken(s, t)
	h.say(&left, words, color)
	return left.next
}

// say sets the words below the name, and the time left if it is known.
func (h *header) say(left *countdown, words string, color fyne.ThemeColorName) {
	now := said{h.inbox.name.content, words, h.inbox.opens, left != nil, h.left.shows}
	h.inbox.words.set(words, color)
	if left != nil {
		h.left.set(*left)
		now.left = h.left.shows
	}
	visible(h.left, left != nil)
	if now != h.said { // which may need other widths
		h.said = now
		h.box.Refresh()
	}
}

// said is what the widths in the header depend on.
type said struct {
	name, words string
	opens, chip bool
	left        countdown
}

// aboutToken says which token it is, and whether it will do.
func (h *header) aboutToken(s *sample, t token.Token) (words string, color fyne.ThemeColorName) {
	color = colorMuted
	var parts []string
	add := func(words string) { parts = append(parts, words) }
	active := t.StateAt(h.inboxes.storageNow(s)) == token.StateActive
	fit := h.fits(s)
	if fit.Known && active && !fit.Fits {
		add(trn("the rest needs about {{.N}} more tokens", int64(max(fit.More, 1))))
		color = theme.ColorNameError
	}
	if h.inboxes.unkept && active {
		add(tr("token not saved: you'll need it again after quitting"))
	}
	add(whichToken(t.Inbox))
	if fit.Known && active && fit.Fits {
		add(tr("enough time to finish"))
	}
	return strings.Join(parts, " · "), color
}

// whichToken names an inbox's workspace and token, which stay together if there is little room, or
// else its host.
func whichToken(in token.Inbox) string {
	if in.WsID == "" || in.TID == "" {
		return show.Text(in.Host)
	}
	return tr("Workspace {{.Workspace}}", values("Workspace", show.Text(in.WsID))) + "\u00a0· " +
		tr("token {{.Token}}", values("Token", show.Text(in.TID)))
}

// showNoToken says what a token is needed for.
func (h *header) showNoToken(s *sample) {
	title, words := tr("Add an upload token"), tr("Paste the token you received")
	if n := unfinished(&s.status); n > 0 {
		title, words = tr("Paste your token to continue"), h.waitingFor(s, n)
	}
	h.inbox.name.set(title, theme.ColorNameForeground)
	h.say(nil, words, colorMuted)
}

// waitingFor says how many files wait for a token, and names the inbox if it is the only one.
func (h *header) waitingFor(s *sample, n int64) string {
	if len(s.inboxes) == 1 {
		for _, in := range s.inboxes {
			return trn("{{.N}} files for “{{.Inbox}}” wait for its upload token", n,
				values("Inbox", h.inboxes.called(in)))
		}
	}
	return trn("{{.N}} files wait for a token", n)
}

// fits says whether the remaining files will be sent before the token expires.
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
	// While something is wrong, the speed predicts nothing.
	if left <= 0 || s.status.Scanning || s.status.Busy == 0 || s.status.Left == 0 ||
		allPaused(&s.status) || h.banner.blocks(&s.status) {
		return uplink.Fit{}
	}
	return uplink.FitFor(h.inboxes.token, left, s.status.Speed, h.inboxes.storageNow(s))
}
