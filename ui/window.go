package ui

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"inboxuploader/internal/crash"
)

// Title is the window's title. Window managers and end-to-end tests find the window by it.
const Title = "Inbox Uploader"

// smallest is the smallest size at which nothing is cut off.
var smallest = fyne.NewSize(480, 360)

// Window is the program's window: it starts and ends everything, shows samples on the views, and
// takes the keys. Create it with [New] on Fyne's thread. Any goroutine may call [Window.Open],
// [Window.Raise], [Window.Where] and [Window.Quit]; the other methods belong to Fyne's thread.
type Window struct {
	*screen

	cancel   context.CancelFunc
	running  sync.WaitGroup // goroutines that Run waits for
	quitting chan struct{}  // closed when the program is to end
	quitOnce sync.Once

	// What a person can do, and what they see. All of it belongs to Fyne's goroutine.
	settings *keptSettings
	sampler  *sampler
	notifier *notifier
	dialogs  *fileDialogs
	copied   *copied
	awake    *awake

	inboxes  *inboxView
	tokens   *tokenView
	intake   *intake
	reviews  *reviewView
	commands *commands
	issuing  *issuing
	options  *settingsView

	connection *connectionView

	menus *menus
	tray  *trayView

	header   *header
	start    *startView
	queue    *queueView
	banner   *banner
	practice *practiceView

	watched *watchView
	hours   *keptHours
	undo    *undoBar

	documents *documentSender
}

// New creates the window and its content. It does not show it.
func New(app fyne.App, c Config) *Window {
	if c.Do == nil {
		c.Do = fyne.Do
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.After == nil {
		c.After = func(d time.Duration, f func()) {
			time.AfterFunc(d,
				func() { defer crash.Catch(); f() })
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	sc := &screen{
		config: c, app: app, named: map[string][]fyne.CanvasObject{},
		look: make(chan struct{}, 1),
	}
	w := &Window{screen: sc, quitting: make(chan struct{})}
	w.connect()
	w.keyTyped, w.runeTyped = w.typedKey, w.typedRune
	if c.Events != nil {
		w.events = &events{out: c.Events}
	}
	if err := speak(c.Settings.Language); err != nil {
		c.Log.Error("language", "error", err)
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.hours.set(c.Settings.Between)
	w.settings.apply()
	app.SetIcon(appIcon())
	w.window = app.NewWindow(Title)
	w.window.SetPadded(false)
	w.window.SetMaster()
	w.window.SetContent(w.build())
	w.window.Resize(w.settings.size())
	w.window.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.intake.dropped(uris) })
	w.window.SetCloseIntercept(w.tray.closeAsked)
	w.addShortcuts()
	if c.Escape != nil {
		c.Escape(w.dialogs.escape)
	}
	if c.LostDrop != nil {
		c.LostDrop(w.intake.lost)
	}
	w.header.onStart(true)
	if c.MenuBar {
		w.header.menu.Hide()
		w.menus.showInBar()
	}
	w.showPage()
	return w
}

// Run shows the window and blocks until it is quit. ctx ends it too.
func (w *Window) Run(ctx context.Context, paths []string) {
	w.running.Go(func() { defer crash.Catch(); w.sampler.watch(w.ctx) })
	w.running.Go(func() { defer crash.Catch(); w.settings.keep() })
	w.running.Go(func() { defer crash.Catch(); w.hours.run(w.ctx) })
	w.running.Go(func() {
		defer crash.Catch()
		select {
		case <-ctx.Done():
			w.Quit()
		case <-w.ctx.Done():
		}
	})
	hidden := w.config.Hidden && len(paths) == 0
	w.hidden.Store(hidden)
	w.tray.start() // Fyne takes it up when it starts, and no later
	w.app.Lifecycle().SetOnStarted(func() {
		w.settings.sized = true
		w.events.event("started", "version", w.config.Version)
		w.wake()
		w.inBackground(w.practice.forget) // of a run that was killed
		w.inboxes.load()
		w.issuing.find()
		for _, notice := range w.config.Notices {
			w.tell(tr("Before you begin"), notice(translated)).stays = true // below the next one
		}
		if len(paths) > 0 {
			w.intake.add(paths)
		}
		if hidden {
			w.inBackground(w.tray.stay)
		}
	})
	// and when Fyne itself ends the program on a signal
	w.app.Lifecycle().SetOnExitedForeground(w.settings.keepPlace)
	// it may be connected in a terminal meanwhile
	w.app.Lifecycle().SetOnEnteredForeground(w.issuing.find)
	if !hidden {
		w.settings.takePlace()
		w.window.Show()
	}
	w.endAfter(ctx, w.app.Run)
}

// endTime is how long Fyne may take to leave its loop.
const endTime = 5 * time.Second

// endAfter runs Fyne's loop and ends everything when it returns, or when it fails to.
func (w *Window) endAfter(ctx context.Context, loop func()) {
	returned := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		defer crash.Catch()
		select {
		case <-ctx.Done():
		case <-w.quitting:
		case <-returned:
			return
		}
		select {
		case <-returned:
		case <-time.After(endTime):
			w.config.Log.Error("the window's loop did not end")
			if w.config.Stuck != nil {
				w.end()
				w.config.Stuck()
			}
		}
	})
	loop()
	close(returned)
	watch.Wait()
	w.end()
}

