package ui

import (
	"context"

	"inboxuploader/uploader/problem"
)

// loginCheck is the choice to start at login. It shows what the system says, which the person may have changed there, and can be
// ticked when that is known.
func (w *Window) loginCheck() *sheetCheck {
	c := w.newSheetCheck(tr("Start when I log in, in the tray where there is one"), nil)
	c.Disable()
	if w.config.Desktop.Login == nil {
		c.Hide()
		return c
	}
	c.OnChanged = func(on bool) { w.setLogin(c, on) }
	w.inBackground(func(context.Context) { w.showLogin(c) })
	return c
}

// showLogin asks the system and shows its answer. It blocks; not for Fyne's thread.
func (w *Window) showLogin(c *sheetCheck) {
	on, err := w.config.Desktop.Login.On()
	if err != nil {
		w.config.Log.Error("login", "error", err)
	}
	w.do(func() {
		c.Checked = on
		c.Enable()
	})
}

func (w *Window) setLogin(c *sheetCheck, on bool) {
	c.Disable()
	w.inBackground(func(context.Context) {
		err := w.config.Desktop.Login.Set(on)
		w.showLogin(c)
		if err == nil {
			w.events.event("login", "on", on)
			return
		}
		w.config.Log.Error("login", "error", err)
		w.do(func() {
			w.tell(tr("That was not possible"), problem.Explanation{
				What: tr("This computer did not take the change of what starts when you log in."),
				Safe: tr("Everything else stays as it is."),
				Do:   tr("Change it in the system's own settings."),
			})
		})
	})
}
