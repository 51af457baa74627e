package ui

import (
	"context"

	"inboxuploader/uploader/problem"
)

// loginCheck is the choice to start at login. It shows what the system says, which the person may
// have changed there, and can be ticked when that is known.
func (v *settingsView) loginCheck() *sheetCheck {
	c := v.newSheetCheck(tr("Start when I log in, in the tray where there is one"), nil)
	c.Disable()
	if v.config.Desktop.Login == nil {
		c.Hide()
		return c
	}
	if v.config.Rules.NoLogin {
		return c
	}
	c.OnChanged = func(on bool) { v.setLogin(c, on) }
	v.inBackground(func(context.Context) { v.showLogin(c) })
	return c
}

// showLogin asks the system and shows its answer. It blocks; not for Fyne's thread.
func (v *settingsView) showLogin(c *sheetCheck) {
	on, err := v.config.Desktop.Login.On()
	if err != nil {
		v.config.Log.Error("login", "error", err)
	}
	v.do(func() {
		c.Checked = on
		c.Enable()
	})
}

func (v *settingsView) setLogin(c *sheetCheck, on bool) {
	c.Disable()
	v.inBackground(func(context.Context) {
		err := v.config.Desktop.Login.Set(on)
		v.showLogin(c)
		if err == nil {
			v.events.event("login", "on", on)
			return
		}
		v.config.Log.Error("login", "error", err)
		v.do(func() {
			v.tell(tr("That was not possible"), problem.Explanation{
				What: tr("This computer did not take the change of what starts when you log in."),
				Safe: tr("Everything else stays as it is."),
				Do:   tr("Change it in the system's own settings."),
			})
		})
	})
}
