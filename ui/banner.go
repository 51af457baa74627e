package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// banner says above the list what blocks the upload: what happened, what is safe, what to do. It
// belongs to Fyne's goroutine.
type banner struct {
	*screen
	inboxes  *inboxView
	tokens   *tokenView
	intake   *intake
	commands *commands
	options  *settingsView
	hours    *keptHours
	room     func() float32 // how high the words may be

	connection *connectionView

	box         *fyne.Container
	back        *panel
	sign        *widget.Icon
	what        *widget.Label
	rest        *widget.Label
	paste, now  *button
	signIn      *button // to a proxy
	test        *button // of the way to the storage
	anyway      *button // sends outside the hours
	shown       obstacle
	lastTrouble string
}

// build creates the widgets, and again after a change of language.
func (b *banner) build() {
	b.shown, b.lastTrouble = obstacle{}, ""
	b.back = newPanel(colorWarnBg, "", 8)
	b.sign = widget.NewIcon(icon("attention", theme.ColorNameWarning))
	b.what, b.rest = wrapped(""), wrapped("")
	b.what.TextStyle.Bold = true
	b.paste = b.newButtonWithIcon(tr("Paste token"), icon("token", theme.ColorNameForeground),
		func() { b.tokens.ask([]string{b.shown.inbox}) })
	b.now = b.newButtonWithIcon(tr("Try now"), icon("retry", theme.ColorNameForeground),
		b.again)
	b.tag("try_now", b.now)
	b.signIn = b.newButtonWithIcon(tr("Sign in…"), icon("token", theme.ColorNameForeground),
		func() { b.askSignIn(b.shown.proxy) })
	b.tag("sign_in", b.signIn)
	b.test = b.newButtonWithIcon(tr("Test the connection…"), icon("search",
		theme.ColorNameForeground), func() { b.connection.open(b.shown.inbox) })
	b.tag("test_connection", b.test)
	b.anyway = b.newButtonWithIcon(tr("Send now anyway"), icon("send", theme.ColorNameForeground),
		b.hours.sendAnyway)
	b.tag("send_anyway", b.anyway)
	picture := container.NewVBox(inset(9, 0, 12, 0, container.New(atLeast{fyne.NewSquareSize(20)},
		b.sign)))
	buttons := line(6, -1, b.test, b.paste, b.signIn, b.anyway, b.now)
	button := container.NewCenter(inset(0, 0, 0, 12, buttons))
	body := column(-10, -1, b.what, b.rest)
	words := container.New(upTo{body, b.room}, container.NewVScroll(body))
	b.box = inset(0, 8, 16, 16, container.NewStack(b.back, container.NewBorder(nil, nil, picture,
		button, words)))
	b.box.Hide()
}

// fit drops words if there is little room.
func (b *banner) fit(size fyne.Size) {
	b.paste.fit(size)
	b.now.fit(size)
	b.signIn.fit(size)
	b.test.fit(size)
	b.anyway.fit(size)
}

// obstacle is what keeps files waiting, in words.
type obstacle struct {
	reason     problem.Reason
	inbox      string // the key of the inbox that it is about; empty: none
	what, rest string
	grave      bool   // nothing continues by itself
	paste, now bool   // which button helps
	test       bool   // the connection to the storage is the cause
	hours      bool   // the person's own hours are the cause
	proxy      string // the proxy to sign in to, HOST:PORT; empty: none
}

// dropLostReason is the banner's own reason: no file waits because of it.
const dropLostReason problem.Reason = "drop-lost"

// blocks reports whether the banner's obstacle keeps all files waiting: while one inbox waits for
// its token, others may continue.
func (b *banner) blocks(st *uploader.Status) bool {
	return b.box.Visible() && b.shown.reason != dropLostReason && (!b.shown.paste || st.Busy == 0)
}

// show says what is wrong, if anything is. It returns how soon its words change.
func (b *banner) show(s *sample) time.Duration {
	o, next := b.obstacle(s)
	if o.reason == "" {
		b.lastTrouble = ""
		if b.box.Visible() {
			b.box.Hide()
			b.relayout()
		}
		b.shown = o
		return 0
	}
	b.say(o)
	b.report(s, o)
	return next
}

