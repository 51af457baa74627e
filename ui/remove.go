package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// undoFor is how long a person can undo a removal from the list.
const undoFor = 10 * time.Second

// removal is a removal from the list that the person can still undo. Until undoFor is over the
// files are hidden, and paused if they were still to be sent, but they stay in the list: if the
// program is killed, nothing is lost, and no removed file is sent.
type removal struct {
	command ledger.Command
	n       int64
	going   []int64 // jobs that are paused until then; written before the steps that follow
}

// remove removes files from the list.
func (cm *commands) remove(ids []int64) {
	cm.takeAway(&removal{
		command: ledger.Command{Verb: ledger.Remove, Jobs: ids},
		n:       int64(len(ids)),
	})
}

// clearDelivered removes delivered files from the list.
func (cm *commands) clearDelivered() {
	s := &cm.last.status
	cm.takeAway(&removal{
		command: ledger.Command{Verb: ledger.Clear},
		n:       s.Files[ledger.Delivered] + s.Unchanged,
	})
}

// takeAway hides files and offers to undo that for a while. An earlier removal becomes final.
func (cm *commands) takeAway(r *removal) {
	if r.n == 0 {
		return
	}
	cm.settle()
	cm.removal = r
	clear(cm.queue.list.selected)
	cm.inOrder(func(ctx context.Context) {
		cm.sampler.clearing.Store(r.command.Verb == ledger.Clear)
		going, err := cm.config.Queue.Hide(ctx, r.command)
		if r.going = going; err == nil && len(going) > 0 {
			_, err = cm.config.Queue.Do(ctx, ledger.Command{Verb: ledger.Pause, Jobs: going})
		}
		if err != nil {
			cm.show(ctx)
			cm.failed(ctx, r.command.Verb, err)
			cm.do(func() { cm.forget(r) })
			return
		}
		cm.sampler.searchAgain.Store(true)
		cm.wake()
		cm.events.event(commandEvent[r.command.Verb], "files", r.n)
		cm.do(func() { cm.offerUndo(r) })
	})
}

// offerUndo shows the bar, and carries out the removal when its time is over.
func (cm *commands) offerUndo(r *removal) {
	if cm.removal != r {
		return
	}
	cm.undo.offer(r.n)
	cm.config.After(undoFor, func() {
		cm.do(func() {
			if cm.removal == r {
				cm.settle()
			}
		})
	})
}

// forget hides the bar if it is about this removal.
func (cm *commands) forget(r *removal) {
	if cm.removal == r {
		cm.removal = nil
		cm.undo.withdraw()
	}
}

// settle carries out the removal now, so that it can't be undone any more. The channel is closed
// when that is done; wait for it before sending files again.
func (cm *commands) settle() (settled <-chan struct{}) {
	r := cm.removal
	if r == nil {
		return cm.step
	}
	cm.forget(r)
	return cm.inOrder(func(ctx context.Context) { cm.carryOut(ctx, r) })
}

func (cm *commands) carryOut(ctx context.Context, r *removal) {
	n, err := cm.config.Queue.Do(ctx, r.command)
	cm.show(ctx)
	if err != nil {
		cm.failed(ctx, r.command.Verb, err)
		return
	}
	cm.events.event("settled", "files", n)
}

// show shows hidden files again if they are still in the list.
func (cm *commands) show(ctx context.Context) {
	if _, err := cm.config.Queue.Hide(ctx, ledger.Command{}); err != nil {
		cm.config.Log.Error("show", "error", err)
	}
	cm.sampler.clearing.Store(false)
	cm.sampler.searchAgain.Store(true)
	cm.wake()
}

// putBack undoes a removal.
func (cm *commands) putBack() {
	r := cm.removal
	if r == nil {
		return
	}
	cm.forget(r)
	cm.inOrder(func(ctx context.Context) {
		cm.show(ctx)
		cm.events.event("put back", "files", r.n)
		if len(r.going) == 0 {
			return
		}
		err := cm.resume(ctx, r.going)
		if err != nil {
			cm.failed(ctx, ledger.Resume, err)
		}
		cm.wake()
	})
}

const (
	// stopsEvery is how often resume tries again, and stopsFor for how long.
	stopsEvery = 200 * time.Millisecond
	stopsFor   = 5 * time.Second
)

// resume resumes paused jobs. It tries again for a while: a job with a request in flight pauses
// only when that is answered.
func (cm *commands) resume(ctx context.Context, ids []int64) error {
	for range stopsFor / stopsEvery {
		_, err := cm.config.Queue.Do(ctx, ledger.Command{Verb: ledger.Resume, Jobs: ids})
		if err != nil {
			return err
		}
		active, err := cm.config.Queue.Rows(ctx,
			ledger.Filter{States: []ledger.JobState{ledger.Active}}, 0, mostHits)
		if err != nil || !slices.ContainsFunc(active, func(j ledger.Job) bool {
			return j.Stopping && slices.Contains(ids, j.ID)
		}) {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(stopsEvery):
		}
	}
	return nil
}

