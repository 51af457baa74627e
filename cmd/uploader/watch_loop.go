package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/feed"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/watch"
)

// watchTick is how often a watch looks whether its token was replaced.
const watchTick = 5 * time.Second

// watcher is a watch while it runs. It belongs to one goroutine.
type watcher struct {
	*watchRun
	queue *uploader.Queue
	feed  *feed.Feed
	roots []string
	first token.Inbox // of the token that it began with
	token token.Token
	given givenToken
	log   *slog.Logger
	away  *mover    // of --after-delivery; nil: files stay
	read  time.Time // the token file's modification time, as it was read

	manifests *documents.Composer // of --manifest; nil: none are sent

	open     []int64 // transfers that have not ended
	files    int64   // delivered since the start, by transfers that have ended
	bytes    int64
	said     int64 // of these, spoken of
	standing problem.Reason
	ended    bool // that the token is over was said
	strange  bool // a token for another workspace was spoken of
}

// run sends complete files and reports on them until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	if err := w.resume(ctx); err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	found, failed := make(chan []watch.Batch), make(chan error, 1)
	go func() {
		defer close(failed)
		defer crash.Catch()
		failed <- w.feed.Look(watching, found)
	}()
	defer func() {
		stop()
		for range failed { // ctx's cause, or told before
		}
	}()
	w.say("Watching " + w.named() + ". To stop: Ctrl-C.")
	if within, change := w.between.Until(w.now()); !within {
		w.say(waitsWords(change))
	}
	tick := time.NewTicker(watchTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			w.report(context.WithoutCancel(ctx), true)
			return nil
		case err := <-failed:
			if ctx.Err() != nil {
				return nil
			}
			return err
		case batches := <-found:
			w.add(ctx, batches...)
		case <-w.queue.Changed():
			w.report(ctx, false)
			w.sendManifests(ctx)
			w.moveAway(ctx)
		case <-tick.C:
			w.add(ctx)
			w.renew(ctx)
			w.tellOfEnd()
			w.keepHours()
			w.report(ctx, false)
			w.sendManifests(ctx)
			w.moveAway(ctx)
		}
	}
}

// named says which folders are watched.
func (w *watcher) named() string {
	if len(w.roots) == 1 {
		return "“" + shownPath(w.roots[0]) + "”"
	}
	return fmt.Sprintf("%d folders", len(w.roots))
}

// resume goes on with what an earlier watch of these folders left.
func (w *watcher) resume(ctx context.Context) error {
	err := w.feed.Resume(ctx)
	w.open = w.feed.Unfinished()
	return errors.Join(err, w.resumeManifests(ctx))
}

// add gives complete files to the queue. It retries later if that fails, as on a full disk.
func (w *watcher) add(ctx context.Context, batches ...watch.Batch) {
	ids, err := w.feed.Take(ctx, batches...)
	w.open = append(w.open, ids...)
	if err != nil {
		w.stands(err)
	}
}

// stands reports an obstacle, once.
func (w *watcher) stands(err error) {
	reason := problem.ReasonOf(err)
	if w.standing == reason && reason != "" {
		return
	}
	w.standing = reason
	w.say(explain(err).String())
	w.log.Warn("watch", "waits", err)
	if problem.ConcernsToken(err) {
		w.say(w.nextTokenWords())
	}
}

// tellOfEnd says once that the token in use has expired, even if there is nothing to send.
func (w *watcher) tellOfEnd() {
	if err := outOfTime(w.token, w.now()); err != nil && !w.ended {
		w.ended = true
		w.stands(err)
	}
}

// nextTokenWords says where the watch looks for the next token.
func (w *watcher) nextTokenWords() string {
	credentials := w.env("CREDENTIALS_DIRECTORY")
	switch {
	case w.tokenFile != "" && credentials != "" && source.IsBelow(w.tokenFile, credentials):
		return "Waiting for the next token: put it where the service reads it from, and restart " +
			"the service."
	case w.tokenFile != "":
		return "Waiting for the next token: put it into “" + shownPath(w.tokenFile) + "”; it is " +
			"used within a few seconds."
	case w.to != "":
		return "Waiting for the next token. It is used as soon as you save it: uploader inbox " +
			"add --replace"
	}
	return "To use the next token, stop this command and run it again with that token."
}

// report reports the results of the added files, and any obstacle.
func (w *watcher) report(ctx context.Context, last bool) {
	if len(w.open) == 0 {
		if last {
			w.end(0)
		}
		return
	}
	s := w.queue.StatusOf(w.open...)
	stands := troubleOf(&s)
	for i := range s.Inboxes {
		if in := &s.Inboxes[i]; s.Journal == nil && in.Unfinished > 0 && in.Hold != nil {
			stands = in.Hold
		}
	}
	for i := range s.Transfers {
		t := &s.Transfers[i]
		if t.Finished() {
			if err := w.finished(ctx, t); err != nil {
				w.stands(err)
			}
			w.open = slices.DeleteFunc(w.open, func(id int64) bool { return id == t.ID })
		}
	}
	if stands != nil {
		w.stands(stands)
	} else if !w.feed.Later() {
		w.standing = ""
	}
	if len(w.open) == 0 && w.files > w.said {
		w.say(fmt.Sprintf("Delivered %s since the start, %s. Waiting for more.", fileCount(w.files),
			humanize.Bytes(unsigned(w.bytes))))
		w.said = w.files
	}
	if last {
		w.end(s.FilesLeft())
	}
}

