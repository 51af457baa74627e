package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/ledger"
)

// trayView is the program's tray icon, behind which the window can hide. Everything in its menu is
// in the window too, because some desktops have no tray. It belongs to Fyne's goroutine, except for
// stay.
type trayView struct {
	*screen
	settings *keptSettings
	sampler  *sampler
	intake   *intake
	tokens   *tokenView
	commands *commands
	watched  *watchView
	quit     func() // asks first while something is being sent

	icons desktop.App // nil: this system has no tray icons
	menu  *fyne.Menu
	state trayState
	drawn trayLook
}

// trayState is what the menu's words depend on.
type trayState struct {
	delivered, total, pending, resting, needs int64
	percent                                   int
	going, hold                               bool
	until                                     string // when the hours for sending begin
	watching                                  int64  // folders
}

// start shows the icon if the system has tray icons.
func (t *trayView) start() {
	app, ok := t.app.(desktop.App)
	if !ok {
		return
	}
	t.icons = app
	t.drawn.state = trayIdle
	app.SetSystemTrayIcon(t.drawn.resource())
	t.show(&t.last)
	if t.menu == nil {
		t.set(trayState{})
	}
}

// show updates the menu, but only if its words change.
func (t *trayView) show(s *sample) {
	if t.icons == nil {
		return
	}
	st := &s.status
	state := trayState{
		delivered: st.Files[ledger.Delivered], total: st.FilesTotal(), pending: unfinished(st),
		needs:   needsPerson(st),
		resting: resting(st), going: going(st) > 0,
		percent: st.Percent(),
	}
	for i := range st.Inboxes {
		in := &st.Inboxes[i]
		state.hold = state.hold || in.Unfinished > 0 && waitsForToken(in)
	}
	if at := s.closed(); !at.IsZero() {
		state.until = moment(at, s.now)
	}
	if t.watched.watches() {
		state.watching = int64(len(t.watched.folders))
	}
	if state != t.state || t.menu == nil {
		t.set(state)
	}
}

func (t *trayView) set(s trayState) {
	t.state = s
	if t.menu == nil {
		t.menu = fyne.NewMenu(Title)
	}
	// Always the same menu: when the icon appears, Fyne shows the first menu that it got once more.
	t.menu.Items = t.items(s)
	t.icons.SetSystemTrayMenu(t.menu)
	if look := s.look(); look != t.drawn {
		t.drawn = look
		t.icons.SetSystemTrayIcon(look.resource())
	}
}

// statusLine sums up the state in one line.
func (s *trayState) statusLine() string {
	switch {
	case s.pending > 0 && s.hold:
		return trn("{{.N}} files wait for a token", s.pending)
	case s.pending > 0 && s.until != "":
		return tr("Waiting until {{.Time}}", values("Time", s.until))
	case s.pending > 0 && !s.going:
		return trn("{{.N}} files are paused", s.pending)
	case s.pending > 0:
		return tr("{{.Percent}} % · {{.Files}} left", values("Percent", s.percent,
			"Files", files(s.pending)))
	case s.needs > 0:
		return trn("{{.N}} files need attention", s.needs)
	case s.watching > 0:
		return trn("Watching {{.N}} folders", s.watching)
	case s.total > 0:
		return trn("{{.N}} files delivered", s.delivered)
	default:
		return tr("Nothing to send")
	}
}

// items are the menu's entries. The last is marked as Fyne's own Quit, or Fyne would add that.
func (t *trayView) items(s trayState) []*fyne.MenuItem {
	status := fyne.NewMenuItem(s.statusLine(), nil)
	status.Disabled = true
	items := []*fyne.MenuItem{status, fyne.NewMenuItemSeparator()}
	if s.resting > 0 || s.hold {
		items = append(items, fyne.NewMenuItem(tr("Resume pending uploads ({{.N}})",
			values("N", number(max(s.resting, s.pending)))), t.resumePending))
	}
	if s.going {
		items = append(items, fyne.NewMenuItem(tr("Pause all"), t.commands.pauseAll))
	}
	quit := fyne.NewMenuItem(tr("Quit"), t.quit)
	quit.IsQuit = true
	return append(items,
		fyne.NewMenuItem(tr("Add files…"), func() { t.reveal(); t.intake.chooseFiles() }),
		fyne.NewMenuItem(tr("Paste token…"), func() { t.reveal(); t.tokens.paste() }),
		fyne.NewMenuItem(tr("Show window"), func() { t.reveal(); t.window.RequestFocus() }),
		fyne.NewMenuItemSeparator(), quit)
}

// resumePending resumes unfinished uploads: with a token that still works, or else it asks for one.
func (t *trayView) resumePending() {
	t.reveal()
	t.commands.resumeAll()
}

// closeAsked handles the window's close button: it hides the window if there is a tray to bring it
// back, else it quits.
func (t *trayView) closeAsked() {
	if t.icons == nil || t.config.Desktop.HasTray == nil {
		t.quit()
		return
	}
	t.inBackground(func(context.Context) {
		has := t.config.Desktop.HasTray()
		t.do(func() {
			switch {
			case !has:
				t.quit()
			case t.settings.TrayTold:
				t.hide()
			default:
				t.tellOfTray()
			}
		})
	})
}

// trayAtLogin is how many times the program looks for a tray, once a second: at login the tray may
// start later than the program.
const trayAtLogin = 10

// stay keeps the window hidden at the start, or shows it if there is no tray to bring it back.
func (t *trayView) stay(ctx context.Context) {
	for range trayAtLogin {
		if t.icons == nil || t.config.Desktop.HasTray == nil {
			break
		}
		if t.config.Desktop.HasTray() {
			t.events.event("hidden")
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
	t.do(t.reveal)
}

// hide hides the window; the program keeps running in the tray.
func (t *trayView) hide() {
	t.settings.keepPlace()
	t.hidden.Store(true)
	t.window.Hide()
	t.events.event("close-to-tray", "pending", unfinished(&t.last.status))
}

// reveal shows the hidden window again.
func (t *trayView) reveal() {
	if t.hidden.Swap(false) {
		t.settings.takePlace()
	}
	t.window.Show()
	t.sampler.hasten()
}

// tellOfTray says once that closing the window only hides it.
func (t *trayView) tellOfTray() {
	quit := t.newButton(tr("Quit instead"), t.quit)
	hide := t.newButton(tr("Hide the window"), nil)
	hide.Importance = widget.HighImportance
	words := tr("Click the tray icon to reopen this window.")
	if t.watched.watches() {
		words = join(words, tr("Your folders stay watched, too."))
	}
	s := t.openSheet(tr("Uploading continues in the background"), 480, inset(0, 12, 8, 14,
		wrapped(words)), quit, hide)
	s.tag("hide", hide)
	s.tag("quit", quit)
	hide.OnTapped = func() {
		s.close()
		t.settings.TrayTold = true
		t.settings.changed()
		t.hide()
	}
	t.window.Canvas().Focus(hide)
	t.events.event("told", "title", tr("Uploading continues in the background"))
}