// obstacle returns what is in the way of unfinished files: first obstacles for all files, then
// those that need a person, then temporary ones.
func (b *banner) obstacle(s *sample) (obstacle, time.Duration) {
	if e := s.status.Journal; e != nil {
		x := explain(e)
		return obstacle{reason: e.Reason, what: x.What, rest: join(x.Safe, x.Do), grave: true}, 0
	}
	if left := lostDropSaid - s.now.Sub(b.intake.lostDrop); !b.intake.lostDrop.IsZero() &&
		left > 0 {
		return obstacle{
			reason: dropLostReason, what: tr("Nothing arrived from what you dropped."),
			rest: dropAFolder(),
		}, left
	}
	var trouble, closed *uploader.InboxStatus
	for i := range s.status.Inboxes {
		in := &s.status.Inboxes[i]
		switch {
		case in.Unfinished == 0:
		case waitsForToken(in):
			return b.holdObstacle(s, in), 0
		case in.Hold != nil:
			closed = in
		case in.Trouble != nil && trouble == nil:
			trouble = in
		}
	}
	for i := range s.status.Transfers {
		if t := &s.status.Transfers[i]; t.Away != nil && !t.Paused && notEnded(&t.Files) > 0 {
			x := explain(t.Away)
			return obstacle{
				reason: t.Away.Reason, what: x.What, rest: join(x.Safe, x.Do),
				now: true,
			}, 0
		}
	}
	switch {
	case trouble == nil && closed != nil:
		return b.holdObstacle(s, closed), 0
	case trouble == nil:
		return obstacle{}, 0
	}
	x := b.inboxes.explainAt(s, trouble.Inbox, trouble.Trouble)
	o := obstacle{
		reason: trouble.Trouble.Reason, inbox: trouble.Inbox, what: x.What,
		rest: join(x.Safe, x.Do), now: true,
	}
	o.test = b.connection.offered() && problem.ConcernsNetwork(trouble.Trouble)
	if left := trouble.Until.Sub(s.now); left > time.Second {
		if !problem.NeedsPerson(trouble.Trouble) {
			x.Do = ""
		}
		o.rest = join(x.Safe, x.Do, tr("Trying again in {{.Time}}.",
			values("Time", duration(left))))
	}
	return o, time.Second
}

// holdObstacle says why an inbox waits for a person, or for its token to become valid.
func (b *banner) holdObstacle(s *sample, in *uploader.InboxStatus) obstacle {
	if in.Hold.Reason == problem.OutsideHours {
		return obstacle{
			reason: in.Hold.Reason, hours: true,
			what: tr("Waiting until {{.Time}}", values("Time", moment(in.Hold.When, s.now))),
			rest: hoursWords(b.options.settings.Between),
		}
	}
	x := b.inboxes.explainAt(s, in.Inbox, in.Hold)
	o := obstacle{
		reason: in.Hold.Reason, inbox: in.Inbox, what: x.What, rest: join(x.Safe, x.Do),
		grave: true, paste: true,
	}
	if in.Hold.Reason == problem.ProxySignIn && b.config.ProxySignIn != nil {
		o.paste, o.proxy = false, in.Hold.Proxy
		o.rest = join(x.Safe, tr("Sign in; the upload then continues by itself."))
	}
	if problem.ConcernsNetwork(in.Hold) {
		o.paste, o.now, o.test = false, o.proxy == "", b.connection.offered()
	}
	if clock := clockWords(in); clock != "" && (in.Hold.Reason == problem.NotYetValid ||
		in.Hold.Reason == problem.Expired) {
		o.rest = join(clock, o.rest)
	}
	return o
}

// again retries at once. If a proxy or a certificate was the obstacle, it opens new connections
// with the current proxy and certificates of the settings and the system.
func (b *banner) again() {
	b.commands.tryNow()
	if b.shown.grave && b.shown.test {
		b.options.changeNetwork()
	}
}

// wrongClock is how wrong a clock must be before the window mentions it. The storage itself allows
// 15 minutes.
const wrongClock = 2 * time.Minute

// clockWords says that this computer's clock is wrong, or nothing.
func clockWords(in *uploader.InboxStatus) string {
	switch {
	case !in.ClockKnown || in.ClockAhead.Abs() < wrongClock:
		return ""
	case in.ClockAhead > 0:
		return tr("This computer's clock is {{.Time}} ahead of the storage's.",
			values("Time", duration(in.ClockAhead)))
	default:
		return tr("This computer's clock is {{.Time}} behind the storage's.",
			values("Time", duration(-in.ClockAhead)))
	}
}

// join joins sentences.
func join(sentences ...string) string {
	words := ""
	for _, s := range sentences {
		if words != "" && s != "" {
			words += " "
		}
		words += s
	}
	return words
}

func (b *banner) say(o obstacle) {
	old := b.shown
	b.shown = o
	if o == old && b.box.Visible() {
		return
	}
	b.back.name = colorWarnBg
	b.sign.SetResource(icon("attention", theme.ColorNameWarning))
	if o.hours {
		b.back.name = colorInfoBg
		b.sign.SetResource(icon("waiting", theme.ColorNamePrimary))
	}
	if o.grave {
		b.back.name = colorErrorBg
		b.sign.SetResource(icon("attention", theme.ColorNameError))
	}
	b.back.Refresh()
	visible(b.paste, o.paste)
	visible(b.now, o.now)
	visible(b.signIn, o.proxy != "")
	visible(b.test, o.test)
	visible(b.anyway, o.hours)
	if b.what.Text != o.what {
		b.what.SetText(o.what)
	}
	if b.rest.Text != o.rest {
		b.rest.SetText(o.rest)
	}
	old.rest, o.rest = "", ""
	if !b.box.Visible() || old != o { // a countdown alone moves nothing
		b.box.Show()
		b.relayout()
	}
}

// report tells end-to-end tests of it, once.
func (b *banner) report(s *sample, o obstacle) {
	if key := o.inbox + " " + string(o.reason); b.lastTrouble != key {
		b.lastTrouble = key
		b.events.event("trouble", "reason", o.reason, "message", join(o.what, o.rest),
			"delivered", s.status.Files[ledger.Delivered])
	}
}
