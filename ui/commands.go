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

// commands passes the person's commands to the queue. It belongs to Fyne's goroutine, except for
// run, which any goroutine may call.
type commands struct {
	*screen
	sampler *sampler
	inboxes *inboxView
	tokens  *tokenView
	queue   *queueView
	watched *watchView
	undo    *undoBar

	removal *removal        // may still be undone; nil for none
	step    <-chan struct{} // closed when the last of the ordered steps is done
}

// run passes a command to the queue. The next sample shows its effect.
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

// withoutToken returns the keys of the inboxes for which this program has unfinished files but no
// working token.
func withoutToken(st *uploader.Status) (keys []string) {
	for _, w := range st.Backlogs() {
		if !w.HasToken {
			keys = append(keys, w.Inbox.Key())
		}
	}
	return keys
}

// resumeAll resumes paused transfers and those that an earlier run left. It looks up missing tokens
// in the vault, and asks the person for the tokens that are not there either.
func (cm *commands) resumeAll() {
	cm.watched.setPaused(false)
	settled := cm.settle() // removed files are not resumed
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

// takeUp continues the transfers to an inbox that an earlier run left, except paused ones.
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

// retryAll retries all files that could not be sent, except those removed from the list.
func (cm *commands) retryAll() {
	cm.settle()
	cm.inOrder(func(context.Context) { cm.run(ledger.Command{Verb: ledger.Retry}) })
}

// menu returns the menu for the selected jobs, one of which is j.
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

// togglePause pauses or resumes the selected files, or all.
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

// tryNow retries at once what would be retried later.
func (cm *commands) tryNow() {
	cm.config.Queue.TryNow()
	cm.events.event("tried")
}
