package ui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// few is a queue of some jobs, that keeps which commands it was given.
type few struct {
	*crowd
	jobs []ledger.Job
	did  []ledger.Command
}

func newFew(jobs ...ledger.Job) *few {
	f := &few{crowd: newCrowd(0), jobs: jobs}
	f.status = uploader.Status{}
	for i := range jobs {
		f.jobs[i].ID, f.jobs[i].Transfer = int64(i+1), 1
		f.status.Files[jobs[i].State]++
	}
	f.status.Transfers = []ledger.TransferStatus{{Transfer: ledger.Transfer{
		ID: 1, Scanned: true,
		Owner: ledger.Here,
	}, Files: f.status.Files}}
	return f
}

func (f *few) Rows(_ context.Context, _ ledger.Filter, from, n int) ([]ledger.Job, error) {
	return f.jobs[min(from, len(f.jobs)):min(from+n, len(f.jobs))], nil
}

func (f *few) Delivered(
	_ context.Context, _ []int64, visit func(ledger.Transfer, ledger.Job) error,
) error {
	for _, j := range f.jobs {
		if err := visit(f.status.Transfers[0].Transfer, j); err != nil {
			return err
		}
	}
	return nil
}

func (f *few) Do(_ context.Context, c ledger.Command) (int, error) {
	f.did = append(f.did, c)
	return len(c.Jobs), nil
}

// row returns the row in sight of a job.
func (d *desk) row(index int) (found *jobRow) {
	d.t.Helper()
	d.walk(func(o fyne.CanvasObject) {
		if r, ok := o.(*jobRow); ok && r.index == index {
			found = r
		}
	})
	if found == nil {
		d.t.Fatalf("there is no row %d in sight", index)
	}
	return found
}

// point moves the pointer into a row, to the n-th action from the right; -1: to none.
func (r *jobRow) point(n int) {
	r.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(40, 20)}})
	at := fyne.NewPos(41, 20)
	if n >= 0 {
		at = r.place(n).AddXY(actionSide/2, actionSide/2)
	}
	r.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}})
}

// click presses and releases the first button on the n-th action from the right.
func (r *jobRow) click(n int) {
	at := fyne.PointEvent{Position: r.place(n).AddXY(actionSide/2, actionSide/2)}
	r.MouseDown(&desktop.MouseEvent{PointEvent: at, Button: desktop.MouseButtonPrimary})
	r.MouseUp(&desktop.MouseEvent{PointEvent: at, Button: desktop.MouseButtonPrimary})
}

// words are what the actions of a row say, from the right.
func (r *jobRow) words() (words []string) {
	for _, a := range r.list.actions(&r.job) {
		words = append(words, a.word)
	}
	return words
}

// TestAnotherNameIsOfferedWhereItHelps: for whatever is in the way under a name, unless the token
// leads to that name alone.
func TestAnotherNameIsOfferedWhereItHelps(t *testing.T) {
	for name, c := range map[string]struct {
		reason  problem.Reason
		oneName bool
		want    bool
	}{
		"already there":           {problem.AlreadyThere, false, true},
		"blocks of another":       {problem.ForeignBlocks, false, true},
		"locked":                  {problem.NameLocked, false, true},
		"a token for one file":    {problem.AlreadyThere, true, false},
		"a name that can't be":    {problem.NameTooLong, false, false},
		"a file that is not here": {problem.SourceGone, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFew(ledger.Job{
				State: ledger.Attention, Blob: "a.txt",
				Problem: problem.New("send", "a.txt", c.reason),
			})
			if c.oneName {
				f.status.Transfers[0].Options.Scan.Inbox.Blob = "a.txt"
			}
			d := openDesk(t, Config{Queue: f})
			d.look()
			d.look()
			offered := slices.ContainsFunc(d.commands.menu(f.jobs[0], []int64{1}),
				func(m *fyne.MenuItem) bool { return m.Label == "Send under another name" })
			if offered != c.want {
				t.Errorf("offered: %v", offered)
			}
			if x := explainJob(&f.jobs[0], c.oneName); strings.Contains(x.Do,
				"another name") != c.want {
				t.Errorf("it says %q", x.Do)
			}
		})
	}
}

