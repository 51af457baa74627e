package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// notifier announces each event once: to the person by system notifications while the window is out
// of focus, and always to end-to-end tests. It belongs to Fyne's goroutine.
type notifier struct {
	*screen
	ends map[string]time.Duration // by inbox: the nearest expiry that was announced
	// transfers whose end is still to be announced, and how many samples lacked them
	expected map[int64]int

	documents *documentSender

	folders  *watchView
	found    map[int64]bool // transfers of watched folders that have not ended
	arrived  int64          // files that those delivered and nobody announced yet
	toldLast time.Time      // when such files were last announced
	waking   bool           // another sample is due for that
}

// announce announces what happened since the sample before: to the person by system notifications
// while the window is out of focus, and to end-to-end tests. A notification has only counts and no
// file names: anyone who sees the screen can read it.
func (n *notifier) announce(before, now *sample) {
	a, b := &before.status, &now.status
	delivered, pending := b.Files[ledger.Delivered], unfinished(b)
	ended, watched := n.allEnded(b)
	n.announceWatched(now)
	if delivered != a.Files[ledger.Delivered] || b.BytesDone != a.BytesDone ||
		b.FilesTotal() != a.FilesTotal() {
		n.events.event("progress", "delivered", delivered, "total", b.FilesTotal(),
			"bytes", b.BytesDone, "pending", pending, "need", needsPerson(b))
	}
	switch {
	case ended && needsPerson(b) > 0:
		n.notify(trn("{{.N}} files need attention", needsPerson(b)), trn("{{.N}} files delivered",
			delivered))
	case ended && delivered > 0 && !watched:
		words := trn("{{.N}} files delivered", delivered)
		if b.Checked() {
			words = trn("{{.N}} files delivered, every block checked.", delivered)
		}
		title := tr("Everything is in the inbox")
		if len(ledger.ByInbox(b.Transfers)) > 1 {
			title = tr("Everything is delivered")
		}
		n.notify(title, words)
	}
	if ended {
		n.events.event("delivered", "delivered", delivered, "total", b.FilesTotal(),
			"left_alone", b.Files[ledger.LeftAlone],
			"need", needsPerson(b), "bytes", b.Bytes[ledger.Delivered])
	}
	n.announceEnds(now)
}

// expect makes sure that the end of a transfer is announced, however soon it comes.
func (n *notifier) expect(id int64) {
	if n.expected == nil {
		n.expected = map[int64]int{}
	}
	n.expected[id] = 0
}

// allEnded reports once that all transfers have ended, and whether all of them came from watched
// folders.
func (n *notifier) allEnded(s *uploader.Status) (ended, watched bool) {
	going := n.documents.busy
	watched = n.folders != nil
	there := map[int64]bool{}
	for i := range s.Transfers {
		x := &s.Transfers[i]
		if x.Owner == ledger.Here && !x.Paused &&
			(x.Files[ledger.Waiting]+x.Files[ledger.Active] > 0 || !x.Scanned) {
			n.expect(x.ID)
			going = true
		}
		there[x.ID] = true
		if _, expected := n.expected[x.ID]; expected && watched {
			watched = n.folders.of(*x)
		}
	}
	for id := range n.expected {
		if !there[id] { // the sample is older than it, or it was removed from the list
			if n.expected[id]++; n.expected[id] > 3 {
				delete(n.expected, id)
				continue
			}
			going = true
		}
	}
	if going || len(n.expected) == 0 {
		return false, false
	}
	clear(n.expected)
	return unfinished(s) == 0, watched
}

// watched makes sure that the end of a watched folder's transfers is announced, however soon it
// comes.
func (n *notifier) watched(begun []int64) {
	if n.found == nil {
		n.found = map[int64]bool{}
	}
	for _, id := range begun {
		n.found[id] = true
		n.expect(id)
	}
}

// watchedPause is the least time between two notifications about new files: an instrument may write
// one every few seconds.
const watchedPause = time.Minute

// announceWatched announces how many new files of watched folders were delivered.
func (n *notifier) announceWatched(s *sample) {
	for i := range s.status.Transfers {
		t := &s.status.Transfers[i]
		switch {
		case n.found[t.ID] && t.Finished():
			n.arrived += t.Files[ledger.Delivered]
			delete(n.found, t.ID)
		case t.Owner == ledger.Here && !t.Finished() && n.folders != nil && n.folders.of(*t):
			n.watched([]int64{t.ID}) // an earlier run had begun it
		}
	}
	if n.arrived == 0 || n.waking {
		return
	}
	if left := watchedPause - s.now.Sub(n.toldLast); left > 0 {
		n.waking = true
		n.config.After(left, func() {
			n.do(func() { n.waking = false })
			n.wake()
		})
		return
	}
	n.notify(trn("{{.N}} new files delivered", n.arrived), tr("From your watched folders."))
	n.arrived, n.toldLast = 0, s.now
}

// announceEnds warns a day and an hour before a token expires that files still need.
func (n *notifier) announceEnds(s *sample) {
	for i := range s.status.Inboxes {
		in := &s.status.Inboxes[i]
		if in.Unfinished == 0 || in.Token.ValidTo.IsZero() {
			continue
		}
		left, key := in.Token.ValidTo.Sub(s.now), in.Token.Inbox.Key()
		for _, limit := range []time.Duration{time.Hour, 24 * time.Hour} {
			told, ok := n.ends[key]
			if left <= 0 || left > limit || ok && told <= limit {
				continue
			}
			if n.ends == nil {
				n.ends = map[string]time.Duration{}
			}
			n.ends[key] = limit
			n.notify(tr("An upload token ends in {{.Time}}", values("Time", duration(left))),
				trn("{{.N}} files still need it.", int64(in.Unfinished)))
			break
		}
	}
}

// notify shows a system notification. Fyne waits for the desktop, so this has a goroutine of its
// own. Nobody waits for it: a desktop that does not answer must not keep the program from ending.
func (n *notifier) notify(title, words string) {
	n.events.event("notification", "title", title, "words", words)
	go func() { defer crash.Catch(); n.app.SendNotification(fyne.NewNotification(title, words)) }()
}

// awake keeps the computer awake while files are sent. It belongs to Fyne's goroutine.
type awake struct {
	*screen
	wanted, requested bool
	let               func()
}

func (a *awake) on() bool { return a.let != nil }

// want keeps the computer awake, or lets it sleep.
func (a *awake) want(on bool) {
	a.wanted = on
	if a.config.Desktop.StayAwake == nil || a.requested {
		return
	}
	switch {
	case on && a.let == nil:
		a.requested = true
		a.inBackground(func(context.Context) {
			release, err := a.config.Desktop.StayAwake()
			if err != nil {
				a.config.Log.Info("stay awake", "error", err)
			}
			// after a failure don't ask again
			a.do(func() { a.requested, a.let = err != nil, release })
		})
	case !on && a.let != nil:
		a.release()
	}
}

// release lets the computer sleep again.
func (a *awake) release() {
	if a.let != nil {
		a.let()
		a.let = nil
	}
}
