package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// tokenView asks for upload tokens and uses them. It belongs to Fyne's goroutine.
type tokenView struct {
	*screen
	settings *keptSettings
	inboxes  *inboxView
	intake   *intake
	commands *commands
	practice *practiceView
	start    *startView
	watched  *watchView
	hours    *keptHours
}

// paste opens the dialog with the clipboard's content if that is a token.
func (v *tokenView) paste() {
	text := v.app.Clipboard().Content()
	if _, err := v.inboxes.parse(text); err != nil {
		text = ""
	}
	v.open(text)
}

// pasteItem is the menu entry for paste.
func (v *tokenView) pasteItem() *fyne.MenuItem {
	item := fyne.NewMenuItem(tr("Paste token…"), v.paste)
	item.Shortcut = &fyne.ShortcutPaste{}
	return item
}

// ask asks for the tokens of these inboxes, one after another, until the person cancels.
func (v *tokenView) ask(keys []string) {
	if len(keys) == 0 {
		return
	}
	text := v.app.Clipboard().Content()
	if t, err := v.inboxes.parse(text); err != nil || t.Inbox.Key() != keys[0] {
		text = ""
	}
	v.show(&tokenDialog{tokenView: v, wanted: keys[0], then: func() { v.ask(keys[1:]) }}, text)
}

// open opens the dialog with a text, which may be empty.
func (v *tokenView) open(text string) { v.show(&tokenDialog{tokenView: v}, text) }

// handOver gives the token to the queue and uses it for new files. It reports whether that worked.
func (v *tokenView) handOver(t token.Token) bool {
	if err := v.config.Queue.Use(t); err != nil {
		v.tell(tr("The token can't be used"), explain(err))
		return false
	}
	v.hours.keep()
	v.offerRedirect(t)
	v.begin(t)
	return true
}

// begin uses a token that the queue already has for new files.
func (v *tokenView) begin(t token.Token) {
	v.inboxes.token = t
	v.start.haveToken = false
	v.events.event("used", "inbox", t.Inbox.String())
	v.watched.tokenUsed(t)
	v.wake()
	v.intake.reviewHeld()
}

// choose sends new files to a saved inbox, with its token from the keyring.
func (v *tokenView) choose(r inboxes.Record) {
	hosts := v.inboxes.hosts()
	v.inBackground(func(ctx context.Context) {
		t, err := v.inboxes.recall(ctx, r, hosts)
		v.do(func() {
			switch {
			case ctx.Err() != nil:
			case err == nil:
				v.begin(t)
			case errors.Is(err, problem.ErrVault):
				v.config.Log.Info("keyring", "error", err)
				v.open("") // the person has to paste the token again
			default:
				v.tell(tr("The token can't be used"), explain(err))
			}
		})
	})
}

// offerRedirect asks whether files that wait for an old token go to the inbox of a new token of the
// same workspace.
func (v *tokenView) offerRedirect(t token.Token) {
	_, others := ledger.Takeover(v.last.status.Backlogs(), t.Inbox)
	for _, old := range others {
		if old.Mine == 0 {
			continue // nothing here has found out that its token no longer works
		}
		n, from := old.Mine, old.Inbox.Key()
		leave := v.newButton(tr("Leave them"), nil)
		move := v.newButton(trn("Send {{.N}} files there", n), nil)
		move.Importance = widget.HighImportance
		s := v.openSheet(tr("Another inbox of the same workspace"), 520,
			inset(0, 12, 8, 14, wrapped(
				trn("{{.N}} files wait for the inbox whose token no longer works. They can go to "+
					"this one instead. What was delivered stays there; half-sent files begin anew.",
					n))), leave, move)
		s.tag("move", move)
		s.tag("cancel", leave)
		s.take = v.intake.hold
		s.closed = func() { v.do(v.intake.reviewHeld) } // not before the sheet is gone
		leave.OnTapped = s.close
		move.OnTapped = func() {
			s.close()
			settled := v.commands.settle() // removed files are not sent there
			v.inBackground(func(ctx context.Context) {
				<-settled
				k, err := v.config.Queue.Redirect(ctx, from, t.Inbox)
				if err != nil && ctx.Err() == nil {
					v.do(func() { v.tell(tr("That was not possible"), explain(err)) })
					return
				}
				v.events.event("moved", "files", k)
				v.do(func() { v.watched.follow(from, t.Inbox) })
			})
		}
		v.window.Canvas().Focus(move)
		return
	}
}