// finished says what became of a transfer, and notes it.
func (w *watcher) finished(ctx context.Context, t *ledger.TransferStatus) error {
	w.name(ctx, t)
	if len(t.Options.Accompanies) > 0 {
		return w.nameManifests(ctx, t)
	}
	w.files += t.Files[ledger.Delivered]
	w.bytes += t.Bytes[ledger.Delivered]
	return w.away.took(ctx, w.queue, t.ID)
}

// moveAway moves delivered files, unless a transfer is still reading folders: it would miss a file
// that is gone.
func (w *watcher) moveAway(ctx context.Context) {
	for _, t := range w.queue.Status().Transfers {
		if t.Owner == ledger.Here && !t.Scanned && w.feed.Of(t) {
			return
		}
	}
	if err := w.away.move(ctx, w.queue); err != nil {
		w.stands(err)
	}
}

// end is the last word.
func (w *watcher) end(left int64) {
	words := fmt.Sprintf("Stopped. Delivered %s since the start.", fileCount(w.files))
	if left > 0 {
		words += fmt.Sprintf(" Left for the next run: %s.", fileCount(left))
	}
	w.say(words)
}

// name names what of a transfer was not delivered.
func (w *watcher) name(ctx context.Context, t *ledger.TransferStatus) {
	f := ledger.Filter{Transfer: t.ID, States: []ledger.JobState{
		ledger.Attention, ledger.LeftAlone, ledger.Failed,
	}}
	if t.Files[ledger.Attention]+t.Files[ledger.LeftAlone]+t.Files[ledger.Failed] == 0 {
		return
	}
	if err := ledger.EachRow(ctx, w.queue, f, func(j ledger.Job) error {
		if j.Problem != nil {
			w.say(shownPath(j.Source) + ": " + explain(j.Problem).String())
		}
		return nil
	}); err != nil {
		w.stands(err)
	}
}

// renew switches to the token that replaces the one in use: a new one in the file or, if needed,
// under the inbox's name.
func (w *watcher) renew(ctx context.Context) {
	next, err := w.next(ctx)
	switch {
	case err != nil:
		w.stands(err)
		return
	case next.Query() == "" || next.Query() == w.token.Query():
		return
	}
	if !feed.OneWorkspace(next.Inbox, w.first) {
		if !w.strange {
			w.say("The new token is for another workspace and is not used. To send there, stop " +
				"this command and start it with that token.")
		}
		w.strange = true
		return
	}
	if err = w.queue.Use(next); err == nil {
		w.keepHours()
		w.token, w.ended = next, false
		err = w.feed.Use(ctx, next.Inbox)
		for _, id := range w.feed.Unfinished() {
			if !slices.Contains(w.open, id) {
				w.open = append(w.open, id)
			}
		}
	}
	if err != nil {
		w.stands(err)
		return
	}
	w.say("Using a new token, for " + next.Inbox.String() + ".")
}

// keepHours makes the queue rest outside the hours of --between, and continue within them.
func (w *watcher) keepHours() {
	if err := w.between.Keep(w.queue, w.now()); err != nil {
		w.stands(err)
	}
}

// next returns the token now in the place that the current one came from; none if nothing changed.
func (w *watcher) next(ctx context.Context) (t token.Token, err error) {
	if w.tokenFile != "" {
		info, err := os.Stat(filepath.Clean(w.tokenFile))
		if err != nil || info.ModTime().Equal(w.read) {
			return t, nil //nolint:nilerr // it is being replaced
		}
		w.read = info.ModTime()
		given, err := fromFile(ctx, w.tokenFile)
		if err != nil {
			return t, nil //nolint:nilerr // it is being written
		}
		return w.copyRun.token(ctx, given)
	}
	if w.to == "" || !w.holds() {
		return t, nil
	}
	t, err = w.copyRun.token(ctx, w.given)
	if errors.Is(err, problem.ErrTokenExpired) {
		return token.Token{}, nil // what holds says so
	}
	return t, err
}

// holds reports whether the token's inbox waits for another token.
func (w *watcher) holds() bool {
	for _, in := range w.queue.StatusOf(w.open...).Inboxes {
		if in.Inbox == w.token.Inbox.Key() && in.Hold != nil {
			return in.Hold.Reason != problem.OutsideHours
		}
	}
	return false
}
