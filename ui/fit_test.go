package ui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"inboxuploader/uploader"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// crowd is a queue of any length whose answers are what a person may see. It counts what is asked
// of it.
type crowd struct {
	status  uploader.Status
	asked   atomic.Int64 // the most rows asked for at once
	looks   atomic.Int64
	tried   int
	limit   int64
	connect int
	changed chan struct{}
}

func (c *crowd) Use(token.Token) error { return nil }
func (c *crowd) Add(context.Context, token.Inbox, []string, ledger.AddOptions) (int64, error) {
	return 1, nil
}

func (c *crowd) Adopt(
	context.Context, func(ledger.TransferStatus) bool,
) ([]ledger.Transfer, error) {
	return nil, nil
}

func (c *crowd) Resume(
	context.Context, func(ledger.TransferStatus) bool,
) ([]ledger.Transfer, error) {
	return nil, nil
}

func (c *crowd) Do(context.Context, ledger.Command) (int, error) { return 0, nil }

func (c *crowd) Hide(context.Context, ledger.Command) ([]int64, error) { return nil, nil }

func (c *crowd) Redirect(context.Context, string, token.Inbox) (int, error) { return 0, nil }

func (c *crowd) TryNow() { c.tried++ }

func (c *crowd) Limit(perSecond int64) { c.limit = perSecond }

func (c *crowd) Connect(connections int) { c.connect = connections }

func (c *crowd) Hold(string, *problem.Error) {}

func (c *crowd) Sent(context.Context, string) (*ledger.Sent, error) { return &ledger.Sent{}, nil }

func (c *crowd) Status() uploader.Status { c.looks.Add(1); return c.status }

func (c *crowd) Changed() <-chan struct{} { return c.changed }

func (c *crowd) Delivered(context.Context, []int64, func(ledger.Transfer, ledger.Job) error) error {
	return nil
}

func (c *crowd) Rows(_ context.Context, _ ledger.Filter, from, n int) (rows []ledger.Job, _ error) {
	c.asked.Store(max(c.asked.Load(), int64(n)))
	for i := from; i < min(from+n, int(c.status.FilesTotal())); i++ {
		rows = append(rows, ledger.Job{
			ID: int64(i + 1), Transfer: 1, Source: fmt.Sprintf("/data/run/%d.dat", i),
			Blob: fmt.Sprintf("run/a long name of a file that says much, number %d.dat", i),
			Size: 1 << 30, Done: 1 << 29, State: ledger.Active,
		})
	}
	return rows, nil
}

// newCrowd returns a queue of n files that are being sent.
func newCrowd(n int64) *crowd {
	c := &crowd{changed: make(chan struct{}, 1)}
	c.status.Files[ledger.Active] = n
	c.status.Bytes[ledger.Active] = n << 30
	c.status.BytesDone, c.status.Speed, c.status.Busy, c.status.Connections = n<<29, 94e6, 8, 8
	c.status.Transfers = []ledger.TransferStatus{{Transfer: ledger.Transfer{
		ID: 1, Scanned: true,
		Owner: ledger.Here,
	}, Files: c.status.Files, Bytes: c.status.Bytes}}
	return c
}

// TestRowsAreReadOnDemand: a long queue costs what a short one does.
func TestRowsAreReadOnDemand(t *testing.T) {
	c := newCrowd(100_000)
	d := openDesk(t, Config{Queue: c})
	d.look()
	d.look() // the first look found out how many fit
	d.mustSay("0 of 100,000 files delivered", "number 0.dat")
	d.Window.queue.list.ScrollToOffset(2_000_000)
	d.look()
	if d.says("number 0.dat") {
		t.Error("it has not scrolled")
	}
	if c.asked.Load() > 100 {
		t.Errorf("%d rows were read at once", c.asked.Load())
	}
	if n := len(d.Window.queue.list.rows); n > 60 {
		t.Errorf("%d widgets for rows were made", n)
	}
}

// noWatch is a Config.Watch that is offered and can do nothing.
func noWatch(WatchedFolder, ledger.AddOptions, time.Duration, func(scan.Found)) (Feed, error) {
	return nil, problem.New("watch", "", problem.JournalFull)
}

