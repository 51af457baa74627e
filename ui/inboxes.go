package ui

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// keyringSilence is after how long a person is told that the keyring is waited for.
const keyringSilence = 2 * time.Second

// called is what an inbox is called: by the name that it is kept under, or by what it says of itself.
func (w *Window) called(in token.Inbox) string {
	if w.practice != nil && w.practiceKey == in.Key() {
		return tr("Practice inbox")
	}
	if r, ok := w.record(in.Key()); ok {
		return safeName(r.Name)
	}
	return safeName(inboxName(in))
}

// calledAs is what the inbox of a key is called; empty where the list has nothing for it.
func (w *Window) calledAs(s *sample, key string) string {
	if in, ok := s.inboxes[key]; ok && in.Host != "" {
		return w.called(in)
	}
	return ""
}

// record returns the kept inbox with that key.
func (w *Window) record(key string) (inboxes.Record, bool) {
	for i := range w.kept {
		if w.kept[i].Inbox.Key() == key {
			return w.kept[i], true
		}
	}
	return inboxes.Record{}, false
}

// loadInboxes reads which inboxes are kept, and brings back the token of the one that was used last.
func (w *Window) loadInboxes() {
	if w.config.Inboxes == nil {
		return
	}
	w.inBackground(func(ctx context.Context) {
		all, err := w.config.Inboxes.List(ctx)
		if err != nil {
			w.config.Log.Error("inboxes", "error", err)
			return
		}
		w.do(func() {
			w.keptAre(all)
			if r, ok := w.record(w.settings.Inbox); ok && r.Ref != "" && w.token.Inbox.Host == "" {
				w.choose(r)
			}
		})
	})
}

// keptAre takes over which inboxes are kept. An address that was allowed for one of them elsewhere, as on the command line, is among the
// settings' own from then on, where it can be taken back.
func (w *Window) keptAre(all []inboxes.Record) {
	w.kept = all
	for i := range all {
		if host := all[i].AllowedHost; host != "" && !all[i].Inbox.Allowed(token.AllowHost(w.hosts()...)) {
			w.settings.Hosts = append(w.settings.Hosts, host)
			w.settings.changed()
		}
	}
}

// choose makes a kept inbox the one that new files go to, with its token from the keyring.
func (w *Window) choose(r inboxes.Record) {
	hosts := w.hosts()
	w.inBackground(func(ctx context.Context) {
		t, err := w.recall(ctx, r, hosts)
		w.do(func() {
			switch {
			case ctx.Err() != nil:
			case err == nil:
				w.begin(t)
			case errors.Is(err, problem.ErrVault):
				w.config.Log.Info("keyring", "error", err)
				w.openToken("") // the token has to be given again
			default:
				w.tell(tr("The token can't be used"), explain(err))
			}
		})
	})
}

// recall takes a kept inbox's token from the keyring and hands it to the queue. While the keyring is silent, the window says so.
func (w *Window) recall(ctx context.Context, r inboxes.Record, hosts []string) (token.Token, error) {
	stop := w.sayWaiting()
	t, err := w.config.Inboxes.Token(ctx, r, hosts...)
	stop()
	if err != nil {
		return t, err
	}
	return t, w.config.Queue.Use(t)
}

// sayWaiting says after a while that the keyring is waited for, until stop is called.
func (w *Window) sayWaiting() (stop func()) {
	said := time.AfterFunc(keyringSilence, func() {
		defer crash.Catch()
		w.do(func() { w.waiting = true })
		w.wake()
	})
	return func() {
		said.Stop()
		w.do(func() { w.waiting = false })
		w.wake()
	}
}

// keep keeps an inbox under a name, and its token in the keyring if the person wants that.
func (w *Window) keep(t token.Token, name string, remember bool) {
	if w.config.Inboxes == nil {
		w.unkept = true
		return
	}
	before, exists := w.record(t.Inbox.Key())
	if name == "" {
		name = w.nameFor(t.Inbox)
	}
	now := w.config.Now()
	w.inBackground(func(ctx context.Context) {
		stop := w.sayWaiting()
		defer stop()
		var err error
		if exists && before.Name != name {
			_, err = w.config.Inboxes.Rename(ctx, before.Name, name)
		}
		if err == nil {
			_, err = w.config.Inboxes.Add(ctx, name, t, now, inboxes.AddOptions{Replace: exists, NameOnly: !remember})
		}
		all, listed := w.config.Inboxes.List(ctx)
		w.do(func() {
			if ctx.Err() != nil {
				return
			}
			if listed == nil {
				w.keptAre(all)
			}
			w.unkept = !remember || err != nil
			if err != nil {
				w.config.Log.Info("keep inbox", "error", err)
			}
			if err != nil && !errors.Is(err, problem.ErrVault) { // of a keyring that fails the header speaks
				w.tellNotKept(err)
			}
			w.events.event("kept", "kept", !w.unkept, "name", name)
			w.wake()
		})
	})
}

