package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/problem"
)

// askSignIn asks for the name and the password of a proxy, HOST:PORT. What waited for them goes on
// by itself once they are there.
func (b *banner) askSignIn(proxy string) {
	if b.config.ProxySignIn == nil || proxy == "" {
		return
	}
	name, password := b.newSheetEntry("", nil), b.newSheetEntry("", nil)
	password.Password = true
	keep := b.newSheetCheck(tr("Remember it in this computer's keyring"), nil)
	cancel := b.newButton(tr("Cancel"), nil)
	yes := b.newButton(tr("Sign in"), nil)
	yes.Importance = widget.HighImportance
	body := inset(0, 12, 8, 14, column(10, -1,
		wrapped(tr("Your proxy {{.Proxy}} wants a name and a password, usually those of your "+
			"computer account. They are sent to this proxy alone.", values("Proxy", proxy))),
		container.New(layout.NewFormLayout(), label(tr("Name")), name,
			label(tr("Password")), password),
		keep))
	s := b.openSheet(tr("Sign in to your proxy"), 480, body, cancel, yes)
	s.tag("proxy_name", name)
	s.tag("proxy_password", password)
	s.tag("proxy_sign_in", yes)
	s.tag("cancel", cancel)
	cancel.OnTapped = s.close
	done := func(string) {
		who := strings.TrimSpace(name.Text)
		if who == "" {
			b.window.Canvas().Focus(name)
			return
		}
		b.sendSignIn(proxy, who, password.Text, keep.Checked)
		password.SetText("")
		s.close()
	}
	name.OnSubmitted = func(string) { b.window.Canvas().Focus(password) }
	password.OnSubmitted = done
	yes.OnTapped = func() { done("") }
	b.window.Canvas().Focus(name)
}

// sendSignIn hands them on, and says where they could not be kept.
func (b *banner) sendSignIn(proxy, name, password string, keep bool) {
	b.inBackground(func(ctx context.Context) {
		err := b.config.ProxySignIn(ctx, proxy, name, password, keep)
		b.do(func() {
			if err != nil && ctx.Err() == nil {
				b.tell(tr("Sign in to your proxy"), problem.Explanation{
					What: tr("The password could not be kept in the keyring."),
					Safe: tr("It is used until you quit."),
				})
			}
			b.events.event("proxy_signed_in", "kept", keep && err == nil)
			b.wake()
		})
	})
}