// TestNothingIsCutOffAtTheSmallestSize opens every view there and looks for what is wider than its
// place.
func TestNothingIsCutOffAtTheSmallestSize(t *testing.T) {
	views := map[string]func(d *desk){
		"start":   func(*desk) {},
		"token":   func(d *desk) { d.tokens.open(someToken()) },
		"refusal": func(d *desk) { d.tokens.open("no token") },
		"unknown host": func(d *desk) {
			d.tokens.open(someToken("trestore.blob.core.windows.net",
				"files.example.org"))
		},
		"saved inboxes": func(d *desk) { d.inboxes.kept = longNames(d); d.inboxes.openKept() },
		"rename an inbox": func(d *desk) {
			d.inboxes.kept = longNames(d)
			d.inboxes.renameAsked(inboxes.Record{Name: "Cardio"}) // a longer one scrolls in its line
		},
		"remove an inbox": func(d *desk) { d.inboxes.removeAsked(longNames(d)[0]) },
		"settings":        func(d *desk) { d.options.open() },
		"log":             func(d *desk) { d.openLog() },
		"about":           func(d *desk) { d.openAbout() },
		"licences":        func(d *desk) { d.openLicences() },
		"quit":            func(d *desk) { d.last.status.Busy = 1; d.quitAsked() },
		"tray":            func(d *desk) { d.tray.tellOfTray() },
		"tokens":          func(d *desk) { d.openTokens(manyGrants(40)) },
		"tokens wide": func(d *desk) {
			d.window.Resize(fyne.NewSize(1000, 700))
			d.openTokens(manyGrants(3))
			d.window.Resize(smallest)
		},
		"create a token": func(d *desk) {
			v := d.openTokens(manyGrants(1))
			d.write("reason", strings.Repeat("W", 256))
			d.choosePeriod(tr("Dates…"))
			v.createAsked()
		},
		"revoke a token": func(d *desk) { d.openTokens(manyGrants(40)); d.press(tr("Revoke…")) },
		"a new token": func(d *desk) {
			v := d.openTokens(manyGrants(3))
			g := v.grants[0]
			g.TID = 4
			v.issued(someToken(), g)
			d.look()
			d.inSight(v.made[4].copy)
			v.copyToken(4)
			d.inSight(v.made[4].copy)
		},
		"tokens with what arrived": func(d *desk) {
			v := d.openTokens(&delivery{grants: manyGrants(3), n: 1_234})
			v.counts.start()
			d.until("it was counted", func() bool { return d.events.named("counted") != nil })
		},
		"what arrived": func(d *desk) {
			d.openTokens(&delivery{grants: manyGrants(1), n: 1_234, notes: longNotes()})
			d.openFirst()
		},
		"notes": func(d *desk) {
			d.openTokens(&delivery{grants: manyGrants(1), n: 1, notes: longNotes()})
			d.openFirst()
			d.press(tr("Read the notes…"))
		},
		"compared": func(d *desk) { d.openComparison() },
		"fetched":  func(d *desk) { d.openFetching() },
		"trouble with tokens": func(d *desk) {
			ws := manyGrants(1)
			ws.err = &workspace.Error{Reason: workspace.KeyRefused, Err: workspace.ErrDenied}
			v := d.openTokens(ws)
			v.failed(ask{again: true}, ws.err)
			v.show()
		},
		"watched": func(d *desk) {
			for _, paused := range []bool{false, true} {
				w := &watchedFolder{WatchedFolder: WatchedFolder{Path: "/data/run_017", Paused: paused}}
				w.refused = []scan.Found{{Source: "/data/x", Err: problem.New("open", "/data/x", problem.SourceUnreadable)}}
				d.watched.folders = append(d.watched.folders, w)
			}
			d.look()
			d.fitsIn(smallest) // the line above the list
			d.watched.open()
		},
		"quit while watching": func(d *desk) {
			d.watched.folders = []*watchedFolder{{}}
			d.last.status.Busy = 1
			d.quitAsked()
		},
		"message": func(d *desk) {
			d.tell("Title",
				explain(problem.New("test", "", problem.SignatureRefused)))
		},
	}
	t.Cleanup(func() { speakIn(t, English) })
	for _, code := range languages() {
		settings := DefaultSettings()
		settings.Width, settings.Height, settings.Language = smallest.Width, smallest.Height, code
		for name, open := range views {
			t.Run(code+"/"+name, func(t *testing.T) {
				d := openDesk(t, Config{
					Settings: settings, Desktop: Desktop{Login: &someLogin{}}, Watch: noWatch,
				})
				d.window.Resize(smallest)
				open(d)
				d.look()
				d.fitsIn(smallest)
			})
		}
		t.Run(code+"/work", func(t *testing.T) {
			d := openDesk(t, Config{Settings: settings, Queue: newCrowd(1_204)})
			d.window.Resize(smallest)
			d.look()
			d.fitsIn(smallest)
		})
		t.Run(code+"/removed", func(t *testing.T) {
			d := openDesk(t, Config{Settings: settings, Queue: newCrowd(1_204)})
			d.window.Resize(smallest)
			d.commands.remove([]int64{1, 2})
			d.finish()
			d.look()
			d.fitsIn(smallest)
			d.mustSay(trn("{{.N}} files removed from the list", 2), tr("Undo"))
		})
		t.Run(code+"/trouble", func(t *testing.T) {
			c := newCrowd(1_204)
			c.status.Files[ledger.Attention], c.status.Files[ledger.Delivered] = 17, 230
			c.status.Files[ledger.LeftAlone] = 9
			c.status.Inboxes = []uploader.InboxStatus{{Unfinished: 17, Hold: problem.New("send", "",
				problem.SignatureRefused)}}
			d := openDesk(t, Config{Settings: settings, Queue: c})
			d.window.Resize(smallest)
			d.look()
			d.fitsIn(smallest)
		})
		for name, files := range map[string]ledger.Counts{
			"finished":   {ledger.Delivered: 1_204},
			"there":      {ledger.LeftAlone: 1_204},
			"unfinished": {ledger.Delivered: 1_150, ledger.Attention: 54},
			"paused":     {ledger.Delivered: 1_150, ledger.Paused: 54},
			"sending":    {ledger.Delivered: 1_150, ledger.Active: 54},
		} {
			t.Run(code+"/"+name, func(t *testing.T) {
				c := newCrowd(1_204)
				c.status.Files, c.status.Transfers[0].Files = files, files
				d := openDesk(t, Config{Settings: settings, Queue: c})
				d.window.Resize(smallest)
				d.look()
				d.fitsIn(smallest)
				d.mustSay(d.Window.queue.totals.head.content) // not shortened
			})
		}
		t.Run(code+"/review", func(t *testing.T) {
			d := openDesk(t, Config{Settings: settings, Watch: noWatch})
			d.window.Resize(smallest)
			token, err := d.inboxes.parse(someToken())
			if err != nil {
				t.Fatal(err)
			}
			d.tokens.begin(token)
			data := folder(t, "a", "b/.DS_Store", "b/c...")
			if err := os.Symlink("nowhere", filepath.Join(data, "link")); err != nil {
				t.Fatal(err)
			}
			d.reviews.open([]given{{data, true}})
			d.until("it is counted", func() bool { return d.events.named("reviewed") != nil })
			d.check(trn("Keep sending these {{.N}} folders", 1))
			d.fitsIn(smallest)
		})
	}
}