// tellNotKept says that an inbox and its token could not be kept.
func (w *Window) tellNotKept(err error) {
	x := explain(err)
	x.Safe = tr("The token works until you quit.")
	if e, ok := asError(err); ok && e.Reason == problem.InboxNameTaken { // another program was quicker
		x.Do = tr("Paste it again and give the inbox another name.")
	}
	w.tell(tr("The token is not saved"), x)
}

// nameFor is the name that an inbox is kept under unless a person gives it another: that which it has, or a free one.
func (w *Window) nameFor(in token.Inbox) string {
	if r, ok := w.record(in.Key()); ok {
		return r.Name
	}
	const most = 56 // characters, which leaves room for a number
	first := safeName(inboxName(in))
	if runes := []rune(first); len(runes) > most {
		first = withoutMiddle(runes, most)
	}
	name := first
	for n := 2; w.nameProblem(in, name) != "" && n < 1000; n++ {
		name = fmt.Sprintf("%s (%d)", first, n)
	}
	return name
}

// nameProblem says why an inbox can't have that name, or nothing.
func (w *Window) nameProblem(in token.Inbox, name string) string {
	if name == "" {
		return ""
	}
	if _, err := inboxes.CheckName(name); err != nil {
		return explain(err).What
	}
	for i := range w.kept {
		if r := &w.kept[i]; inboxes.NameKey(r.Name) == inboxes.NameKey(name) && r.Inbox.Key() != in.Key() {
			return tr("Another inbox has this name.")
		}
	}
	return ""
}

// inboxItems are the menu's entries for the kept inboxes.
func (w *Window) inboxItems() []*fyne.MenuItem {
	if len(w.kept) == 0 || len(w.kept) == 1 && w.kept[0].Inbox.Key() == w.token.Inbox.Key() {
		return nil
	}
	var items []*fyne.MenuItem
	for _, r := range w.kept[:min(len(w.kept), 12)] {
		item := fyne.NewMenuItem(tr("Send to {{.Inbox}}", values("Inbox", safeName(r.Name))), func() { w.choose(r) })
		item.Checked = r.Inbox.Key() == w.token.Inbox.Key()
		items = append(items, item)
	}
	return append(items, fyne.NewMenuItemSeparator())
}

// offerRedirect asks, where a new token leads to another inbox of the same workspace, whether what waits for the old one goes there.
func (w *Window) offerRedirect(t token.Token) {
	for i := range w.last.status.Inboxes {
		old := &w.last.status.Inboxes[i]
		in := w.last.inboxes[old.Inbox] // it may have no token any more
		if old.Hold == nil || old.Unfinished == 0 || old.Inbox == t.Inbox.Key() || in.InboxID != t.Inbox.InboxID || in.WsID != t.Inbox.WsID {
			continue
		}
		n := int64(old.Unfinished)
		from := old.Inbox
		leave := w.newButton(tr("Leave them"), nil)
		move := w.newButton(trn("Send {{.N}} files there", n), nil)
		move.Importance = widget.HighImportance
		s := w.openSheet(tr("Another inbox of the same workspace"), 520, inset(0, 12, 8, 14, wrapped(
			trn("{{.N}} files wait for the inbox whose token no longer works. They can go to this one instead. What was delivered stays there; half-sent files begin anew.", n))), leave, move)
		s.tag("move", move)
		s.tag("cancel", leave)
		s.take = w.hold
		s.closed = func() { w.do(w.reviewHeld) } // not before the sheet is gone
		leave.OnTapped = s.close
		move.OnTapped = func() {
			s.close()
			w.inBackground(func(ctx context.Context) {
				k, err := w.config.Queue.Redirect(ctx, from, t.Inbox)
				if err != nil && ctx.Err() == nil {
					w.do(func() { w.tell(tr("That was not possible"), explain(err)) })
					return
				}
				w.events.event("moved", "files", k)
			})
		}
		w.window.Canvas().Focus(move)
		return
	}
}
