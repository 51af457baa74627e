package ui

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// command hands a command to the queue. Its effect is seen in the next sample.
func (w *Window) command(c ledger.Command) {
	w.inBackground(func(ctx context.Context) {
		n, err := w.config.Queue.Do(ctx, c)
		if err != nil && ctx.Err() == nil {
			w.config.Log.Error("command", "verb", c.Verb, "error", err)
			w.do(func() { w.tell(tr("That was not possible"), explain(err)) })
			return
		}
		w.sampler.searchAgain.Store(true)
		w.wake()
		w.events.event(commandEvent[c.Verb], "files", n)
	})
}

// commandEvent names the events of commands for end-to-end tests.
var commandEvent = map[ledger.Verb]string{
	ledger.Pause: "paused", ledger.Resume: "resumed", ledger.Cancel: "cancelled", ledger.Retry: "retried",
	ledger.Replace: "replaced", ledger.Rename: "renamed", ledger.Remove: "removed",
	ledger.First: "moved", ledger.Last: "moved", ledger.Clear: "cleared",
}

func (w *Window) pauseAll() { w.command(ledger.Command{Verb: ledger.Pause}) }

// withoutToken returns the keys of the inboxes that this program has unfinished files for and no token that works.
func withoutToken(st *uploader.Status) (keys []string) {
	for i := range st.Transfers {
		t := &st.Transfers[i]
		if t.Owner != ledger.Elsewhere && (notEnded(&t.Files) > 0 || !t.Scanned) && !slices.Contains(keys, t.Inbox) {
			keys = append(keys, t.Inbox)
		}
	}
	for i := range st.Inboxes {
		if in := &st.Inboxes[i]; in.Token.Inbox.Host != "" && in.Hold == nil {
			keys = slices.DeleteFunc(keys, func(key string) bool { return key == in.Inbox })
		}
	}
	return keys
}

// resumeAll goes on with what a person paused and with what an earlier run left. Inboxes whose token is not known any more are
// looked up in the vault; for those that are not there either tokens are asked for.
func (w *Window) resumeAll() {
	need, kept := withoutToken(&w.last.status), slices.Clone(w.kept)
	n, hosts := resting(&w.last.status), w.hosts()
	w.inBackground(func(ctx context.Context) {
		_, err := w.config.Queue.Adopt(ctx, nil)
		if err == nil {
			_, err = w.config.Queue.Do(ctx, ledger.Command{Verb: ledger.Resume})
		}
		if err != nil && ctx.Err() == nil {
			w.config.Log.Error("resume", "error", err)
			w.do(func() { w.tell(tr("That was not possible"), explain(err)) })
			return
		}
		w.events.event("resumed", "files", n)
		var missing []string
		for _, key := range need {
			i := slices.IndexFunc(kept, func(r inboxes.Record) bool { return r.Inbox.Key() == key && r.Ref != "" })
			if i < 0 {
				missing = append(missing, key)
				continue
			}
			t, err := w.recall(ctx, kept[i], hosts)
			if e, ok := asError(err); ok && e.Reason == problem.HostNotAllowed {
				w.do(func() { w.tell(tr("The token can't be used"), explain(e)) })
				continue
			}
			if err != nil || t.StateAt(w.config.Now()) == token.StateExpired {
				missing = append(missing, key)
				continue
			}
			w.do(func() {
				if w.token.Inbox.Host == "" {
					w.begin(t)
				}
			})
		}
		w.do(func() { w.askTokens(missing) })
		w.wake()
	})
}

// takeUp goes on with what an earlier run left for an inbox, but for what a person had paused there.
func (w *Window) takeUp(inbox string) {
	w.inBackground(func(ctx context.Context) {
		got, err := w.config.Queue.Adopt(ctx, func(t ledger.TransferStatus) bool { return t.Inbox == inbox && !t.Paused })
		if err != nil && ctx.Err() == nil {
			w.config.Log.Error("take up", "error", err)
			w.do(func() { w.tell(tr("That was not possible"), explain(err)) })
			return
		}
		w.events.event("taken up", "transfers", len(got))
		w.wake()
	})
}

// retryAll sends again what could not be sent.
func (w *Window) retryAll() { w.command(ledger.Command{Verb: ledger.Retry}) }

// clearDelivered takes what was delivered from the list.
func (w *Window) clearDelivered() { w.command(ledger.Command{Verb: ledger.Clear}) }

// jobMenu is what can be done with jobs that are selected, one of which is j.
func (w *Window) jobMenu(j ledger.Job, ids []int64) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	verb := func(words, sign string, v ledger.Verb) {
		items = append(items, fyne.NewMenuItemWithIcon(words, icon(sign, theme.ColorNameForeground), func() {
			w.command(ledger.Command{Verb: v, Jobs: ids})
		}))
	}
	one := len(ids) == 1
	if !one || j.State == ledger.Waiting || j.State == ledger.Active {
		verb(tr("Pause"), "pause", ledger.Pause)
	}
	if !one || j.State == ledger.Paused {
		verb(tr("Resume"), "resume", ledger.Resume)
	}
	if !one || j.State == ledger.Attention || j.State == ledger.Failed || j.State == ledger.Cancelled {
		verb(tr("Try again"), "retry", ledger.Retry)
	}
	if p := j.Problem; !one || p != nil && p.MayReplace() {
		verb(tr("Replace what is there"), "send", ledger.Replace)
	}
	if p := j.Problem; !one || p != nil && errors.Is(p, problem.ErrExists) && !w.last.oneName[j.Transfer] {
		verb(tr("Send under another name"), "add", ledger.Rename)
	}
	if !one || !j.State.Ended() {
		verb(tr("Cancel"), "cancel", ledger.Cancel)
		items = append(items, fyne.NewMenuItemSeparator())
		verb(tr("Send first"), "first", ledger.First)
		verb(tr("Send last"), "last", ledger.Last)
	}
	items = append(items, fyne.NewMenuItemSeparator())
	items = append(items, fyne.NewMenuItemWithIcon(tr("Remove from the list"), icon("remove", theme.ColorNameForeground), func() { w.removeAsked(ids) }))
	return items
}