// finish carries out the removal when the program ends.
func (cm *commands) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), forgetTime)
	defer cancel()
	select {
	case <-cm.step:
	case <-ctx.Done():
		return
	}
	if r := cm.removal; r != nil {
		cm.carryOut(ctx, r)
	}
}

// inOrder runs steps one after another in the background. The channel is closed after this step.
func (cm *commands) inOrder(f func(ctx context.Context)) <-chan struct{} {
	before, done := cm.step, make(chan struct{})
	cm.step = done
	cm.inBackground(func(ctx context.Context) {
		defer close(done)
		<-before
		f(ctx)
	})
	return done
}

// closed returns a closed channel: there is nothing to wait for.
func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// failed tells the person that the queue could not carry out a command.
func (cm *commands) failed(ctx context.Context, v ledger.Verb, err error) {
	if ctx.Err() == nil {
		cm.config.Log.Error("command", "verb", v, "error", err)
		cm.do(func() { cm.tell(tr("That was not possible"), explain(err)) })
	}
}

// undoBar says what was removed from the list, above everything else in the window, and undoes it.
type undoBar struct {
	*screen
	commands *commands

	box   *fyne.Container
	words *text
	undo  *button
	n     int64 // files that it announces; 0: none
}

// build creates the widgets, and again after a change of language.
func (b *undoBar) build() {
	b.words = b.newCutText("", theme.ColorNameForeground, theme.SizeNameText)
	b.words.parts = true
	b.undo = b.newButtonWithIcon(tr("Undo"), icon("undo", theme.ColorNameForeground),
		b.commands.putBack)
	b.tag("undo", b.undo)
	b.box = foot(inset(0, 3, 8, 8, raised(line(12, 0, b.words, b.undo))))
	b.say(0)
	visible(b.box, b.n > 0)
}

// offer announces a removal.
func (b *undoBar) offer(n int64) {
	b.n = n
	b.say(0)
	b.box.Show()
	b.relayout()
}

// withdraw hides the bar. If the bar has the keyboard focus, the list gets it back.
func (b *undoBar) withdraw() {
	b.n = 0
	if b.isFocused(b.undo) {
		b.window.Canvas().Unfocus()
	}
	b.box.Hide()
}

// show counts the files that won't be sent. A clear becomes final as soon as anything is sent
// again, because the person did not mean files that are delivered later.
func (b *undoBar) show(s *sample) {
	if b.n == 0 {
		return
	}
	if b.commands.removal.command.Verb == ledger.Clear && going(&s.status) > 0 {
		b.commands.settle()
		return
	}
	b.say(s.unsent)
}

func (b *undoBar) say(unsent int64) {
	words := trn("{{.N}} files removed from the list", b.n)
	if unsent > 0 {
		words += " · " + trn("{{.N}} of them won't be sent", unsent)
	}
	words += " · " + tr("nothing is deleted from this computer")
	b.words.set(words, theme.ColorNameForeground)
}

// leaveHiddenOut takes removed files out of the counts, and transfers that have nothing else. With
// cleared it also drops transfers that had nothing to send.
func (s *sample) leaveHiddenOut(cleared bool) {
	var left []ledger.TransferStatus
	for _, t := range s.status.Transfers {
		if h := t.Hidden; h != nil {
			for _, state := range unsent {
				s.unsent += h.Files[state]
			}
			s.status.BytesDone -= h.Done + h.Bytes[ledger.Delivered]
			t.Done -= h.Done + h.Bytes[ledger.Delivered]
			subtract(&t.Files, &h.Files, &s.status.Files)
			subtract(&t.Bytes, &h.Bytes, &s.status.Bytes)
		}
		if (t.Hidden != nil || cleared) && t.Files.Total() == 0 && t.Scanned {
			s.status.Unchanged -= t.UnchangedFiles()
			continue
		}
		left = append(left, t)
	}
	s.status.Transfers = left
}

// subtract subtracts counts from of and from total, never below 0.
func subtract(of, n *ledger.Counts, total *ledger.Counts) {
	for state := range n {
		of[state] = max(of[state]-n[state], 0)
		total[state] = max(total[state]-n[state], 0)
	}
}

// hides reports whether the list still holds files that a person has removed.
func hides(s *uploader.Status) bool {
	return slices.ContainsFunc(s.Transfers,
		func(t ledger.TransferStatus) bool { return t.Hidden != nil })
}

// unsent are the states of files that would still be sent, or that a person may still want to send.
var unsent = []ledger.JobState{
	ledger.Waiting, ledger.Active, ledger.Paused, ledger.Attention,
	ledger.Failed,
}