func TestARowOffersWhatCanBeDone(t *testing.T) {
	const resumesAll = ledger.Verb("all")
	more := "What else can be done"
	for name, c := range map[string]struct {
		state  ledger.JobState
		paused bool // its transfer
		offers []string
		verbs  []ledger.Verb
	}{
		"waiting": {
			state: ledger.Waiting, offers: []string{more, "Cancel", "Pause"},
			verbs: []ledger.Verb{"", ledger.Cancel, ledger.Pause},
		},
		"active": {
			state: ledger.Active, offers: []string{more, "Cancel", "Pause"},
			verbs: []ledger.Verb{"", ledger.Cancel, ledger.Pause},
		},
		"paused": {
			state: ledger.Paused, offers: []string{"Resume", more, "Cancel"},
			verbs: []ledger.Verb{ledger.Resume, "", ledger.Cancel},
		},
		"paused with the rest": {
			state: ledger.Waiting, paused: true,
			offers: []string{"Resume all", more, "Cancel"},
			verbs:  []ledger.Verb{resumesAll, "", ledger.Cancel},
		},
		"failed": {
			state: ledger.Failed, offers: []string{"Try again", more},
			verbs: []ledger.Verb{ledger.Retry, ""},
		},
		"needs a person": {
			state: ledger.Attention, offers: []string{"Try again", more},
			verbs: []ledger.Verb{ledger.Retry, ""},
		},
		"delivered": {
			state: ledger.Delivered, offers: []string{more},
			verbs: []ledger.Verb{""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFew(ledger.Job{State: c.state, Blob: "run/a.txt", Size: 10},
				ledger.Job{State: c.state, Blob: "run/b.txt", Size: 10})
			f.status.Transfers[0].Paused = c.paused
			d := openDesk(t, Config{Queue: f})
			d.look()
			d.look()
			r := d.row(0)
			if r.acting || d.row(1).acting {
				t.Error("a row offers something without being pointed at")
			}
			for i := range c.offers {
				r.point(i)
				if got := r.words(); !r.acting || !slices.Equal(got, c.offers) {
					t.Fatalf("offers %q (in sight: %v), want %q", got, r.acting, c.offers)
				}
				if tips := r.tips(); !slices.Equal(tips, c.offers[i:i+1]) {
					t.Errorf("the tip says %q, want %q", tips, c.offers[i])
				}
				r.click(i)
				d.finish()
				if c.verbs[i] == resumesAll {
					if d.events.named("resumed") == nil {
						t.Error("nothing was resumed")
					}
					continue
				}
				if c.verbs[i] == "" {
					if d.window.Canvas().Overlays().Top() == nil {
						t.Error("no menu was opened")
					}
					continue
				}
				if n := len(f.did); n == 0 || f.did[n-1].Verb != c.verbs[i] ||
					!slices.Equal(f.did[n-1].Jobs, []int64{1}) {
					t.Errorf("did %v, want %q with the first job", f.did, c.verbs[i])
				}
			}
			r.MouseOut()
			clear(d.Window.queue.list.selected)
			d.Window.queue.list.selectionChanged()
			if r.acting {
				t.Error("the row still offers something")
			}
		})
	}
}

func TestAnActionIsForAllThatAreSelected(t *testing.T) {
	f := newFew(ledger.Job{State: ledger.Failed, Blob: "a"}, ledger.Job{
		State: ledger.Failed,
		Blob:  "b",
	}, ledger.Job{State: ledger.Failed, Blob: "c"})
	d := openDesk(t, Config{Queue: f})
	d.look()
	d.look()
	l := d.Window.queue.list
	l.selectRow(0, 1, 0)
	l.selectRow(1, 2, fyne.KeyModifierShortcutDefault)
	d.row(0).point(0)
	d.row(0).click(0)
	d.finish()
	if n := len(f.did); n != 1 || !slices.Equal(f.did[0].Jobs, []int64{1, 2}) {
		t.Errorf("did %v", f.did)
	}
	d.row(2).point(0) // not selected: for it alone
	d.row(2).click(0)
	d.finish()
	if n := len(f.did); n != 2 || !slices.Equal(f.did[1].Jobs, []int64{3}) {
		t.Errorf("did %v", f.did)
	}
	r := d.row(1)
	r.point(0)
	r.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: r.place(0).AddXY(5, 5)}, Button: desktop.MouseButtonPrimary})
	r.MouseUp(&desktop.MouseEvent{
		PointEvent: fyne.PointEvent{Position: fyne.NewPos(40, 20)},
		Button:     desktop.MouseButtonPrimary,
	})
	d.finish()
	if len(f.did) != 2 {
		t.Error("a click that was taken away did something")
	}
}

