package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"inboxuploader/uploader/ledger"
)

// places are where the tabs begin.
func (t *tabs) places() (all []float32) {
	for _, x := range t.all {
		all = append(all, x.Position().X)
	}
	return all
}

// TestTabsStayInTheirPlaces whatever is counted, with room for all of it.
func TestTabsStayInTheirPlaces(t *testing.T) {
	q := newCrowd(0)
	q.status.Files[ledger.Waiting] = 1204
	d := openDesk(t, Config{Queue: q})
	d.look()
	d.mustSay("All", "Sending", "Waiting", "Delivered", "Skipped", "Needs attention", "1,204")
	tabs := d.Window.queue.tabs
	before := tabs.places()
	for range 1204 {
		q.status.Files[ledger.Waiting]--
		q.status.Files[ledger.Delivered]++
		if q.status.Files[ledger.Waiting] == 100 {
			q.status.Files[ledger.Attention]++
			q.status.Files[ledger.Delivered]--
			tabs.choose(tabs.attention)
		}
		if n := q.status.Files[ledger.Waiting]; n%301 == 0 || n == 100 {
			d.look()
		}
		for i, at := range tabs.places() {
			if at != before[i] || !tabs.all[i].Visible() {
				t.Fatalf("the tab %q has moved from %.0f to %.0f", tabs.all[i].words, before[i], at)
			}
		}
	}
}

// TestTabsWriteNumbersAsThereIsRoom: shortly, or not at all, before anything has to be scrolled.
func TestTabsWriteNumbersAsThereIsRoom(t *testing.T) {
	q := newCrowd(0)
	q.status.Files[ledger.Delivered], q.status.Files[ledger.Waiting] = 129_442, 870_558
	d := openDesk(t, Config{Queue: q})
	for _, c := range []struct {
		width float32
		want  string // of what was delivered
	}{{1400, "129,442"}, {900, "129k"}, {640, ""}} {
		d.window.Resize(fyne.NewSize(c.width, 620))
		d.look()
		tabs := d.Window.queue.tabs
		if got := tabs.all[3].count(); got != c.want {
			t.Errorf("at a width of %.0f it says %q, want %q", c.width, got, c.want)
		}
		if most := tabs.scroll.Size().Width; tabs.width() > most {
			t.Errorf("at a width of %.0f, %.0f of %.0f can be seen", c.width, most, tabs.width())
		}
	}
	d.window.Resize(smallest)
	tabs := d.Window.queue.tabs
	d.window.Canvas().Focus(tabs.attention)
	end := tabs.attention.Position().X + tabs.attention.Size().Width
	if at := tabs.scroll.Offset.X; at+tabs.scroll.Size().Width < end {
		t.Error("the last tab has the keyboard and is out of sight")
	}
}

// TestAnEmptyListSaysWhy in each tab, and lets a search be cleared that found nothing.
func TestAnEmptyListSaysWhy(t *testing.T) {
	f := newFew(ledger.Job{State: ledger.Paused, Blob: "a.txt"})
	d := openDesk(t, Config{Queue: f})
	d.look()
	v := d.Window.queue
	said := map[string]bool{}
	for _, x := range v.tabs.all[1:] {
		if x == v.tabs.waiting {
			continue
		}
		v.tabs.choose(x)
		d.look()
		d.mustSay(x.nothing)
		said[x.nothing] = true
	}
	if len(said) != 4 {
		t.Errorf("the tabs say the same: %v", said)
	}
	v.tabs.choose(v.tabs.waiting)
	d.look()
	if v.empty.box.Visible() {
		t.Error("something is said of a list that has files")
	}
	f.jobs = nil // what a search finds
	v.search.SetText("zzz")
	d.look()
	d.mustSay("No file matches “zzz”", "Only the files under “Waiting” were searched.")
	d.tap("Clear search")
	d.look()
	if v.search.Text != "" || d.says("zzz") {
		t.Error("the search goes on")
	}
}
