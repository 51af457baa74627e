package ui

import (
	"image/color"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// someTray is an application with a tray, which Fyne's test application has not.
type someTray struct {
	menus []*fyne.Menu
	icons []fyne.Resource
}

var _ desktop.App = (*someTray)(nil)

func (s *someTray) SetSystemTrayMenu(m *fyne.Menu)    { s.menus = append(s.menus, m) }
func (s *someTray) SetSystemTrayIcon(r fyne.Resource) { s.icons = append(s.icons, r) }
func (s *someTray) SetSystemTrayWindow(fyne.Window)   {}

// status is a queue's with so many files in each state, in one transfer.
func status(change func(*uploader.Status), counts map[ledger.JobState]int64) uploader.Status {
	var s uploader.Status
	for state, n := range counts {
		s.Files[state], s.Bytes[state] = n, n<<20
	}
	s.BytesDone = s.Bytes[ledger.Delivered]
	s.Transfers = []ledger.TransferStatus{{Transfer: ledger.Transfer{
		ID: 1, Scanned: true,
		Owner: ledger.Here,
	}, Files: s.Files, Bytes: s.Bytes}}
	if change != nil {
		change(&s)
	}
	return s
}

func TestTheTraySaysHowItGoes(t *testing.T) {
	files := []string{"Add files…", "Paste token…", "Show window", "", "Quit"}
	for name, c := range map[string]struct {
		status uploader.Status
		items  []string // those before the ones that are always there
		look   trayLook
	}{
		"nothing": {status(nil, nil), []string{"Nothing to send", ""}, trayLook{trayIdle, 0}},
		"going": {
			status(nil, map[ledger.JobState]int64{
				ledger.Active: 2, ledger.Waiting: 1,
				ledger.Delivered: 9,
			}),
			[]string{"75 % · 3 files left", "", "Pause all"},
			trayLook{trayGoing, 15},
		},
		"paused": {
			status(func(s *uploader.Status) { s.Transfers[0].Paused = true },
				map[ledger.JobState]int64{ledger.Waiting: 12, ledger.Delivered: 12}),
			[]string{"12 files are paused", "", "Resume pending uploads (12)"},
			trayLook{trayPaused, 10},
		},
		"left by an earlier run": {
			status(func(s *uploader.Status) { s.Transfers[0].Owner = ledger.Nobody },
				map[ledger.JobState]int64{ledger.Waiting: 1204}),
			[]string{"1,204 files are paused", "", "Resume pending uploads (1,204)"},
			trayLook{trayPaused, 0},
		},
		"waiting for a token": {
			status(func(s *uploader.Status) {
				s.Inboxes = []uploader.InboxStatus{{
					Inbox: "a", Unfinished: 4,
					Hold: problem.New("send", "", problem.Expired),
				}}
			}, map[ledger.JobState]int64{ledger.Waiting: 4}),
			[]string{"4 files wait for a token", "", "Resume pending uploads (4)", "Pause all"},
			trayLook{trayHold, 0},
		},
		"needs a person": {
			status(nil, map[ledger.JobState]int64{
				ledger.Attention: 1, ledger.Failed: 2,
				ledger.Delivered: 9,
			}),
			[]string{"3 files need attention", ""},
			trayLook{trayNeeds, 0},
		},
		"finished": {
			status(nil, map[ledger.JobState]int64{ledger.Delivered: 9}),
			[]string{"9 files delivered", ""},
			trayLook{trayIdle, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t, Config{Queue: newCrowd(0)})
			app := &someTray{}
			d.tray.icons, d.tray.drawn = app, trayLook{trayIdle, 0}
			s := &sample{status: c.status}
			d.tray.show(s)
			var items []string
			for _, i := range app.menus[0].Items {
				items = append(items, i.Label)
				if status := i == app.menus[0].Items[0]; i.Disabled != status || !status &&
					!i.IsSeparator && i.Action == nil {
					t.Errorf("%q can be clicked: %v, and does something: %v", i.Label, !i.Disabled,
						i.Action != nil)
				}
			}
			if want := append(c.items, files...); !slices.Equal(items, want) {
				t.Errorf("the menu: %q, want %q", items, want)
			}
			if d.tray.drawn != c.look {
				t.Errorf("the icon: %v, want %v", d.tray.drawn, c.look)
			}
			menus, icons := len(app.menus), len(app.icons)
			d.tray.show(s)
			if len(app.menus) != menus || len(app.icons) != icons {
				t.Error("the menu or the icon was made anew though nothing is new")
			}
		})
	}
}

func TestTheTraysIconIsDrawnAnewEveryFivePercent(t *testing.T) {
	d := openDesk(t, Config{Queue: newCrowd(0)})
	app := &someTray{}
	d.tray.icons, d.tray.drawn = app, trayLook{trayIdle, 0}
	for n := range int64(1000) {
		s := status(nil, map[ledger.JobState]int64{ledger.Active: 1000 - n, ledger.Delivered: n})
		d.tray.show(&sample{status: s})
	}
	if len(app.icons) != 100/trayStep {
		t.Errorf("drawn %d times", len(app.icons))
	}
}

func TestTheTraysIconShowsHowFarItIs(t *testing.T) {
	test.NewTempApp(t)
	before := 0
	for _, step := range []int{0, 1, 5, 10, 15, 19} {
		n := pixels(trayLook{trayGoing, step}.resource(), trayGreen)
		if step > 0 && n <= before || step == 0 && n > 0 {
			t.Errorf("at %d %%: %d green pixels, %d at the step before", step*trayStep, n, before)
		}
		before = n
	}
	for look, color := range map[trayLook]string{
		{trayPaused, 10}: trayGrey,
		{trayHold, 10}:   trayAmber, {trayNeeds, 0}: trayAmber,
	} {
		if pixels(look.resource(), color) < 50 || pixels(look.resource(), trayGreen) > 0 {
			t.Errorf("%v is not drawn in its colour", look)
		}
	}
	if idle := (trayLook{trayIdle, 0}).resource(); pixels(idle, trayBlue) < 500 ||
		pixels(idle, trayTrack) > 0 {
		t.Error("at rest it is not the program's own icon")
	}
}

// pixels counts the pixels of a colour in a picture, as it is drawn for a tray.
func pixels(r fyne.Resource, hex string) (n int) {
	c := software.NewTransparentCanvas()
	c.SetPadded(false)
	c.SetContent(canvas.NewImageFromResource(r))
	c.Resize(fyne.NewSquareSize(64))
	img := c.Capture()
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			p, ok := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			if ok && hexOf(p) == hex {
				n++
			}
		}
	}
	return n
}

func hexOf(c color.NRGBA) string {
	const digits = "0123456789abcdef"
	s := []byte{'#'}
	for _, v := range []byte{c.R, c.G, c.B} {
		s = append(s, digits[v>>4], digits[v&15])
	}
	return string(s)
}