func TestWhatIsShortenedIsSaidInFull(t *testing.T) {
	long := "run_017/" + strings.Repeat("a folder of the second visit/", 12) +
		strings.Repeat("a long name ", 30) + ".csv"
	d := openDesk(t, Config{Queue: newFew(
		ledger.Job{State: ledger.Delivered, Blob: long, Size: 10},
		ledger.Job{State: ledger.Delivered, Blob: "run_017/short.csv", Size: 10})})
	d.window.Resize(smallest)
	d.look()
	d.look()
	r := d.row(0)
	r.point(-1)
	if tips := r.tips(); !slices.Equal(tips, []string{long}) {
		t.Fatalf("the tip says %q", tips)
	}
	tip := d.Window.queue.list.tip
	tip.show(r.tips(), r)
	d.fitsIn(smallest)
	if got := tip.box.Position().Y; got+tip.box.Size().Height > tip.layer.Size().Height+1 {
		t.Errorf("the tip ends below the list: from %v, %v high, in %v", got, tip.box.Size().Height,
			tip.layer.Size().Height)
	}
	tip.show([]string{long[:100]}, r)
	if said := strings.Join(d.texts(), ""); !strings.Contains(said, long[:100]) {
		t.Errorf("the tip does not have the whole text; the window says %q", said)
	}
	r.MouseOut()
	if tip.box.Visible() {
		t.Error("the tip is still there")
	}
	if tips := d.row(1).tips(); tips != nil {
		t.Errorf("a short name has the tip %q", tips)
	}
}

func TestATipComesAfterAWhile(t *testing.T) {
	d := openDesk(t,
		Config{Queue: newFew(ledger.Job{
			State: ledger.Delivered, Blob: strings.Repeat("long", 100),
			Size: 10,
		})})
	d.look()
	d.look()
	r, tip := d.row(0), d.Window.queue.list.tip
	synctest.Test(t, func(t *testing.T) {
		r.point(-1)
		r.MouseOut()
		r.point(-1)
		time.Sleep(tipDelay - time.Millisecond)
		if len(d.work) > 0 {
			t.Error("the tip is there at once, or comes though the pointer has gone")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
	})
	d.finish()
	if !tip.box.Visible() {
		t.Error("there is no tip")
	}
}

func someJobs(n int) *few {
	jobs := make([]ledger.Job, n)
	for i := range jobs {
		jobs[i] = ledger.Job{State: ledger.Failed, Blob: "run/a.txt", Size: 10}
	}
	return newFew(jobs...)
}

func TestTheKeyboardGoesOnWhereTheMouseWas(t *testing.T) {
	d := openDesk(t, Config{Queue: someJobs(500)})
	d.look()
	d.look()
	l := d.Window.queue.list
	chosen := func(want ...int64) {
		t.Helper()
		d.finish()
		if got := l.chosen(); !slices.Equal(got, want) {
			t.Errorf("selected: %v, want %v", got, want)
		}
	}
	d.row(3).MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	chosen(4)
	d.key(fyne.KeyDown)
	chosen(5)
	d.row(1).MouseDown(&desktop.MouseEvent{
		Button:   desktop.MouseButtonPrimary,
		Modifier: fyne.KeyModifierShortcutDefault,
	})
	chosen(2, 5)
	d.window.Canvas().Focus(d.Window.queue.search)
	d.row(2).MouseDown(&desktop.MouseEvent{
		Button:   desktop.MouseButtonPrimary,
		Modifier: fyne.KeyModifierShortcutDefault,
	})
	chosen(2, 3, 5) // the others remain selected though the keyboard was elsewhere
	d.key(fyne.KeyEnd)
	chosen(500)
	d.look()
	d.row(499)
	d.key(fyne.KeyPageUp)
	if l.at >= 499 || l.at < 400 {
		t.Errorf("a page up from the last row leads to row %d", l.at)
	}
	d.key(fyne.KeyHome)
	chosen(1)
	l.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	d.key(fyne.KeyDown)
	d.finish()
	d.key(fyne.KeyDown)
	chosen(1, 2, 3)
}

func TestAllRowsAreSelectedAndTheMenuOpensFromTheKeyboard(t *testing.T) {
	f := someJobs(500)
	d := openDesk(t, Config{Queue: f})
	d.look()
	d.look()
	d.Window.queue.list.selectAll()
	d.finish()
	if n := len(d.Window.queue.list.selected); n != 500 {
		t.Fatalf("%d rows are selected", n)
	}
	d.key(fyne.KeyReturn)
	d.mustSay("Try again", "Send first", "Copy the name")
	d.window.Canvas().Overlays().Top().Hide()
	d.key(fyne.KeyDelete)
	d.finish()
	d.mustSay("500 files removed from the list")
	d.commands.settle()
	d.finish()
	if len(f.did) != 1 || f.did[0].Verb != ledger.Remove || len(f.did[0].Jobs) != 500 {
		t.Errorf("commands: %v", f.did)
	}
}