// longNames are saved inboxes with names of many letters, the first of which is in use.
func longNames(d *desk) (all []inboxes.Record) {
	for _, tid := range []string{"74", "73"} {
		t := d.use(someToken("73", tid, "ws0421", strings.Repeat("w", 40)))
		all = append(all, inboxes.Record{Name: strings.Repeat("W", 60), Inbox: t.Inbox})
	}
	return all
}

// fitsIn fails for what stands outside of the window, and for what a scroller would have to be
// scrolled sideways to show.
func (d *desk) fitsIn(size fyne.Size) {
	d.t.Helper()
	if min := d.window.Canvas().Content().MinSize(); min.Width > size.Width ||
		min.Height > size.Height {
		d.t.Errorf("the window can't be smaller than %v", min)
	}
	reach := map[fyne.CanvasObject]bool{} // can be scrolled to
	if s := d.top; s != nil && s.scroll.Content.Size().Height < s.scroll.Content.MinSize().Height {
		d.t.Errorf("what is %.0f high has %.0f to scroll through",
			s.scroll.Content.MinSize().Height, s.scroll.Content.Size().Height)
	}
	d.walk(func(o fyne.CanvasObject) {
		s, ok := o.(*container.Scroll)
		if ok && s.Direction == container.ScrollHorizontalOnly {
			within(s.Content, func(o fyne.CanvasObject) { reach[o] = true })
		}
		if ok && s.Direction == container.ScrollVerticalOnly &&
			s.Content.MinSize().Width > s.Size().Width {
			d.t.Errorf("what is %.0f wide stands where %.0f are", s.Content.MinSize().Width,
				s.Size().Width)
		}
		t, ok := o.(*canvas.Text)
		if !ok || reach[o] || strings.Trim(t.Text, "•") == "" { // a masked text scrolls in its line
			return
		}
		at := d.app.Driver().AbsolutePositionForObject(o)
		if right := at.X + t.MinSize().Width; right > size.Width+1 {
			d.t.Errorf("%q ends at %.0f of %.0f", t.Text, right, size.Width)
		}
	})
}
