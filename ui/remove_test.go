package ui

import (
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
)

// clockwork keeps what is to be done later, for a test to do it.
type clockwork struct{ due []func() }

func (c *clockwork) after(_ time.Duration, f func()) { c.due = append(c.due, f) }

// strike is when all of that is due.
func (c *clockwork) strike(d *desk) {
	due := c.due
	c.due = nil
	for _, f := range due {
		f()
	}
	d.finish()
	d.look()
}

// threeStuck is a window on a state folder, with three files that wait since their inbox does not
// answer until letGo.
func threeStuck(t *testing.T, c *clockwork) (d *desk, r *run, state string, letGo func()) {
	t.Helper()
	inbox, letGo := stuckInbox(t)
	state = t.TempDir()
	r = startRun(t, state)
	to := parsed(t, inbox.token(time.Now().Add(48*time.Hour)))
	if err := r.Use(to); err != nil {
		t.Fatal(err)
	}
	d = openDesk(t, Config{Queue: r.Queue, After: c.after})
	if _, err := r.Add(t.Context(), to.Inbox, []string{folder(t, "a.txt", "b.txt", "c.txt")},
		ledger.AddOptions{Scan: scan.Options{Recursive: true}}); err != nil {
		t.Fatal(err)
	}
	d.until("three files wait", func() bool {
		return !d.last.status.Scanning && d.last.status.FilesTotal() == 3 && d.says("c.txt")
	})
	return d, r, state, letGo
}

// removeRows selects rows and presses Del.
func (d *desk) removeRows(rows ...int) {
	d.t.Helper()
	clear(d.Window.queue.list.selected)
	for _, i := range rows {
		j, ok := d.Window.queue.list.job(i)
		if !ok {
			d.t.Fatalf("there is no row %d", i)
		}
		d.Window.queue.list.selected[j.ID] = true
	}
	d.window.Canvas().Focus(d.Window.queue.list)
	d.key(fyne.KeyDelete)
	d.finish()
	d.look()
	d.look()
}

// TestWhatIsRemovedCanBePutBack for ten seconds, and is sent then.
func TestWhatIsRemovedCanBePutBack(t *testing.T) {
	var c clockwork
	d, r, _, letGo := threeStuck(t, &c)
	t.Cleanup(func() { r.end(t) })
	d.removeRows(0, 2)
	d.mustSay("2 files removed from the list · 2 of them won't be sent", "b.txt",
		"0 of 1 files delivered")
	if d.says("a.txt") || d.says("c.txt") || d.top != nil {
		t.Error("they are there, or there is a question")
	}
	d.tap("Undo")
	d.finish()
	letGo()
	d.until("all is delivered", func() bool { return d.says("All 3 files are in the inbox") })
	c.strike(d)
	d.mustSay("a.txt", "b.txt", "c.txt")
	if d.says("Undo") {
		t.Error("the bar stays")
	}
}

// TestWhatIsRemovedIsNotSent when its time is over, nor where all goes on before that.
func TestWhatIsRemovedIsNotSent(t *testing.T) {
	for name, next := range map[string]func(d *desk, c *clockwork){
		"time":    func(d *desk, c *clockwork) { c.strike(d) },
		"resume":  func(d *desk, _ *clockwork) { d.commands.resumeAll(); d.finish() },
		"retry":   func(d *desk, _ *clockwork) { d.commands.retryAll(); d.finish() },
		"another": func(d *desk, c *clockwork) { d.removeRows(0); d.tap("Undo"); d.finish() },
	} {
		t.Run(name, func(t *testing.T) {
			var c clockwork
			d, r, _, letGo := threeStuck(t, &c)
			t.Cleanup(func() { r.end(t) })
			d.removeRows(0, 1)
			next(d, &c)
			letGo()
			d.until("the rest is delivered",
				func() bool { return d.says("The file is in the inbox") && d.says("c.txt") })
			if n := r.Status().FilesTotal(); n != 1 {
				t.Errorf("%d files are in the list", n)
			}
		})
	}
}

