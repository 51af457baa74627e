package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// tokenCheck is the button that asks the storage about a token before it is used, and the answer,
// which stand apart.
type tokenCheck struct {
	*screen
	fit    func() // gives the sheet the height that its content needs
	button *button
	answer *fyne.Container
	token  token.Token
	cancel context.CancelFunc // of the question under way; nil for none
}

func newTokenCheck(sc *screen, fit func()) *tokenCheck {
	c := &tokenCheck{screen: sc, fit: fit, answer: container.NewVBox()}
	c.button = sc.newButtonWithIcon(tr("Test this token"),
		icon("search", theme.ColorNameForeground), c.ask)
	c.button.Hide()
	return c
}

// about makes it the button for another token, or for none; an answer to the old one is dropped.
func (c *tokenCheck) about(t token.Token) {
	if c.cancel != nil {
		c.cancel()
		c.cancel = nil
	}
	c.token = t
	c.answer.RemoveAll()
	c.button.Enable()
	c.say(tr("Test this token"))
	visible(c.answer, false)
	visible(c.button, c.config.CheckToken != nil && t.Inbox.Host != "")
}

// say names what the button does, where there is room for words.
func (c *tokenCheck) say(words string) {
	c.button.words = words
	c.button.fit(c.window.Canvas().Size())
}

// ask asks the storage. Nothing is left in the inbox.
func (c *tokenCheck) ask() {
	token := c.token
	c.about(token)
	c.button.Disable()
	c.say(tr("Asking the storage…"))
	ctx, cancel := context.WithCancel(c.ctx)
	c.cancel = cancel
	c.fit()
	c.inBackground(func(context.Context) {
		defer cancel()
		checked, err := c.config.CheckToken(ctx, token)
		c.do(func() {
			if c.cancel == nil || c.token.Query() != token.Query() {
				return // another token, or the dialog is closed
			}
			c.about(token)
			c.show(checked, err)
			c.answer.Show()
			c.fit()
			c.bring(c.answer)
		})
	})
}

// show says what came of it.
func (c *tokenCheck) show(checked store.Checked, err error) {
	clock := clockWords(&uploader.InboxStatus{
		ClockAhead: checked.ClockAhead,
		ClockKnown: checked.ClockKnown,
	})
	if err != nil {
		x := explain(err)
		x.Safe = tr("Nothing was sent.")
		if errors.Is(err, problem.ErrBusy) { // which a queue would try again by itself
			x.Do = tr("Check the network, then test the token again.")
		}
		c.answer.Add(notice("failed", theme.ColorNameError, colorErrorBg, x))
	} else {
		c.answer.Add(notice("delivered", theme.ColorNameSuccess, colorGoodBg, problem.Explanation{
			What: tr("The storage accepts this token."), Safe: tr("The test left nothing behind."),
		}))
	}
	if clock != "" {
		c.answer.Add(notice("attention", theme.ColorNameWarning, colorWarnBg, problem.Explanation{
			What: clock, Do: tr("Set it right, so that the times shown here are true."),
		}))
	}
	c.events.event("checked", "accepted", err == nil, "clock", clock)
}
