package ui

import (
	"cmp"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// tokenDialog decodes a token while it is pasted or typed. Nothing is sent.
type tokenDialog struct {
	*tokenView
	sheet   *sheet
	entry   *tokenEntry
	fields  *fyne.Container
	name    *sheetEntry
	naming  *fyne.Container
	problem *text // about the name
	keep    *sheetCheck
	forget  *sheetCheck // takes the token from the clipboard after use
	accept  *button
	check   *tokenCheck
	token   token.Token
	err     error
	left    *chip
	leads   *widget.RichText // where the token leads, by the name that the inbox gets
	wanted  string           // the key of the inbox whose token is asked for; empty: any
	then    func()           // what follows when a token was taken; nil: nothing
	allowed string           // the host that the person allows by a click
	// the name of the kept inbox whose token is replaced, wherever the new one leads; may be empty
	replaces string
}

func (v *tokenView) show(d *tokenDialog, text string) {
	d.entry = v.newTokenEntry()
	d.entry.changed = d.decode
	d.fields = column(12, -1)
	d.name = v.newSheetEntry("", func(string) { d.checkName(); d.sayWhere() })
	d.problem = v.newCutText("", theme.ColorNameError, theme.SizeNameCaptionText)
	d.problem.Hide()
	d.keep = v.newSheetCheck(tr("Remember it in this computer's keyring"), nil)
	d.keep.Checked = true
	if v.config.Inboxes == nil {
		d.keep.Hide()
	}
	d.forget = v.newSheetCheck(tr("Clear the clipboard afterwards"), nil)
	d.forget.Checked = !v.settings.KeepClipboard
	d.naming = column(4, -1, newText(tr("Name for this inbox"), colorMuted,
		theme.SizeNameCaptionText), d.name, d.problem,
		inset(-2, -6, -6, 0, column(-8, -1, d.keep, d.forget)))
	d.check = newTokenCheck(v.screen, d.fit)
	cancel := v.newButton(tr("Cancel"), nil)
	d.accept = v.newButton(tr("Use this token"), d.take)
	d.accept.Importance = widget.HighImportance
	d.accept.Disable()
	asked := wrapped(d.question())
	asked.TextStyle.Bold = true
	question := inset(-4, -8, -8, 0, asked)
	visible(question, asked.Text != "")
	body := inset(0, 6, 8, 14, column(12, -1, question,
		column(4, -1, d.entry.box(),
			small(tr("Paste a link, the workspace's message or an AzCopy command. Nothing is sent "+
				"yet."))),
		d.fields, d.naming, d.check.answer))
	d.sheet = v.openSheet(tr("Upload token"), 620, body, cancel, d.accept)
	d.sheet.lead(d.check.button)
	d.sheet.tag("token", d.entry)
	d.sheet.tag("name", d.name)
	d.sheet.tag("use", d.accept)
	d.sheet.tag("check", d.check.button)
	d.sheet.tag("cancel", cancel)
	d.sheet.tick = d.tick
	d.sheet.fit = d.check.button.fit
	d.check.button.fit(v.window.Canvas().Size())
	d.sheet.take = v.intake.hold
	d.sheet.closed = func() {
		d.check.about(token.Token{})
		d.entry.forget()
		v.do(v.intake.reviewHeld) // not before the sheet is gone
	}
	cancel.OnTapped = d.sheet.close
	d.entry.put(text)
	if text == "" {
		v.window.Canvas().Focus(d.entry)
	} else {
		v.window.Canvas().Focus(d.accept)
	}
}

// question says which inbox needs a token, and why; empty if any token will do.
func (d *tokenDialog) question() string {
	name := d.inboxes.calledAs(&d.last, d.wanted)
	if d.replaces != "" {
		return tr("Paste the new token for “{{.Inbox}}”", values("Inbox", show.Text(d.replaces)))
	}
	if name == "" {
		return ""
	}
	n := int64(0)
	for i := range d.last.status.Transfers {
		if t := &d.last.status.Transfers[i]; t.Inbox == d.wanted {
			n += notEnded(&t.Files)
		}
	}
	return trn("{{.N}} files for “{{.Inbox}}” wait for its upload token", n, values("Inbox", name))
}

// decode shows what the text says.
func (d *tokenDialog) decode(text string) {
	d.left, d.leads = nil, nil
	d.token, d.err = token.Token{}, nil
	d.fields.RemoveAll()
	d.check.about(token.Token{})
	if strings.TrimSpace(text) == "" {
		d.naming.Hide()
		d.accept.Disable()
		d.fit()
		return
	}
	d.token, d.err = d.inboxes.parse(text, d.allowed)
	usable := d.err == nil && d.token.StateAt(d.config.Now()) != token.StateExpired
	if d.err != nil {
		d.refusal()
	} else {
		d.describe()
	}
	if d.err == nil {
		d.check.about(d.token)
	}
	if usable {
		visible(d.forget, d.onClipboard())
		d.name.SetPlaceHolder(d.inboxes.nameFor(d.token.Inbox))
		r, _ := d.inboxes.record(d.token.Inbox.Key())
		d.name.SetText(cmp.Or(d.replaces, r.Name))
		d.sayWhere()
		d.naming.Show()
		d.accept.Enable()
		d.checkName()
	} else {
		d.naming.Hide()
		d.accept.Disable()
	}
	d.fit()
	f := d.token.Fields(d.config.Now())
	words := ""
	if d.err != nil {
		words = explain(d.err).String()
	}
	d.events.event("token", "inboxid", f.InboxID, "wsid", f.WsID, "tid", f.TID, "date", f.Date,
		"valid_from", f.ValidFrom,
		"valid_to", f.ValidTo, "state", f.State, "usable", usable, "message", words)
}

// onClipboard reports whether the clipboard holds the token.
func (d *tokenDialog) onClipboard() bool {
	t, err := d.inboxes.parse(d.app.Clipboard().Content(), d.allowed)
	return err == nil && t.Query() == d.token.Query()
}

// checkName says what is wrong with the name, if anything is.
func (d *tokenDialog) checkName() {
	problem := ""
	if name := strings.TrimSpace(d.name.Text); d.replaces == "" || name != d.replaces {
		problem = d.inboxes.nameProblem(d.token.Inbox, name)
	}
	d.problem.set(problem, theme.ColorNameError)
	if (problem != "") != d.problem.Visible() {
		if problem != "" {
			d.problem.Show()
			d.accept.Disable()
		} else {
			d.problem.Hide()
			d.accept.Enable()
		}
		d.fit()
	}
}

// fit gives the sheet the height that its content needs.
func (d *tokenDialog) fit() {
	if d.sheet != nil {
		d.sheet.overlay.Refresh()
	}
}

// refusal says why the text can't be used, and offers what a person may decide.
func (d *tokenDialog) refusal() {
	d.fields.Add(notice("failed", theme.ColorNameError, colorErrorBg, explain(d.err)))
	e, ok := asError(d.err)
	if !ok || e.Reason != problem.UnknownHost || d.config.Rules.NoHosts {
		return
	}
	host := e.Value
	allow := d.newSheetCheck(tr("It is the workspace's: allow {{.Host}}",
		values("Host", shortened(host, 30))), func(on bool) {
		d.allowed = ""
		if on {
			d.allowed = host
		}
		d.decode(d.entry.raw)
	})
	d.fields.Add(allow)
	if d.sheet != nil {
		d.sheet.tag("allow_host", allow)
	}
}

// describe says what the token is for: in sentences first, then by the documentation's names.
func (d *tokenDialog) describe() {
	now := d.config.Now()
	t := d.token
	if t.StateAt(now) == token.StateExpired { // first, since it is why the token can't be used
		e := problem.New("paste token", "", problem.Expired)
		e.When = t.ValidTo
		d.fields.Add(notice("failed", theme.ColorNameError, colorErrorBg, explain(e)))
	}
	if name := d.inboxes.calledAs(&d.last, d.wanted); name != "" && d.wanted != t.Inbox.Key() {
		d.fields.Add(notice("attention", theme.ColorNameWarning, colorWarnBg, problem.Explanation{
			What: tr("This token is for another inbox than “{{.Inbox}}”.", values("Inbox", name)),
		}))
	}
	d.fields.Add(d.summary(now))
	for _, warning := range t.WarningsIn(translated) {
		d.fields.Add(notice("attention", theme.ColorNameWarning, colorWarnBg,
			problem.Explanation{What: warning}))
	}
	d.fields.Add(d.documented(now))
	d.fields.Add(inset(-8, -8, -8, 0,
		d.newSheetFold(tr("Storage and rights in detail"), d.inDetail(now))))
}

// tick lets the countdown go on.
func (d *tokenDialog) tick(now time.Time) time.Duration {
	if d.left == nil {
		return 0
	}
	c := countdownOf(d.token, now)
	d.left.set(c)
	return c.next
}

// take uses the token: files that waited for one continue.
func (d *tokenDialog) take() {
	t := d.token
	d.settings.Inbox = t.Inbox.Key()
	if d.allowed != "" {
		d.inboxes.allow(d.allowed)
	}
	if d.forget.Visible() {
		d.settings.KeepClipboard = !d.forget.Checked
		if d.forget.Checked && d.onClipboard() {
			d.app.Clipboard().SetContent("")
		}
	}
	d.settings.changed()
	name, remember := strings.TrimSpace(d.name.Text), d.keep.Checked
	// so the window said that this token lets the files go on that wait for it
	first := d.inboxes.token.Inbox.Host == ""
	d.sheet.close()
	if !d.handOver(t) {
		return
	}
	if first {
		d.commands.takeUp(t.Inbox.Key())
	}
	if d.practice.key != t.Inbox.Key() {
		d.inboxes.keep(t, name, remember, d.replaces)
	}
	if d.then != nil && d.top == nil {
		d.then()
	}
}
