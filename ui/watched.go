package ui

import (
	"context"
	"slices"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/feed"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// WatchedFolder is a folder whose new files are sent. It contains no secret.
type WatchedFolder struct {
	Path     string      `json:"path"`
	Inbox    token.Inbox `json:"inbox"`
	Folder   string      `json:"folder,omitempty"`   // in the inbox, with slashes
	Contents bool        `json:"contents,omitempty"` // without the folder's own name
	Replace  bool        `json:"replace,omitempty"`  // files of the same name in the inbox
	KeepBoth bool        `json:"keep_both,omitempty"`
	Paused   bool        `json:"paused,omitempty"`
}

// defaultSettle is how long a file must be unchanged unless the person says otherwise.
const defaultSettle = 2 * time.Minute

// settle is how long a file in a watched folder must be unchanged.
func (s *Settings) settle() time.Duration {
	if s.Settle == 0 {
		return defaultSettle
	}
	return time.Duration(s.Settle) * time.Second
}

// watchedFolder is a watched or paused folder and its state.
type watchedFolder struct {
	WatchedFolder
	stop    context.CancelFunc // nil while it is not watched
	ended   chan struct{}      // closed when the watching has ended after stop
	feed    Feed               // nil before there is one
	state   feed.State
	refused []scan.Found // the first files that can't be sent
	failed  error        // why it is not watched
	condition
}

// watchView watches folders and shows their state in a line above the list and on a sheet. It
// belongs to Fyne's goroutine.
type watchView struct {
	*screen
	settings *keptSettings
	inboxes  *inboxView
	tokens   *tokenView
	notifier *notifier
	hours    *keptHours

	folders []*watchedFolder
	recall  map[string]bool // keys of inboxes whose token is being looked up
	strip   *watchStrip
	sheet   *watchSheet // nil while it is closed
}

// begin watches the folders that were watched when the program last ended.
func (v *watchView) begin() {
	if v.config.Watch == nil || len(v.folders) > 0 {
		return
	}
	for _, f := range v.settings.Watched {
		w := &watchedFolder{WatchedFolder: f}
		v.folders = append(v.folders, w)
		if !f.Paused {
			v.start(w)
		}
	}
	v.wake()
}

// keep watches a folder from now on. If it is already watched for the same inbox, f replaces the
// earlier choices.
func (v *watchView) keep(f WatchedFolder) {
	i := slices.IndexFunc(v.folders, func(w *watchedFolder) bool {
		return w.Path == f.Path && w.Inbox.Key() == f.Inbox.Key()
	})
	if i < 0 {
		i = len(v.folders)
		v.folders = append(v.folders, &watchedFolder{})
	}
	w := v.folders[i]
	w.WatchedFolder = f
	v.restart(w)
	v.changed()
	v.events.event("watching", "folders", len(v.folders))
}

// forget stops watching a folder for good.
func (v *watchView) forget(w *watchedFolder) {
	v.end(w)
	v.folders = slices.DeleteFunc(v.folders, func(x *watchedFolder) bool { return x == w })
	v.changed()
	v.events.event("watching", "folders", len(v.folders))
}

// changed saves the list of watched folders.
func (v *watchView) changed() {
	v.settings.Watched = nil
	for _, w := range v.folders {
		v.settings.Watched = append(v.settings.Watched, w.WatchedFolder)
	}
	v.settings.changed()
	v.wake()
}

// setPaused pauses all folders, or watches them again.
func (v *watchView) setPaused(paused bool) {
	for _, w := range v.folders {
		if w.Paused == paused {
			continue
		}
		if w.Paused = paused; paused {
			v.end(w)
		} else {
			v.start(w)
		}
	}
	if len(v.folders) > 0 {
		v.changed()
	}
}

// restart watches folders with the current settings; without arguments, all of them.
func (v *watchView) restart(some ...*watchedFolder) {
	if some == nil {
		some = v.folders
	}
	for _, w := range some {
		v.end(w)
		if !w.Paused {
			v.start(w)
		}
	}
}

// end stops watching a folder for now.
func (v *watchView) end(w *watchedFolder) {
	if w.stop != nil {
		w.stop()
	}
	w.stop, w.feed, w.state, w.refused, w.failed = nil, nil, feed.State{}, nil, nil
}

// options returns how to send new files of a folder, from the person's settings.
func (v *watchView) options(w *watchedFolder) ledger.AddOptions {
	s := v.settings
	return ledger.AddOptions{
		Scan: scan.Options{
			Inbox: w.Inbox, Recursive: true, FollowSymlinks: s.FollowSymlinks,
			FollowOutside: s.FollowOutside, Exclude: slices.Clone(s.Exclude),
			NoDefaultExcludes: s.SendJunk, Own: v.config.Own, Folder: w.Folder, Contents: w.Contents,
		},
		Replace: w.Replace && !v.config.Rules.NoReplace, KeepBoth: w.KeepBoth,
	}
}

// start watches a folder on a goroutine of its own, once the goroutine before it has ended.
func (v *watchView) start(w *watchedFolder) {
	v.recallFor(w.Inbox.Key())
	ctx, stop := context.WithCancel(v.ctx)
	before, ended := w.ended, make(chan struct{})
	w.stop, w.ended = stop, ended
	folder, o, settle := w.WatchedFolder, v.options(w), v.settings.settle()
	here := func(f func()) { // unless it was stopped meanwhile
		v.do(func() {
			if ctx.Err() == nil {
				f()
				v.wake()
			}
		})
	}
	refused := func(found scan.Found) {
		here(func() {
			if len(w.refused) < mostNamed && found.Source != folder.Path {
				w.refused = append(w.refused, found)
			}
		})
	}
	v.inBackground(func(context.Context) {
		defer close(ended)
		if before != nil {
			<-before
		}
		if ctx.Err() != nil {
			return
		}
		f, err := v.config.Watch(folder, o, settle, refused)
		if err == nil {
			here(func() { w.feed = f })
			if err = f.Adopt(ctx); err == nil {
				err = f.Run(ctx, func(now feed.State, begun []int64) {
					here(func() {
						w.state = now
						v.notifier.watched(begun)
					})
				})
			}
			_ = f.Close() // a list of paths
		}
		if err != nil && ctx.Err() == nil {
			v.config.Log.Error("watch", "error", err)
			here(func() { w.failed = err })
		}
	})
}

// recallFor takes the token of an inbox from the keyring if the queue has none and the keyring has
// one.
func (v *watchView) recallFor(key string) {
	s := v.config.Queue.Status()
	at := slices.IndexFunc(s.Inboxes, func(in uploader.InboxStatus) bool { return in.Inbox == key })
	r, kept := v.inboxes.record(key)
	if at >= 0 && s.Inboxes[at].Token.Inbox.Host != "" || !kept || r.Ref == "" || v.recall[key] ||
		v.settings.Inbox == key { // which is looked up anyway
		return
	}
	if v.recall == nil {
		v.recall = map[string]bool{}
	}
	v.recall[key] = true
	hosts := v.inboxes.hosts()
	v.inBackground(func(ctx context.Context) {
		if _, err := v.inboxes.recall(ctx, r, hosts); err != nil {
			v.config.Log.Info("keyring", "error", err)
		}
		v.do(func() { delete(v.recall, key) })
		v.wake()
	})
}

// tokenUsed switches folders whose own token is over to a token for another inbox of the workspace.
// If files still wait for the old one, the window asks about them, and so about the folder.
func (v *watchView) tokenUsed(t token.Token) {
	for _, w := range v.folders {
		in := v.last.inbox(w.Inbox.Key())
		works := in != nil && (in.Hold == nil || in.Hold.Reason == problem.OutsideHours) &&
			in.Token.StateAt(v.config.Now()) != token.StateExpired && in.Token.Inbox.Host != ""
		if !works && (in == nil || in.Unfinished == 0) && feed.OneWorkspace(w.Inbox, t.Inbox) {
			v.follow(w.Inbox.Key(), t.Inbox)
		}
	}
}

// follow moves the folders of one inbox to another inbox of the workspace.
func (v *watchView) follow(from string, to token.Inbox) {
	for _, w := range v.folders {
		if w.Inbox.Key() == from && from != to.Key() {
			w.Inbox = to
			v.restart(w)
			v.changed()
		}
	}
}

// watches reports whether any folder is watched now, even if it has to wait.
func (v *watchView) watches() bool {
	return slices.ContainsFunc(v.folders, func(w *watchedFolder) bool { return !w.Paused })
}

// of reports whether a transfer comes from a watched folder.
func (v *watchView) of(t ledger.TransferStatus) bool {
	return slices.ContainsFunc(v.folders, func(w *watchedFolder) bool {
		return w.feed != nil && w.feed.Of(t)
	})
}

// delivered counts the folder's files that the list shows as delivered.
func (w *watchedFolder) delivered(s *uploader.Status) (n int64) {
	for i := range s.Transfers {
		if t := &s.Transfers[i]; w.feed != nil && w.feed.Of(*t) {
			n += t.Files[ledger.Delivered]
		}
	}
	return n
}

// canWatch reports whether folders can be watched for an inbox.
func (v *watchView) canWatch(in token.Inbox) bool {
	practice := v.config.IsPractice != nil && v.config.IsPractice(in)
	return v.config.Watch != nil && in.Host != "" && in.Blob == "" && !practice
}

// sampled updates the folders from a sample, and announces a token that has expired. It returns how
// soon a condition may change by itself.
func (v *watchView) sampled(s *sample) (next time.Duration) {
	ended := map[string]int64{}
	for _, w := range v.folders {
		before := w.condition
		wait := v.judge(w, s)
		if wait > 0 && (next == 0 || wait < next) {
			next = wait
		}
		if w.kind != before.kind {
			v.events.event("watched", "state", w.kind.name(), "delivered", w.delivered(&s.status))
			if w.kind == watchTokenEnded {
				ended[w.Inbox.Key()]++
			}
		}
	}
	for _, n := range ended {
		v.notifier.notify(tr("An upload token has ended"),
			trn("{{.N}} watched folders wait for the next token.", n))
	}
	return next
}