// end stops everything that the window started and waits for it.
func (w *Window) end() {
	w.ended.Store(true)
	w.commands.finish()
	w.cancel()
	w.awake.release()
	w.practice.forget(context.Background())
	if w.practice.inbox != nil {
		if err := w.practice.inbox.Close(); err != nil {
			w.config.Log.Error("practice", "error", err)
		}
	}
	w.background.wait()
	w.running.Wait()
	w.events.event("quit")
}

// Quit ends the program without asking.
func (w *Window) Quit() { w.do(w.quit) }

// Raise brings the window to the front.
func (w *Window) Raise() {
	w.do(func() {
		w.tray.reveal()
		w.window.RequestFocus()
	})
}

// Open adds paths, as if they had been dropped, and brings the window to the front.
func (w *Window) Open(paths []string) {
	w.do(func() {
		w.tray.reveal()
		w.window.RequestFocus()
		if len(paths) > 0 {
			w.intake.add(paths)
		}
	})
}

// show puts a sample on the screen. It returns how soon the next sample is due even if nothing
// changes.
func (w *Window) show(s *sample) time.Duration {
	before := w.last
	w.last = *s
	w.queue.timeSending(s)
	w.documents.sampled(s) // before it is told that all has ended
	w.notifier.announce(&before, s)
	w.tray.show(s)
	w.awake.want(w.settings.StayAwake && s.status.Busy > 0)
	folders := w.watched.sampled(s)
	if w.hidden.Load() {
		return folders
	}
	w.showPage()
	w.menus.showInBar()
	next := w.header.show(s)
	soon := func(d time.Duration) {
		if d > 0 && (next == 0 || d < next) {
			next = d
		}
	}
	soon(folders)
	soon(w.banner.show(s))
	w.watched.show(s)
	w.practice.show()
	w.queue.show(s)
	w.undo.show(s)
	if w.top != nil && w.top.tick != nil {
		soon(w.top.tick(s.now))
	}
	return next
}

// showPage shows the two steps while there is nothing to watch, else the queue.
func (w *Window) showPage() {
	empty := w.last.status.FilesTotal()+w.last.status.Unchanged == 0 && !w.last.status.Scanning
	if empty != w.start.box.Visible() {
		if empty {
			w.queue.box.Hide()
			w.start.box.Show()
		} else {
			w.start.box.Hide()
			w.queue.box.Show()
		}
		w.header.onStart(empty)
		w.relayout()
	}
	if empty {
		w.start.show()
	}
}

// roomForBanner is how high the banner's words may be, so that some of the list stays in sight. The
// person scrolls to the rest of the words.
func (w *Window) roomForBanner() float32 {
	left := w.window.Canvas().Size().Height - w.header.box.MinSize().Height -
		w.queue.box.MinSize().Height - 8
	for _, strip := range []*fyne.Container{w.practice.box, w.watched.strip.box} {
		if strip.Visible() {
			left -= strip.MinSize().Height
		}
	}
	return max(left, 56)
}

// resized is called when the window's size has changed.
func (w *Window) resized(size fyne.Size) {
	w.header.fit(size)
	w.practice.fit(size)
	w.banner.fit(size)
	w.queue.totals.fit(size)
	for s := w.top; s != nil; s = s.under {
		s.overlay.Resize(size)
		if s.fit != nil {
			s.fit(size)
			s.overlay.Refresh() // Fyne may have laid it out before
		}
	}
	w.settings.keepSize(size)
}