// TestAKillLosesNothingThatWasRemoved just before, and nothing of it is sent by itself. An orderly
// end carries the removal out.
func TestAKillLosesNothingThatWasRemoved(t *testing.T) {
	for name, want := range map[string]ledger.Counts{
		"kill": {ledger.Waiting: 1, ledger.Paused: 2}, "quit": {ledger.Waiting: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var c clockwork
			d, r, state, letGo := threeStuck(t, &c)
			defer letGo()
			d.removeRows(0, 1)
			d.mustSay("2 files removed from the list")
			if name == "quit" {
				d.close()
			}
			r.end(t)
			again := startRun(t, state)
			defer again.end(t)
			got := again.Status().Files
			got[ledger.Removed] = 0
			if got != want {
				t.Errorf("after that there are %v", got)
			}
		})
	}
}

// TestClearedFilesCanBePutBack until then they are hidden, and counted nowhere.
func TestClearedFilesCanBePutBack(t *testing.T) {
	var c clockwork
	d, r, _, letGo := threeStuck(t, &c)
	t.Cleanup(func() { r.end(t) })
	letGo()
	d.until("all is delivered", func() bool { return d.says("All 3 files are in the inbox") })
	clearAll := func() {
		t.Helper()
		d.tap("Clear")
		d.finish()
		d.look()
		d.mustSay("3 files removed from the list", "Drop files or folders here")
	}
	clearAll()
	if n := r.Status().Files[ledger.Delivered]; n != 3 {
		t.Errorf("%d are delivered", n)
	}
	d.tap("Undo")
	d.finish()
	d.look()
	d.mustSay("All 3 files are in the inbox", "a.txt")
	clearAll()
	c.strike(d)
	if s := r.Status(); s.Cleared != 3 || s.FilesTotal() != 0 || d.says("Undo") {
		t.Errorf("%d are cleared, and %d in the list", s.Cleared, s.FilesTotal())
	}
}

// TestWhatIsRemovedLeavesASearchAtOnce, also while its request is under way.
func TestWhatIsRemovedLeavesASearchAtOnce(t *testing.T) {
	gate := make(chan struct{})
	inbox := startInbox(t, func(c *blobserver.Config) {
		c.Before = func(*blobserver.Op) *blobserver.Answer { <-gate; return nil }
	})
	defer close(gate)
	d := openDesk(t, Config{})
	d.clipboard(inbox.token(time.Now().Add(48 * time.Hour)))
	d.intake.pasted()
	d.tap("Use this token")
	d.drop(folder(t, "a1.txt", "a2.txt", "b1.txt"))
	d.until("the review has counted", func() bool { return d.says("Send 3 files") })
	d.tap("Send 3 files")
	d.until("they are being sent", func() bool { return d.last.status.Files[ledger.Active] == 3 })
	d.Window.queue.search.SetText("a")
	d.Window.queue.search.OnChanged("a1")
	d.until("one is found", func() bool { return d.says("a1.txt") && !d.says("b1.txt") })
	d.Window.queue.list.selectAll()
	d.finish()
	d.key(fyne.KeyDelete)
	d.finish()
	d.look()
	if d.says("a1.txt") {
		t.Error("it is still there")
	}
}

// TestASearchShowsTheLastChange though nothing happens after it.
func TestASearchShowsTheLastChange(t *testing.T) {
	q := newCrowd(10)
	watched(t, q, func(w *Window) {
		w.queue.search.OnChanged("number")
		time.Sleep(time.Minute)
		synctest.Wait()
		q.change() // looked for anew, since the last search is old
		synctest.Wait()
		time.Sleep(sampleEvery)
		q.status.Files[ledger.Active] = 4
		q.change()
		time.Sleep(searchEvery + time.Second)
		synctest.Wait()
		if w.last.total != 4 {
			t.Errorf("%d rows are shown", w.last.total)
		}
	})
}
