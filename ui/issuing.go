package ui

import (
	"cmp"
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// revokeLimit bounds the attempt to revoke a token that nobody saw.
const revokeLimit = 20 * time.Second

// createAsked shows what the token would permit, and asks for confirmation.
func (v *uploadTokens) createAsked() {
	r, problem := v.form.request()
	if problem != "" || v.create.Disabled() {
		v.form.begun = true
		v.show()
		return
	}
	now := v.config.Now()
	from := tr("now")
	begins := now
	if !r.From.IsZero() {
		from, begins = date(r.From), r.From
	}
	ends := r.To
	if ends.IsZero() {
		ends = begins.Add(cmp.Or(r.Period, workspace.DefaultPeriod))
	}
	workspaceName := v.newCutText(show.Text(v.id), theme.ColorNameForeground, theme.SizeNameText)
	v.confirm(widget.HighImportance, tr("Create this token?"), tr("Create"), column(8, -1,
		pairs(
			tr("Workspace"), workspaceName,
			tr("Reason"), reasonText(r.Reason),
			tr("Allowed"), rightsList(token.Rights{Letters: workspace.DefaultRights}),
			tr("Valid from"), newText(from, theme.ColorNameForeground, theme.SizeNameText),
			tr("Valid to"), newText(date(ends), theme.ColorNameForeground, theme.SizeNameText),
			tr("Time"), newText(duration(ends.Sub(begins)), theme.ColorNameForeground,
				theme.SizeNameText),
		),
		small(tr("Anyone with the token can upload until it expires or is revoked. Send it so that "+
			"only the recipient can read it."))),
		v.create, func() { v.issue(r) })
}

// issue creates a token. If the view closes before it shows the token, nobody can ever copy it, so
// issue revokes it again.
func (v *uploadTokens) issue(r workspace.Request) {
	tid := 0
	create := func(ctx context.Context, ws Workspace) (func(), error) {
		t, g, err := ws.Issue(ctx, r)
		tid = g.TID
		return func() { v.issued(t.Link(), g) }, err
	}
	v.ask(ask{words: tr("Creating the token…"), do: create, unseen: func(ws Workspace) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.view), revokeLimit)
		defer cancel()
		if err := ws.Revoke(ctx, tid, v.config.Person); err != nil {
			v.config.Log.Error("revoke a token that nobody saw", "tid", tid, "error", err)
		}
	}})
}

// issued shows the new token as the first row of the table, ready to copy.
func (v *uploadTokens) issued(link string, g workspace.Grant) {
	button := v.newButton(tr("Copy"), func() { v.copyToken(g.TID) })
	button.Icon = icon("copy", theme.ColorNameForegroundOnPrimary)
	button.Importance = widget.HighImportance
	v.made[g.TID] = &made{link: link, copy: button}
	v.grants = append([]workspace.Grant{g}, v.grants...)
	v.form.clear()
	v.table.build()
	v.counts.more()
	v.show()
	v.window.Canvas().Focus(button)
	v.scrollTo(v.table.box)
	v.events.event("created", "tid", g.TID, "tokens", len(v.grants))
}

// copyToken copies a token that was created in this view to the clipboard.
func (v *uploadTokens) copyToken(tid int) {
	m := v.made[tid]
	if m == nil {
		return
	}
	v.copied.put(m.link)
	m.copied = true
	v.table.build()
	v.show()
	v.events.event("copied", "tid", tid)
}

// revokeAsked says what revoking a token does, and asks.
func (v *uploadTokens) revokeAsked(g workspace.Grant, button *button) {
	if v.busy != "" {
		return
	}
	v.confirm(widget.DangerImportance, tr("Revoke token {{.TID}}?", values("TID", g.TID)),
		tr("Revoke"), column(8, -1,
			pairs(
				tr("Reason"), reasonText(g.Reason),
				tr("Valid to"), newText(dateOrNone(g.ValidTo), theme.ColorNameForeground,
					theme.SizeNameText)),
			flush(tr("Uploads with this token stop within about 30 seconds. Files already received "+
				"stay. This can't be undone."))),
		button, func() { v.revoke(g) })
}

func (v *uploadTokens) revoke(g workspace.Grant) {
	by := v.config.Person
	revoke := func(ctx context.Context, ws Workspace) (func(), error) {
		err := ws.Revoke(ctx, g.TID, by)
		return func() {
			for i := range v.grants {
				if v.grants[i].TID == g.TID {
					v.grants[i].Revoked, v.grants[i].RevokedBy = v.config.Now(), by
				}
			}
			delete(v.made, g.TID) // it opens nothing any more
			v.table.build()
			v.window.Canvas().Unfocus() // the button is gone
			v.events.event("revoked", "tid", g.TID)
		}, err
	}
	v.ask(ask{words: tr("Revoking the token…"), do: revoke})
}

// confirm asks for confirmation. Enter does not confirm a dangerous action. Afterwards the button
// that asked has the keyboard focus.
func (v *uploadTokens) confirm(
	how widget.Importance, title, words string, body fyne.CanvasObject, asked *button, do func(),
) {
	no := v.newButton(tr("Cancel"), nil)
	yes := v.newButton(words, nil)
	yes.Importance = how
	s := v.openSheet(title, 520, inset(0, 12, 8, 14, body), no, yes)
	s.tag("cancel", no)
	s.tag("confirm", yes)
	s.closed = func() {
		if holds(v.sheet.overlay, asked) || holds(v.sheet.scroll.Content, asked) {
			v.window.Canvas().Focus(asked)
		}
	}
	no.OnTapped = s.close
	yes.OnTapped = func() {
		s.close()
		do()
	}
	first := yes
	if how == widget.DangerImportance {
		first = no
	}
	v.window.Canvas().Focus(first)
	v.events.event("asked", "title", title)
}

// pairs arranges labels and their objects, one pair below another.
func pairs(all ...any) fyne.CanvasObject {
	grid := container.New(layout.NewFormLayout())
	for i := 0; i+1 < len(all); i += 2 {
		words, _ := all[i].(string)
		value, _ := all[i+1].(fyne.CanvasObject)
		grid.Add(container.NewVBox(inset(2, 2, 0, 16,
			newText(words, colorMuted, theme.SizeNameText))))
		grid.Add(inset(2, 2, 0, 0, value))
	}
	return grid
}

// reasonText is a full reason, in as many lines as it takes.
func reasonText(reason string) fyne.CanvasObject {
	return inset(-8, -8, -8, -8, wrapped(show.Text(reason)))
}

// flush is a text of several lines, flush left with the object above it.
func flush(content string) fyne.CanvasObject { return inset(-4, -4, -8, -8, wrapped(content)) }
