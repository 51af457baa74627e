package ui

import (
	"context"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// sieve is a queue of some jobs whose rows are those of a filter, as the engine's are.
type sieve struct{ *few }

func (q sieve) Rows(_ context.Context, f ledger.Filter, from, n int) (rows []ledger.Job, _ error) {
	for _, j := range q.jobs {
		if (f.States == nil || slices.Contains(f.States, j.State)) &&
			(f.Transfer == 0 || f.Transfer == j.Transfer) && !slices.Contains(f.Without, j.ID) {
			rows = append(rows, j)
		}
	}
	return rows[min(from, len(rows)):min(from+n, len(rows))], nil
}

// twoInboxes is a queue with files for two inboxes, in three transfers.
func twoInboxes(perTransfer int) sieve {
	f := newFew()
	f.status.Transfers = nil
	inboxes := []token.Inbox{
		{Scheme: "https", Host: "a.example", Container: "c1", WsID: "cardio", TID: "1"},
		{Scheme: "https", Host: "a.example", Container: "c2", WsID: "lung", TID: "2"},
	}
	for i := range int64(3) {
		t := ledger.TransferStatus{Transfer: ledger.Transfer{
			ID: i + 1, Scanned: true, Owner: ledger.Here, Inbox: inboxes[i%2].Key(),
		}}
		t.Options.Scan.Inbox = inboxes[i%2]
		t.Files[ledger.Waiting] = int64(perTransfer)
		f.status.Files[ledger.Waiting] += int64(perTransfer)
		f.status.Transfers = append(f.status.Transfers, t)
		for k := range perTransfer {
			f.jobs = append(f.jobs, ledger.Job{
				ID: int64(len(f.jobs) + 1), Transfer: t.ID, Inbox: t.Inbox, Size: 10,
				Blob: "run/" + string(rune('a'+i)) + string(rune('a'+k%26)) + ".txt",
			})
		}
	}
	return sieve{f}
}

// send lets a job be sent.
func (q sieve) send(job int) {
	j := &q.jobs[job]
	j.State = ledger.Active
	for _, c := range []*ledger.Counts{&q.status.Files, &q.status.Transfers[j.Transfer-1].Files} {
		c[ledger.Waiting]--
		c[ledger.Active]++
	}
}

// names are the names in the rows in sight, from the top.
func (d *desk) names() (names []string) {
	rows := map[int]string{}
	d.walk(func(o fyne.CanvasObject) {
		if r, ok := o.(*jobRow); ok {
			name := r.title
			if r.have {
				name = nameOf(&r.job)
			}
			rows[r.index] = name
		}
	})
	for i := range len(rows) {
		names = append(names, rows[i])
	}
	return names
}

// TestFilesStandBelowTheirInbox as soon as there are two, and what has been sent for a while stands
// above all.
func TestFilesStandBelowTheirInbox(t *testing.T) {
	q, now := twoInboxes(2), time.Now()
	d := openDesk(t, Config{Queue: q, Now: func() time.Time { return now }})
	check := func(want ...string) {
		t.Helper()
		d.look()
		d.look()
		if got := d.names(); !slices.Equal(got, want) {
			t.Errorf("the list shows %q, want %q", got, want)
		}
	}
	cardio, lung := "cardio – 1", "lung – 2"
	check(cardio, "aa.txt", "ab.txt", "ca.txt", "cb.txt", lung, "ba.txt", "bb.txt")
	d.mustSay("4 files", "2 files")
	q.send(3)
	check(cardio, "aa.txt", "ab.txt", "ca.txt", "cb.txt", lung, "ba.txt", "bb.txt")
	now = now.Add(2 * topAfter)
	check("Sending", "bb.txt", cardio, "aa.txt", "ab.txt", "ca.txt", "cb.txt", lung, "ba.txt")
	d.mustSay("lung – 2 · run") // no heading says it above
	l := d.Window.queue.list
	l.selectAll()
	d.finish()
	if got := l.chosen(); len(got) != 6 || got[0] != 1 {
		t.Errorf("selected are %v", got)
	}
	r := d.row(2)
	r.MouseIn(mouse(40, 10))
	if r.offered() != 0 || len(r.tips()) > 0 {
		t.Error("a heading offers something")
	}
	d.Window.queue.tabs.choose(d.Window.queue.tabs.active)
	check("bb.txt")
	q.status.Files, q.status.Transfers = ledger.Counts{}, q.status.Transfers[:1]
	q.status.Files[ledger.Waiting] = 2
	q.jobs = q.jobs[:2]
	d.Window.queue.tabs.choose(d.Window.queue.tabs.all[0])
	check("aa.txt", "ab.txt")
}

// TestEachRowIsReadInItsPlace in a list of parts, wherever it is scrolled to.
func TestEachRowIsReadInItsPlace(t *testing.T) {
	q := twoInboxes(500)
	sc := &screen{config: Config{Queue: q}}
	sm := newSampler(sc, nil)
	s := &sample{status: q.status, view: everything()}
	parts := sm.divide(t.Context(), s)
	whole, err := sc.readParts(t.Context(), parts, 0, 2000)
	if err != nil || len(whole) != 1502 {
		t.Fatalf("%d rows: %v", len(whole), err)
	}
	for from := range whole {
		some, err := sc.readParts(t.Context(), parts, from, 40)
		if err != nil || !slices.EqualFunc(some, whole[from:min(from+40, len(whole))],
			func(a, b ledger.Job) bool { return a.ID == b.ID && a.Inbox == b.Inbox }) {
			t.Fatalf("from %d on there are other rows: %v", from, err)
		}
	}
}

// mouse is the pointer at a place.
func mouse(x, y float32) *desktop.MouseEvent {
	return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}}
}
