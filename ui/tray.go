package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"inboxuploader/uploader/ledger"
)

// tray is the program's icon beside the clock. All that its menu offers is in the window too: some desktops have no tray.
type tray struct {
	w     *Window
	app   desktop.App // nil: this system has no tray icons
	menu  *fyne.Menu
	state trayState
	look  trayLook
}

// trayState is what the menu's words depend on.
type trayState struct {
	delivered, total, pending, resting, needs int64
	percent                                   int
	going, hold                               bool
}

// startTray puts the icon up, where the system has such icons.
func (w *Window) startTray() {
	t := &tray{w: w}
	w.tray = t
	app, ok := w.app.(desktop.App)
	if !ok {
		return
	}
	t.app = app
	t.look.state = trayIdle
	app.SetSystemTrayIcon(t.look.resource())
	t.show(&w.last)
	if t.menu == nil {
		t.set(trayState{})
	}
}

// show keeps the menu true. It is made anew only when its words are others.
func (t *tray) show(s *sample) {
	if t == nil || t.app == nil {
		return
	}
	st := &s.status
	state := trayState{
		delivered: st.Files[ledger.Delivered], total: st.FilesTotal(), pending: unfinished(st), needs: needsPerson(st),
		resting: resting(st), going: going(st) > 0,
		percent: st.Percent(),
	}
	for i := range st.Inboxes {
		state.hold = state.hold || st.Inboxes[i].Hold != nil && st.Inboxes[i].Unfinished > 0
	}
	if state != t.state || t.menu == nil {
		t.set(state)
	}
}

func (t *tray) set(s trayState) {
	t.state = s
	if t.menu == nil {
		t.menu = fyne.NewMenu(Title)
	}
	// Always the same menu: when the icon is up, Fyne shows the first one that it was given once more.
	t.menu.Items = t.w.trayItems(s)
	t.app.SetSystemTrayMenu(t.menu)
	if look := s.look(); look != t.look {
		t.look = look
		t.app.SetSystemTrayIcon(look.resource())
	}
}

// statusLine says in one line how it goes.
func (s *trayState) statusLine() string {
	switch {
	case s.pending > 0 && s.hold:
		return trn("{{.N}} files wait for a token", s.pending)
	case s.pending > 0 && !s.going:
		return trn("{{.N}} files are paused", s.pending)
	case s.pending > 0:
		return tr("{{.Percent}} % · {{.Files}} left", values("Percent", s.percent, "Files", files(s.pending)))
	case s.needs > 0:
		return trn("{{.N}} files need you", s.needs)
	case s.total > 0:
		return trn("{{.N}} files delivered", s.delivered)
	default:
		return tr("Nothing to send")
	}
}

// trayItems are the menu's entries. The last is marked as Fyne's own Quit, or Fyne would add that.
func (w *Window) trayItems(s trayState) []*fyne.MenuItem {
	status := fyne.NewMenuItem(s.statusLine(), nil)
	status.Disabled = true
	items := []*fyne.MenuItem{status, fyne.NewMenuItemSeparator()}
	if s.resting > 0 || s.hold {
		items = append(items, fyne.NewMenuItem(tr("Resume pending uploads ({{.N}})", values("N", number(max(s.resting, s.pending)))), w.resumePending))
	}
	if s.going {
		items = append(items, fyne.NewMenuItem(tr("Pause all"), w.pauseAll))
	}
	quit := fyne.NewMenuItem(tr("Quit"), w.quitAsked)
	quit.IsQuit = true
	return append(items,
		fyne.NewMenuItem(tr("Add files…"), func() { w.reveal(); w.chooseFiles() }),
		fyne.NewMenuItem(tr("Paste token…"), func() { w.reveal(); w.pasteToken() }),
		fyne.NewMenuItem(tr("Show window"), func() { w.reveal(); w.window.RequestFocus() }),
		fyne.NewMenuItemSeparator(), quit)
}

// resumePending goes on with what is left: with a token that still works by itself, else by asking for one.
func (w *Window) resumePending() {
	w.reveal()
	w.resumeAll()
}

// closeAsked is what the window's own close button does: hide where there is a tray to come back from, else quit.
func (w *Window) closeAsked() {
	if w.tray == nil || w.tray.app == nil || w.config.Desktop.HasTray == nil {
		w.quitAsked()
		return
	}
	w.inBackground(func(context.Context) {
		has := w.config.Desktop.HasTray()
		w.do(func() {
			switch {
			case !has:
				w.quitAsked()
			case w.settings.TrayTold:
				w.hide()
			default:
				w.tellOfTray()
			}
		})
	})
}

// trayAtLogin is how often a tray is looked for, once a second: at login it may come up later than the program.
const trayAtLogin = 10

// stayInTray leaves the window hidden from the start, or shows it where there is no tray to bring it back.
func (w *Window) stayInTray(ctx context.Context) {
	for range trayAtLogin {
		if w.tray.app == nil || w.config.Desktop.HasTray == nil {
			break
		}
		if w.config.Desktop.HasTray() {
			w.events.event("hidden")
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
	w.do(w.reveal)
}

// hide leaves the window running in the tray.
func (w *Window) hide() {
	w.settings.keepPlace()
	w.hidden.Store(true)
	w.window.Hide()
	w.events.event("close-to-tray", "pending", unfinished(&w.last.status))
}
