package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader"
)

// banner says what keeps files from going on, above the list: what happened, what is safe, what to do.
type banner struct {
	w           *Window
	box         *fyne.Container
	back        *panel
	sign        *widget.Icon
	what        *widget.Label
	rest        *widget.Label
	paste       *widget.Button
	key         string
	lastTrouble string
}

func newBanner(w *Window) *banner {
	b := &banner{w: w}
	b.back = newPanel(colorWarnBg, "", 8)
	b.sign = widget.NewIcon(icon("attention", theme.ColorNameWarning))
	b.what, b.rest = wrapped(""), wrapped("")
	b.what.TextStyle.Bold = true
	b.paste = widget.NewButtonWithIcon(tr("Paste token"), icon("token", theme.ColorNameForeground), w.pasteToken)
	picture := container.NewVBox(inset(9, 0, 12, 0, container.New(atLeast{fyne.NewSquareSize(20)}, b.sign)))
	button := container.NewCenter(inset(0, 0, 0, 12, b.paste))
	words := column(-10, -1, b.what, b.rest)
	b.box = inset(0, 8, 16, 16, container.NewStack(b.back, container.NewBorder(nil, nil, picture, button, words)))
	b.box.Hide()
	return b
}

// show says what is wrong, if anything is. It returns after how long its words are others.
func (b *banner) show(s *sample) time.Duration {
	hold, trouble := b.cause(s)
	switch {
	case hold != nil:
		x := explain(hold)
		b.say("hold "+string(hold.Reason), colorErrorBg, icon("attention", theme.ColorNameError), x.What, x.Safe+" "+x.Do, true)
		b.report(s, hold, x)
		return 0
	case trouble != nil:
		x := explain(trouble.Trouble)
		left := trouble.Until.Sub(s.now)
		words := x.Do
		if left > time.Second {
			words = x.Safe + " " + tr("Trying again in {{.Time}}.", values("Time", duration(left)))
		}
		b.say("trouble "+string(trouble.Trouble.Reason), colorWarnBg, icon("attention", theme.ColorNameWarning), x.What, words, false)
		b.report(s, trouble.Trouble, x)
		return time.Second
	}
	b.lastTrouble = ""
	if b.box.Visible() {
		b.box.Hide()
		b.key = ""
		b.w.relayout()
	}
	return 0
}

// cause returns what keeps an inbox with unfinished files waiting: a person's turn, or something that passes.
func (b *banner) cause(s *sample) (*uploader.Error, *uploader.InboxStatus) {
	var trouble *uploader.InboxStatus
	for i := range s.status.Inboxes {
		in := &s.status.Inboxes[i]
		if in.Unfinished == 0 {
			continue
		}
		if in.Hold != nil {
			return in.Hold, nil
		}
		if in.Trouble != nil && trouble == nil {
			trouble = in
		}
	}
	return nil, trouble
}

func (b *banner) say(key string, background fyne.ThemeColorName, sign fyne.Resource, what, rest string, paste bool) {
	changed := b.key != key
	if changed {
		b.key = key
		b.back.name = background
		b.back.Refresh()
		b.sign.SetResource(sign)
		b.what.SetText(what)
		if paste {
			b.paste.Show()
		} else {
			b.paste.Hide()
		}
	}
	if b.rest.Text != rest {
		b.rest.SetText(rest)
	}
	if !b.box.Visible() || changed {
		b.box.Show()
		b.w.relayout()
	}
}

// report tells end-to-end tests of it, once.
func (b *banner) report(s *sample, e *uploader.Error, x uploader.Explanation) {
	if key := string(e.Reason); b.lastTrouble != key {
		b.lastTrouble = key
		b.w.events.event("trouble", "reason", e.Reason, "message", x.String(), "delivered", s.status.Files[uploader.Delivered])
	}
}
