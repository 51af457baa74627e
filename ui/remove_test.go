package ui

import (
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"

	"inboxuploader/internal/blobserver"
	"inboxuploader/uploader/ledger"
)

// TestDelAsksBeforeUnsentFilesGo and names how many; what was sent goes without a question.
func TestDelAsksBeforeUnsentFilesGo(t *testing.T) {
	f := newFew(
		ledger.Job{State: ledger.Delivered, Blob: "a.txt"}, ledger.Job{
			State: ledger.Waiting,
			Blob:  "b.txt",
		},
		ledger.Job{State: ledger.Attention, Blob: "c.txt"}, ledger.Job{
			State: ledger.Cancelled,
			Blob:  "d.txt",
		})
	d := openDesk(t, Config{Queue: f})
	d.look()
	d.look()
	selected := func(ids ...int64) {
		clear(d.Window.queue.list.selected)
		for _, id := range ids {
			d.Window.queue.list.selected[id] = true
		}
		d.window.Canvas().Focus(d.Window.queue.list)
		d.key(fyne.KeyDelete)
		d.finish()
	}
	selected(1, 2, 3, 4)
	d.mustSay("2 files were not sent yet, and won't be.", "Nothing is deleted from this computer.",
		"Remove 4 files")
	d.key(fyne.KeyReturn) // on Cancel
	d.finish()
	if d.top != nil || len(f.did) > 0 {
		t.Fatalf("Enter has removed something: %v", f.did)
	}
	selected(2)
	d.mustSay("1 file was not sent yet, and won't be.")
	d.tap("Remove 1 file")
	d.finish()
	selected(1, 4)
	d.finish()
	if len(f.did) != 2 || f.did[0].Verb != ledger.Remove || len(f.did[0].Jobs) != 1 ||
		len(f.did[1].Jobs) != 2 {
		t.Errorf("the queue was told: %v", f.did)
	}
}

// TestUnsentFilesAreCountedBeyondTheRowsInSight: however many are selected.
func TestUnsentFilesAreCountedBeyondTheRowsInSight(t *testing.T) {
	q := newCrowd(3 * unsentAtOnce)
	d := openDesk(t, Config{Queue: q})
	d.look()
	d.look()
	d.Window.queue.list.selectAll()
	d.finish()
	d.key(fyne.KeyDelete)
	d.finish()
	d.mustSay("12,288 files were not sent yet, and won't be.")
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
	d.tap("Remove 1 file")
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
