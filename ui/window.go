package ui

import (
	"context"
	"image"
	"io"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// Title is the window's title. Window managers and end-to-end tests find the window by it.
const Title = "Inbox Uploader"

// smallest is the size that nothing is cut off at.
var smallest = fyne.NewSize(480, 360)

// Config says what a window works with. Queue is required.
type Config struct {
	Queue    Queue
	Settings Settings
	// Save keeps the settings. It may block on the disk, and is never called on Fyne's thread, nor twice at once. Nil keeps nothing.
	Save func(Settings) error
	// Network takes the proxy and the certificates of the settings for all that is sent from then on. It may block on the disk. The notice, if
	// any, says what can't be used of them. Nil: they hold from the next start on.
	Network func(Settings) Notice
	// Inboxes keeps inboxes under names and their tokens beyond the program's end. Nil keeps neither.
	Inboxes Inboxes
	// CheckToken asks the storage whether it accepts a token, and leaves nothing there; see [uploader.CheckToken]. It blocks on the
	// network until ctx ends. Nil leaves the offer out.
	CheckToken func(ctx context.Context, t token.Token) (uploader.Checked, error)
	// Hosts are allowed besides the known storage addresses, see [token.AllowHost].
	Hosts []string
	// Notices is what a person should know from the start, such as that a damaged list was mended.
	Notices []Notice
	// Account is the storage account of those who run an inbox, for which upload tokens are issued. Nil: there can be none.
	Account Account
	// Person is who uses the program, as the table of upload tokens names them.
	Person string
	// Practice starts the practice inbox. It may block. Nil leaves the offer out.
	Practice func(context.Context) (Practice, error)
	// IsPractice reports whether an inbox is a practice inbox, of this run or of an earlier one. Nil: none is.
	IsPractice func(token.Inbox) bool
	// Desktop is what the desktop offers. Its zero value offers nothing.
	Desktop Desktop
	// Place moves the window to where it stood before. Nil leaves that to the desktop.
	Place Place
	// Escape is handed a function that is to be called for Esc before the widget with the keyboard hears of it, on Fyne's thread, and reports
	// whether the key was for it. Nil: Fyne's own dialogs for files close by their buttons alone.
	Escape func(func() bool)
	// LostDrop is handed a function that is to be called, on Fyne's thread, when something was let go over the window and did not arrive. Nil:
	// nobody notices.
	LostDrop func(func())
	// Do runs a function on Fyne's thread and does not wait for it. Default fyne.Do.
	Do func(func())
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// After runs a function once that time has passed, on a goroutine of its own. Default time.AfterFunc.
	After func(time.Duration, func())
	// Log gets what support needs. Default: nothing is logged.
	Log *slog.Logger
	// Own is the program's own folder, which is never sent. Empty: there is none.
	Own string
	// LogPath is the file that Log writes to, for the person; empty where there is none.
	LogPath string
	// MenuBar puts the menus into the system's menu bar, as on macOS, rather than behind a button.
	MenuBar bool
	// Hidden starts without the window where a tray is there to bring it back, as at login.
	Hidden bool
	// Stuck ends the process. It is called where Fyne does not come back from its loop when it is told to: what it is asked to do just then
	// is sometimes lost (the queue of Fyne 2.8.1's glfw driver, loop.go, as it is drained), and it waits for it for ever. The next start
	// would hand its paths to a window that is not there. Nil waits with it.
	Stuck func()
	// Version is the program's, for the person.
	Version string
	// Events gets a line of JSON for what happens in the window, for end-to-end tests. Nil: none.
	Events io.Writer
}

// Notice says in the person's language what they should know.
type Notice func(problem.Translate) problem.Explanation

// Desktop is what the desktop may offer. Every field may be nil. The functions may block for as long as the desktop takes, and are
// never called on Fyne's thread.
type Desktop struct {
	// HasTray reports whether something shows tray icons at this moment.
	HasTray func() bool
	// StayAwake keeps the computer from falling asleep until release is called.
	StayAwake func() (release func(), err error)
	// Choose lets the person pick files, or folders, in the desktop's own dialog, which has that title and closes when ctx ends. parent names
	// the window to the desktop, so that the dialog opens in front of it; it is empty where the window has no such name.
	// Nothing picked is no error; an error says that there is no such dialog, and the window shows one of its own.
	Choose func(ctx context.Context, parent, title string, folders bool) ([]string, error)
	// Save lets the person say, likewise, where a file is to be written. The dialog begins in that folder and suggests that name; it has
	// asked already whether a file that is there may be replaced.
	Save func(ctx context.Context, parent, title, folder, name string) (string, error)
	// Documents is the folder for the person's documents.
	Documents func() string
	// Login is the program's entry among those that the system starts at login.
	Login Login
	// Reveal shows a file in the desktop's file manager.
	Reveal func(path string) error
}

// Login is whether the system starts the program at login. Its methods may block on the disk.
type Login interface {
	// On says what the system says: a person may have changed it there.
	On() (bool, error)
	Set(on bool) error
}

// Place is where the window stands on the screen, which Fyne does not know. Its methods belong to Fyne's thread.
type Place interface {
	// Mark is drawn with the window, unseen; the others need that.
	Mark() fyne.CanvasObject
	// Where returns the window's top left corner; false where the desktop does not tell, or the window is maximised.
	Where() (image.Point, bool)
	// Move puts the window there, once it is drawn, unless it could not be seen there.
	Move(to image.Point)
}

// Window is the program's window. Make it with [New] on Fyne's thread; but for [Window.Open], [Window.Raise], [Window.Where] and
// [Window.Quit], which may be called from anywhere, its methods belong to that thread.
type Window struct {
	*screen

	cancel   context.CancelFunc
	running  sync.WaitGroup // goroutines that Run waits for
	quitting chan struct{}  // closed when the program is to end
	quitOnce sync.Once

	settings *keptSettings
	sampler  *sampler
	dialogs  fileDialogs
	notifier notifier

	// What the window shows, all of it Fyne's thread's.
	token       token.Token      // the one that new files go with; zero before the first
	kept        []inboxes.Record // as List returned them last
	unkept      bool             // the keyring did not take the token, which ends with the program
	waiting     bool             // for the keyring
	held        []given          // paths that wait for a token
	lostDrop    time.Time        // when something was dropped and did not arrive; zero once it has been said
	missed      int              // of what was given with them is nowhere on this computer
	shown       bool             // the window has its size
	begun       time.Time        // when the sending that is under way, or the last, began
	took        time.Duration    // how long it took; 0 while it is under way
	practice    Practice
	practiceKey string // of its inbox
	connected   bool   // a storage account is
	copied      copied

	header   *header
	start    *start
	work     *work
	banner   *banner
	pages    *fyne.Container
	practise *practiceBar
	mainMenu []*fyne.MenuItem // in the system's menu bar
	tray     *tray
	awake    awake
}

// New makes the window and fills it. It does not show it.
func New(app fyne.App, c Config) *Window {
	if c.Do == nil {
		c.Do = fyne.Do
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.After == nil {
		c.After = func(d time.Duration, f func()) { time.AfterFunc(d, func() { defer crash.Catch(); f() }) }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	sc := &screen{config: c, app: app, named: map[string][]fyne.CanvasObject{}, look: make(chan struct{}, 1)}
	w := &Window{
		screen: sc, settings: newKeptSettings(sc), copied: copied{screen: sc}, dialogs: fileDialogs{screen: sc},
		notifier: notifier{screen: sc}, awake: awake{screen: sc}, quitting: make(chan struct{}),
	}
	w.sampler = newSampler(sc, w.show)
	w.screen.keyTyped, w.screen.runeTyped = w.typedKey, w.typedRune
	if c.Events != nil {
		w.events = &events{out: c.Events}
	}
	if err := speak(c.Settings.Language); err != nil {
		c.Log.Error("language", "error", err)
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.settings.apply()
	app.SetIcon(appIcon())
	w.window = app.NewWindow(Title)
	w.window.SetPadded(false)
	w.window.SetMaster()
	w.window.SetContent(w.build())
	w.window.Resize(w.settings.size())
	w.window.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.window.SetCloseIntercept(w.closeAsked)
	w.addShortcuts()
	if c.Escape != nil {
		c.Escape(w.dialogs.escape)
	}
	if c.LostDrop != nil {
		c.LostDrop(w.dropLost)
	}
	w.header.onStart(true)
	if c.MenuBar {
		w.header.menu.Hide()
		w.showMainMenu()
	}
	w.showPage()
	return w
}

// build arranges the window's parts from top to bottom.
func (w *Window) build() fyne.CanvasObject {
	w.header = newHeader(w)
	w.banner = newBanner(w)
	w.practise = newPracticeBar(w)
	w.start = newStart(w)
	w.work = newWork(w)
	w.pages = container.NewStack(w.start.box, w.work.box)
	w.tag("drop", w.pages)
	w.ownTip = newTip(w.screen)
	all := container.New(&watchedLayout{atLeast{smallest}, w.resized}, container.NewStack(
		column(0, 3, w.header.box, w.practise.box, w.banner.box, w.pages), w.ownTip.layer)) // Fyne paints the background
	if w.config.Place == nil {
		return all
	}
	return container.NewStack(container.NewWithoutLayout(w.config.Place.Mark()), all)
}

// watchedLayout tells when the window's size changes.
type watchedLayout struct {
	atLeast
	changed func(fyne.Size)
}

func (l *watchedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.atLeast.Layout(objects, size)
	l.changed(size)
}

// Run shows the window and blocks until it is quit. ctx ends it too.
func (w *Window) Run(ctx context.Context, paths []string) {
	w.running.Go(func() { defer crash.Catch(); w.sampler.watch(w.ctx) })
	w.running.Go(func() { defer crash.Catch(); w.settings.keep() })
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
	w.startTray() // Fyne takes it up when it starts, and no later
	w.app.Lifecycle().SetOnStarted(func() {
		w.shown = true
		w.events.event("started", "version", w.config.Version)
		w.wake()
		w.inBackground(w.forgetPractice) // of a run that was killed
		w.loadInboxes()
		w.lookForAccount()
		for _, notice := range w.config.Notices {
			w.tell(tr("Before you begin"), notice(translated)).stays = true // below the next one
		}
		if len(paths) > 0 {
			w.addPaths(paths)
		}
		if hidden {
			w.inBackground(w.stayInTray)
		}
	})
	w.app.Lifecycle().SetOnExitedForeground(w.settings.keepPlace) // and when Fyne itself ends the program on a signal
	w.app.Lifecycle().SetOnEnteredForeground(w.lookForAccount)    // it may be connected in a terminal meanwhile
	if !hidden {
		w.settings.takePlace()
		w.window.Show()
	}
	w.endAfter(ctx, w.app.Run)
}

// endTime is how long Fyne may take to come back from its loop.
const endTime = 5 * time.Second

// endAfter runs Fyne's loop and ends everything after it, or in spite of it.
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
	w.cancel()
	w.awake.release()
	w.forgetPractice(context.Background())
	if w.practice != nil {
		if err := w.practice.Close(); err != nil {
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
		w.reveal()
		w.window.RequestFocus()
	})
}

// Open adds paths, as if they had been dropped, and brings the window to the front.
func (w *Window) Open(paths []string) {
	w.do(func() {
		w.reveal()
		w.window.RequestFocus()
		if len(paths) > 0 {
			w.addPaths(paths)
		}
	})
}

// reveal shows the window after it was hidden.
func (w *Window) reveal() {
	if w.hidden.Swap(false) {
		w.settings.takePlace()
	}
	w.window.Show()
	w.sampler.hasten()
}

// show puts what was read on the screen. It returns after how long the window has to look again even if nothing changed.
func (w *Window) show(s *sample) time.Duration {
	before := w.last
	w.last = *s
	w.timeSending(s)
	w.notifier.announce(&before, s)
	w.tray.show(s)
	w.awake.want(w.settings.StayAwake && s.status.Busy > 0)
	if w.hidden.Load() {
		return 0
	}
	w.showPage()
	w.showMainMenu()
	next := w.header.show(s)
	soon := func(d time.Duration) {
		if d > 0 && (next == 0 || d < next) {
			next = d
		}
	}
	soon(w.banner.show(s))
	w.practise.show()
	w.work.show(s)
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
			w.work.box.Hide()
			w.start.box.Show()
		} else {
			w.start.box.Hide()
			w.work.box.Show()
		}
		w.header.onStart(empty)
		w.relayout()
	}
	if empty {
		w.start.show()
	}
}

// timeSending keeps when sending began and how long it took.
func (w *Window) timeSending(s *sample) {
	going := s.status.Scanning || going(&s.status) > 0
	switch {
	case going && (w.begun.IsZero() || w.took > 0):
		w.begun, w.took = s.now, 0
	case !going && !w.begun.IsZero() && w.took == 0:
		w.took = max(s.now.Sub(w.begun), time.Millisecond)
	}
}

// resized is called when the window has another size.
func (w *Window) resized(size fyne.Size) {
	if w.work != nil {
		w.header.fit(size)
		w.practise.fit(size)
		w.banner.fit(size)
		w.work.totals.fit(size)
	}
	for s := w.top; s != nil; s = s.under {
		if s.fit != nil {
			s.fit(size)
		}
		s.overlay.Resize(size)
	}
	if w.shown {
		w.settings.Width, w.settings.Height = size.Width, size.Height
	}
}
