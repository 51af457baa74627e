package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// TestTheResultShowsItsFiles by a button for each kind, where there are several.
func TestTheResultShowsItsFiles(t *testing.T) {
	f := newFew(ledger.Job{State: ledger.Delivered, Blob: "a"}, ledger.Job{
		State: ledger.LeftAlone,
		Blob:  "b",
	}, ledger.Job{State: ledger.Attention, Blob: "c", Problem: problem.New("open", "c", problem.SourceGone)},
		ledger.Job{State: ledger.Attention, Blob: "d", Problem: problem.New("send", "d", problem.AlreadyThere)})
	f.jobs = f.jobs[2:] // what readMissing asks for
	d := openDesk(t, Config{Queue: f})
	d.look()
	d.look()
	tabs := d.Window.queue.tabs
	for words, want := range map[string]*tab{
		"1 delivered": tabs.delivered, "1 skipped": tabs.skipped, "1 missing": tabs.attention,
		"1 needs attention": tabs.attention,
	} {
		d.tap(words)
		if tabs.chosen() != want {
			t.Errorf("%q shows %q", words, tabs.chosen().words)
		}
	}
	d.mustSay("1 file was missing: c")
	d.window.Resize(fyne.NewSize(480, 500))
	d.look()
	d.fitsIn(fyne.NewSize(480, 500))
	f.status.Files = ledger.Counts{ledger.Delivered: 4}
	d.look()
	if d.Window.queue.totals.results.box.Visible() {
		t.Error("one kind alone is said twice")
	}
}
