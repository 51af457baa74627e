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

// commands hands the person's commands to the queue. It belongs to Fyne's goroutine, but for run,
// which any may call.
type commands struct {
	*screen
	sampler *sampler
	inboxes *inboxView
	tokens  *tokenView
	queue   *queueView
	watched *watchView
	undo    *undoBar

	removal *removal        // may still be undone; nil for none
	step    <-chan struct{} // closed when the last of what has to be done in order is over
}

// run hands a command to the queue. Its effect is seen in the next sample.
func (cm *commands) run(c ledger.Command) {
	cm.inBackground(func(ctx context.Context) {
		n, err := cm.config.Queue.Do(ctx, c)
		if err != nil {
			cm.failed(ctx, c.Verb, err)
			return
		}
		cm.sampler.searchAgain.Store(true)
		cm.wake()
		cm.events.event(commandEvent[c.Verb], "files", n)
	})
}

// commandEvent names the events of commands for end-to-end tests.
var commandEvent = map[ledger.Verb]string{
	ledger.Pause: "paused", ledger.Resume: "resumed", ledger.Cancel: "cancelled",
	ledger.Retry:   "retried",
	ledger.Replace: "replaced", ledger.Rename: "renamed", ledger.Remove: "removed",
	ledger.First: "moved", ledger.Last: "moved", ledger.Clear: "cleared",
}

func (cm *commands) pauseAll() {
	cm.watched.setPaused(true)
	cm.run(ledger.Command{Verb: ledger.Pause})
}

// withoutToken returns the keys of the inboxes that this program has unfinished files for and no
// token that works.
func withoutToken(st *uploader.Status) (keys []string) {
	for _, w := range st.Backlogs() {
		if !w.HasToken {
			keys = append(keys, w.Inbox.Key())
		}
	}
	return keys
}

// resumeAll goes on with what a person paused and with what an earlier run left. Inboxes whose
// token is not known any more are looked up in the vault; for those that are not there either
// tokens are asked for.
func (cm *commands) resumeAll() {
	cm.watched.setPaused(false)
	settled := cm.settle() // what was taken from the list does not go on
	need, kept := withoutToken(&cm.last.status), slices.Clone(cm.inboxes.kept)
	n, hosts := resting(&cm.last.status), cm.inboxes.hosts()
	cm.inBackground(func(ctx context.Context) {
		<-settled
		_, err := cm.config.Queue.Resume(ctx, nil)
		if err != nil {
			cm.failed(ctx, ledger.Resume, err)
			return
		}
		cm.events.event("resumed", "files", n)
		var missing []string
		for _, key := range need {
			i := slices.IndexFunc(kept, func(r inboxes.Record) bool {
				return r.Inbox.Key() == key && r.Ref != ""
			})
			if i < 0 {
				missing = append(missing, key)
				continue
			}
			t, err := cm.inboxes.recall(ctx, kept[i], hosts)
			if e, ok := asError(err); ok && e.Reason == problem.HostNotAllowed {
				cm.do(func() { cm.tell(tr("The token can't be used"), explain(e)) })
				continue
			}
			if err != nil || t.StateAt(cm.config.Now()) == token.StateExpired {
				missing = append(missing, key)
				continue
			}
			cm.do(func() {
				if cm.inboxes.token.Inbox.Host == "" {
					cm.tokens.begin(t)
				}
			})
		}
		cm.do(func() { cm.tokens.ask(missing) })
		cm.wake()
	})
}

// takeUp goes on with what an earlier run left for an inbox, but for what a person had paused
// there.
func (cm *commands) takeUp(inbox string) {
	cm.inBackground(func(ctx context.Context) {
		got, err := cm.config.Queue.Adopt(ctx,
			func(t ledger.TransferStatus) bool { return t.Inbox == inbox && !t.Paused })
		if err != nil && ctx.Err() == nil {
			cm.config.Log.Error("take up", "error", err)
			cm.do(func() { cm.tell(tr("That was not possible"), explain(err)) })
			return
		}
		cm.events.event("taken up", "transfers", len(got))
		cm.wake()
	})
}

// retryAll sends again what could not be sent, but for what was taken from the list.
func (cm *commands) retryAll() {
	cm.settle()
	cm.inOrder(func(context.Context) { cm.run(ledger.Command{Verb: ledger.Retry}) })
}

// menu is what can be done with jobs that are selected, one of which is j.
func (cm *commands) menu(j ledger.Job, ids []int64) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	verb := func(words, sign string, v ledger.Verb) {
		items = append(items, fyne.NewMenuItemWithIcon(words, icon(sign, theme.ColorNameForeground),
			func() {
				cm.run(ledger.Command{Verb: v, Jobs: ids})
			}))
	}
	one := len(ids) == 1
	if !one || j.State == ledger.Waiting || j.State == ledger.Active {
		verb(tr("Pause"), "pause", ledger.Pause)
	}
	if !one || j.State == ledger.Paused {
		verb(tr("Resume"), "resume", ledger.Resume)
	}
	if !one || j.State == ledger.Attention || j.State == ledger.Failed ||
		j.State == ledger.Cancelled {
		verb(tr("Try again"), "retry", ledger.Retry)
	}
	if p := j.Problem; !cm.config.Rules.NoReplace && (!one || p != nil && p.MayReplace()) {
		verb(tr("Replace what is there"), "send", ledger.Replace)
	}
	if p := j.Problem; !one || p != nil && errors.Is(p, problem.ErrExists) &&
		!cm.last.oneName[j.Transfer] {
		verb(tr("Send under another name"), "add", ledger.Rename)
	}
	if !one || !j.State.Ended() {
		verb(tr("Cancel"), "cancel", ledger.Cancel)
		items = append(items, fyne.NewMenuItemSeparator())
		verb(tr("Send first"), "first", ledger.First)
		verb(tr("Send last"), "last", ledger.Last)
	}
	items = append(items, fyne.NewMenuItemSeparator())
	items = append(items, fyne.NewMenuItemWithIcon(tr("Remove from the list"),
		icon("remove", theme.ColorNameForeground), func() { cm.remove(ids) }))
	return items
}

// togglePause pauses what is selected, or all, or lets it go on.
func (cm *commands) togglePause() {
	l := cm.queue.list
	if j, ok := l.current(); ok {
		verb := ledger.Pause
		if j.State == ledger.Paused {
			verb = ledger.Resume
		}
		cm.run(ledger.Command{Verb: verb, Jobs: l.chosen()})
		return
	}
	if going(&cm.last.status) > 0 {
		cm.pauseAll()
	} else {
		cm.resumeAll()
	}
}

// tryNow ends the waits of what goes on by itself.
func (cm *commands) tryNow() {
	cm.config.Queue.TryNow()
	cm.events.event("tried")
}
