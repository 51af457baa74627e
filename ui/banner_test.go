package ui

import (
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// TestWhatIsInTheWayIsSaid: each kind of trouble with its sentence, what is safe, and the button
// that helps.
func TestWhatIsInTheWayIsSaid(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	reason := func(r problem.Reason, change func(*problem.Error)) *problem.Error {
		e := problem.New("test", "", r)
		if change != nil {
			change(e)
		}
		return e
	}
	inbox := func(in uploader.InboxStatus) func(*uploader.Status) {
		in.Inbox, in.Unfinished = "in", 3
		return func(s *uploader.Status) { s.Inboxes = []uploader.InboxStatus{in} }
	}
	for name, c := range map[string]struct {
		change     func(*uploader.Status)
		want       []string
		paste, now bool
	}{
		"nothing": {change: func(*uploader.Status) {}},
		"the token ended": {
			change: inbox(uploader.InboxStatus{Hold: reason(problem.Expired,
				func(e *problem.Error) { e.When = now.Add(-time.Hour) })}),
			want:  []string{"This upload token expired", "Files already delivered stay delivered."},
			paste: true,
		},
		"the token has not begun, and the clock is wrong": {
			change: inbox(uploader.InboxStatus{
				Hold:       reason(problem.NotYetValid, nil),
				ClockKnown: true, ClockAhead: -14 * time.Minute,
			}),
			want: []string{
				"This token is not valid yet",
				"This computer's clock is 14 min behind the storage's.",
			}, paste: true,
		},
		"no network": {
			change: inbox(uploader.InboxStatus{
				Trouble: reason(problem.NetworkDown, nil),
				Until:   now.Add(25 * time.Second),
			}),
			want: []string{"The storage can't be reached", "Trying again in 25 s."}, now: true,
		},
		"a proxy refuses": {
			change: inbox(uploader.InboxStatus{Trouble: reason(problem.ProxyRefused,
				func(e *problem.Error) {
					e.Proxy, e.Value = "proxy.example.org:3128", "account.example.net"
				}), Until: now.Add(25 * time.Second)}),
			want: []string{
				"Your proxy (proxy.example.org:3128) refused to connect this computer to the " +
					"storage at account.example.net.",
				"Ask your IT to allow account.example.net through the proxy", "Trying again in 25 s.",
			}, now: true,
		},
		"the disk is gone": {
			change: func(s *uploader.Status) {
				s.Transfers[0].Away = reason(problem.SourceAway,
					func(e *problem.Error) { e.Value = "/media/usb" })
			},
			want: []string{
				"The disk with “/media/usb” is not connected.",
				"Reconnect it; the upload then continues by itself.",
			}, now: true,
		},
		"the list can't be written": {
			change: func(s *uploader.Status) { s.Journal = reason(problem.JournalFull, nil) },
			want:   []string{problem.Explain(reason(problem.JournalFull, nil)).What},
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := newCrowd(3)
			c.change(&q.status)
			d := openDesk(t, Config{Queue: q, Now: func() time.Time { return now }})
			d.look()
			if shown := d.banner.box.Visible(); shown != (c.want != nil) {
				t.Fatalf("the banner is there: %v", shown)
			}
			d.mustSay(c.want...)
			if d.banner.paste.Visible() != c.paste && c.want != nil ||
				d.banner.now.Visible() != c.now && c.want != nil {
				t.Errorf("buttons: paste %v, try now %v", d.banner.paste.Visible(),
					d.banner.now.Visible())
			}
			d.fitsIn(d.window.Canvas().Size())
			if c.now {
				d.tap("Try now")
				if q.tried != 1 {
					t.Errorf("tried %d times", q.tried)
				}
			}
			q.status.Inboxes, q.status.Journal, q.status.Transfers[0].Away = nil, nil, nil
			d.look()
			if d.banner.box.Visible() {
				t.Error("it is still said")
			}
		})
	}
}

// TestWhatWaitsForATokenIsNotCountedAsActive: the rows say that it waits, and so do the tabs.
func TestWhatWaitsForATokenIsNotCountedAsActive(t *testing.T) {
	q := newFew(ledger.Job{State: ledger.Active, Blob: "run/a.txt"},
		ledger.Job{State: ledger.Waiting, Blob: "run/b.txt"})
	q.status.Transfers[0].Inbox = "inbox"
	d := openDesk(t, Config{Queue: q})
	tabs := d.Window.queue.tabs
	counts := func(active, waiting int64, states int) {
		t.Helper()
		d.look()
		if tabs.active.n != active || tabs.waiting.n != waiting {
			t.Errorf("%d active and %d waiting, want %d and %d", tabs.active.n, tabs.waiting.n,
				active, waiting)
		}
		if got := len(d.sampler.view.filter.States); got != states {
			t.Errorf("the list shows %d states, want %d", got, states)
		}
	}
	tabs.choose(tabs.waiting)
	counts(1, 1, 2)
	q.status.Inboxes = []uploader.InboxStatus{{
		Inbox: "inbox", Unfinished: 2,
		Hold: problem.New("send", "", problem.Expired),
	}}
	counts(0, 2, 3)
	q.status.Inboxes = nil
	counts(1, 1, 2)
}

// TestOneInboxThatWaitsDoesNotStandForAll: while another one is being sent to, the foot does not
// say "Waiting".
func TestOneInboxThatWaitsDoesNotStandForAll(t *testing.T) {
	q := newCrowd(3)
	q.status.Inboxes = []uploader.InboxStatus{{
		Inbox: "other", Unfinished: 3,
		Hold: problem.New("send", "", problem.TokenNeeded),
	}}
	d := openDesk(t, Config{Queue: q})
	d.look()
	d.mustSay("Network OK")
	q.status.Busy = 0
	d.look()
	if !d.banner.box.Visible() || d.says("Network OK") {
		t.Error("nothing goes on, and all seems to be well")
	}
}
