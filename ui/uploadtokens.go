package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// sheetWidth is how wide the view becomes where there is room.
const sheetWidth = 800

// uploadTokens is the view for those who issue upload tokens: a form for a new one, and the table
// of all. One goroutine speaks with the workspace, for as long as the view is open; the rest
// belongs to Fyne's.
type uploadTokens struct {
	*issuing
	sheet *sheet
	dial  func(context.Context) (Workspace, error)
	asks  chan ask // has room for one: nothing is asked while something is
	view  context.Context

	id      string            // the workspace's name
	grants  []workspace.Grant // the newest first
	made    map[int]*made     // the tokens that were made in this view, by their numbers
	busy    string            // what is being done, in words
	loaded  bool
	most    int // rows that are shown
	laidOut parts

	form    *tokenForm
	where   *text // which workspace
	status  *text // what is being done
	trouble *fyne.Container
	table   *tokenTable
	create  *button
}

// made is a token that was made in this view, and its button.
type made struct {
	link   string // the token itself: a secret, dropped when the view is closed
	copied bool
	copy   *button
}

// ask is something to be done with the workspace, and what follows where that went well: a function
// for Fyne's thread. unseen, if not nil, is called where the view is closed before that.
type ask struct {
	words  string // what is being done
	do     func(context.Context, Workspace) (then func(), err error)
	unseen func(Workspace)
	again  bool // a person may want it to be tried again
}

// openUploadTokens opens the view of a workspace. Where no tokens may be created, it says who has
// decided that in place of the form.
func openUploadTokens(
	of *issuing, title string, none bool, open func(context.Context) (Workspace, error),
) *uploadTokens {
	v := &uploadTokens{
		issuing: of, dial: open, asks: make(chan ask, 1), made: map[int]*made{},
		most: rowsAtOnce,
	}
	var stop context.CancelFunc
	v.view, stop = context.WithCancel(v.ctx)
	v.where = v.newCutText("", colorMuted, theme.SizeNameCaptionText)
	v.status = v.newCutText("", colorMuted, theme.SizeNameText)
	v.trouble = column(0, -1)
	v.trouble.Hide()
	v.form = newTokenForm(v.screen, v.show, v.createAsked)
	v.table = newTokenTable(v)
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
		v.status, v.table.box))
	v.sheet = v.openSheet(title, sheetWidth, body, closing, v.create)
	v.sheet.stays = true // what opens above must not take a token away that was not copied yet
	v.sheet.tag("cancel", closing)
	v.sheet.tag("create", v.create)
	v.sheet.tag("reason", v.form.reason)
	v.sheet.tag("period", v.form.period)
	v.sheet.tag("from", v.form.from)
	v.sheet.tag("to", v.form.to)
	v.sheet.tick = v.tick
	v.sheet.fit = v.table.fit
	v.sheet.closed = func() {
		stop()
		clear(v.made)
		v.events.event("tokens closed")
	}
	closing.OnTapped = v.sheet.close
	v.inBackground(func(context.Context) { v.serve(v.view) })
	v.load()
	if none {
		v.window.Canvas().Focus(closing)
	} else {
		v.window.Canvas().Focus(v.form.reason)
	}
	return v
}

// serve does what is asked, one thing after another, until the view is closed.
func (v *uploadTokens) serve(ctx context.Context) {
	var ws Workspace
	defer func() {
		if ws != nil {
			_ = ws.Close() // gives connections free
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-v.asks:
			var then func()
			var err error
			if ws == nil {
				stop := v.inboxes.sayWaiting()
				ws, err = v.dial(ctx)
				stop()
			}
			if err == nil {
				then, err = a.do(ctx, ws)
			}
			if err != nil {
				then = func() { v.failed(a, err) }
			}
			seen := v.onThread(ctx, func() {
				v.busy = ""
				then()
				v.show()
			})
			if !seen && err == nil && a.unseen != nil {
				a.unseen(ws)
			}
		}
	}
}

// onThread runs a function on Fyne's thread, if the view is still open then, and waits. It reports
// whether the function ran.
func (v *uploadTokens) onThread(ctx context.Context, f func()) bool {
	ran := make(chan bool, 1)
	v.do(func() {
		open := ctx.Err() == nil
		if open {
			f()
		}
		ran <- open
	})
	select {
	case r := <-ran:
		return r
	case <-v.ctx.Done(): // nothing runs on that thread any more
	}
	select {
	case r := <-ran:
		return r
	default:
		return false
	}
}

// ask lets something be done, unless something is.
func (v *uploadTokens) ask(a ask) {
	if v.busy != "" {
		return
	}
	v.busy = a.words
	v.trouble.RemoveAll()
	v.asks <- a
	v.show()
}

// failed says why something was not done.
func (v *uploadTokens) failed(a ask, err error) {
	v.config.Log.Info("upload tokens", "error", err)
	x := explainIssuing(err)
	v.trouble.Add(notice("attention", theme.ColorNameError, colorErrorBg, x))
	if a.again {
		v.trouble.Add(line(0, -1, v.newButton(tr("Try again"), func() { v.ask(a) })))
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
			v.id, v.grants, v.loaded = ws.ID(), grants, true
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
	words := v.busy
	switch {
	case v.busy != "" && v.inboxes.waiting:
		words = tr("Waiting for this computer's keyring; perhaps a window asks for its password")
	case v.busy == "" && v.loaded && len(v.grants) == 0:
		words = tr("There are no upload tokens yet. Say above what the first one is for.")
	}
	v.status.set(words, colorMuted)
	visible(v.status, words != "")
	visible(v.where, v.where.content != "")
	visible(v.trouble, len(v.trouble.Objects) > 0)
	if v.form.check() && v.busy == "" && v.loaded {
		v.create.Enable()
	} else {
		v.create.Disable()
	}
	v.table.enable(v.busy == "")
	now := parts{
		words, v.where.content, v.form.words.Text, v.form.byDates(),
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
	status, where, form string
	byDates             bool
	troubles, built     int
}

// tick lets the times that are left go on.
func (v *uploadTokens) tick(now time.Time) time.Duration {
	if v.busy != "" {
		v.show()
	}
	return v.table.tick(now)
}
