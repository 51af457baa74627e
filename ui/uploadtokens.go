package ui

import (
	"cmp"
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// sheetWidth is how wide the view becomes where there is room.
const sheetWidth = 860

// uploadTokens is the data manager's view of upload tokens: a form for a new token, and the table
// of all. Its errands talk to the workspace; the rest belongs to Fyne's goroutine.
type uploadTokens struct {
	*issuing
	*errands
	sheet *sheet

	ws      Workspace         // nil until the table was read
	id      string            // the workspace's name
	grants  []workspace.Grant // the newest first
	made    map[int]*made     // the tokens that were made in this view, by their numbers
	loaded  bool
	most    int // rows that are shown
	laidOut parts

	form    *tokenForm
	where   *text // which workspace
	status  *text // what is being done
	trouble *fyne.Container
	table   *tokenTable
	counts  *arrivals
	create  *button
}

// made is a token that was made in this view, and its button.
type made struct {
	link   string // the token itself: a secret, dropped when the view is closed
	copied bool
	copy   *button
}

// openUploadTokens opens the view of a workspace. If no tokens may be created, it says in place of
// the form who has decided that.
func openUploadTokens(
	of *issuing, title string, none bool, open func(context.Context) (Workspace, error),
) *uploadTokens {
	v := &uploadTokens{issuing: of, made: map[int]*made{}, most: rowsAtOnce}
	v.errands = newErrands(of.screen, v.show, v.failed)
	v.where = v.newCutText("", colorMuted, theme.SizeNameCaptionText)
	v.status = v.newCutText("", colorMuted, theme.SizeNameText)
	v.trouble = column(0, -1)
	v.trouble.Hide()
	v.form = newTokenForm(v.screen, v.show, v.createAsked)
	v.table, v.counts = newTokenTable(v), newArrivals(v)
	closing := v.newButton(tr("Close"), nil)
	v.create = v.newButton(tr("Create a token…"), v.createAsked)
	v.create.Importance = widget.HighImportance
	form := fyne.CanvasObject(v.form.box)
	if none {
		v.create.Hide()
		form = wrapped(tr("Your administrator does not allow upload tokens to be created on this " +
			"computer."))
	}
	body := inset(0, 12, 8, 14, column(8, -1, v.where, v.trouble, form, widget.NewSeparator(),
		line(8, 0, v.status, v.counts.button), v.table.box))
	v.sheet = v.openSheet(title, sheetWidth, body, closing, v.create)
	v.sheet.stays = true // a sheet above must not close it before a new token is copied
	v.sheet.tag("cancel", closing)
	v.sheet.tag("create", v.create)
	v.sheet.tag("reason", v.form.reason)
	v.sheet.tag("period", v.form.period)
	v.sheet.tag("from", v.form.from)
	v.sheet.tag("to", v.form.to)
	v.sheet.tag("count", v.counts.button)
	v.sheet.tick = v.tick
	v.sheet.fit = v.table.fit
	v.sheet.closed = func() {
		v.stop()
		v.counts.stop()
		clear(v.made)
		v.events.event("tokens closed")
	}
	closing.OnTapped = v.sheet.close
	v.begin(func(ctx context.Context) (Workspace, error) {
		defer v.inboxes.sayWaiting()()
		return open(ctx)
	})
	v.load()
	if none {
		v.window.Canvas().Focus(closing)
	} else {
		v.window.Canvas().Focus(v.form.reason)
	}
	return v
}

// ask starts an errand, unless one is running.
func (v *uploadTokens) ask(a ask) {
	if v.busy == "" {
		v.trouble.RemoveAll()
	}
	v.errands.ask(a)
}

// failed says why something was not done.
func (v *uploadTokens) failed(a ask, err error) {
	v.trouble.RemoveAll()
	v.say(a, err, func() { v.ask(a) })
}

// say says why something was not done, and offers to try it again.
func (v *uploadTokens) say(a ask, err error, again func()) {
	v.config.Log.Info("upload tokens", "error", err)
	x := explainIssuing(err)
	v.trouble.Add(notice("attention", theme.ColorNameError, colorErrorBg, x))
	if a.again {
		v.trouble.Add(line(0, -1, v.newButton(tr("Try again"), again)))
	}
	v.sheet.scroll.ScrollToTop()
	v.events.event("told", "title", a.words, "message", x.String())
}

// load reads the table.
func (v *uploadTokens) load() {
	v.ask(ask{words: tr("Reading the table of tokens…"), again: true, do: func(ctx context.Context,
		ws Workspace,
	) (func(), error) {
		grants, err := ws.List(ctx)
		return func() {
			v.ws, v.id, v.grants, v.loaded = ws, ws.ID(), grants, true
			v.table.build()
			v.where.set(tr("Workspace {{.Name}}", values("Name", show.Text(ws.ID()))), colorMuted)
			v.events.event("tokens", "wsid", ws.ID(), "tokens", len(grants))
		}, err
	}})
}

// show puts on the screen what the view knows.
func (v *uploadTokens) show() {
	if v.sheet == nil {
		return // it is being made
	}
	words := cmp.Or(v.busy, v.counts.busy)
	switch {
	case v.busy != "" && v.inboxes.waiting:
		words = tr("Waiting for this computer's keyring; perhaps a window asks for its password")
	case v.busy == "" && v.loaded && len(v.grants) == 0:
		words = tr("There are no upload tokens yet. Say above what the first one is for.")
	}
	v.status.set(words, colorMuted)
	v.counts.offer()
	visible(v.status, words != "" || v.counts.button.Visible())
	visible(v.where, v.where.content != "")
	visible(v.trouble, len(v.trouble.Objects) > 0)
	if v.form.check() && v.busy == "" && v.loaded {
		v.create.Enable()
	} else {
		v.create.Disable()
	}
	v.table.enable(v.busy == "")
	now := parts{
		words, v.counts.button.Visible(), v.where.content, v.form.words.Text, v.form.byDates(),
		len(v.trouble.Objects), v.table.built,
	}
	if now != v.laidOut {
		v.laidOut = now
		v.layOut()
	}
}

// layOut gives everything the room that it needs.
func (v *uploadTokens) layOut() {
	v.sheet.overlay.Refresh()
	if c := v.sheet.scroll.Content; c.MinSize().Height > c.Size().Height {
		v.sheet.overlay.Refresh() // texts that wrap know their height only at a width
	}
}

// parts is what decides how much room the parts of the view need.
type parts struct {
	status          string
	counts          bool
	where, form     string
	byDates         bool
	troubles, built int
}

// tick lets the times that are left go on.
func (v *uploadTokens) tick(now time.Time) time.Duration {
	if v.busy != "" || v.counts.busy != "" {
		v.show()
	}
	return v.table.tick(now)
}
