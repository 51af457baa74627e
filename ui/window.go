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
	receipts *receipts
	issuing  *issuing
	options  *settingsView
	tray     *trayView

	header   *header
	start    *startView
	queue    *queueView
	banner   *banner
	practice *practiceView
	pages    *fyne.Container
	mainMenu []*fyne.MenuItem // in the system's menu bar
	shown    bool             // the window has its size
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
	w := &Window{screen: sc, quitting: make(chan struct{})}
	w.connect()
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
		w.showMainMenu()
	}
	w.showPage()
	return w
}

// connect makes the views, and lets each know those that it needs.
func (w *Window) connect() {
	sc := w.screen
	w.settings, w.sampler = newKeptSettings(sc), newSampler(sc, w.show)
	w.notifier, w.dialogs, w.copied, w.awake = &notifier{screen: sc}, &fileDialogs{screen: sc}, &copied{screen: sc}, &awake{screen: sc}
	w.inboxes, w.tokens, w.intake, w.reviews = &inboxView{}, &tokenView{}, &intake{}, &reviewView{}
	w.commands, w.receipts, w.issuing, w.options, w.tray = &commands{}, &receipts{}, &issuing{}, &settingsView{}, &trayView{}
	w.header, w.start, w.queue, w.banner, w.practice = &header{}, &startView{}, &queueView{}, &banner{}, &practiceView{}

	*w.inboxes = inboxView{screen: sc, settings: w.settings, practice: w.practice, tokens: w.tokens, commands: w.commands}
	*w.tokens = tokenView{
		screen: sc, settings: w.settings, inboxes: w.inboxes, intake: w.intake, commands: w.commands, practice: w.practice, start: w.start,
	}
	*w.intake = intake{
		screen: sc, dialogs: w.dialogs, inboxes: w.inboxes, tokens: w.tokens, reviews: w.reviews, start: w.start,
	}
	*w.reviews = reviewView{screen: sc, settings: w.settings, inboxes: w.inboxes, intake: w.intake, notifier: w.notifier}
	*w.commands = commands{screen: sc, sampler: w.sampler, inboxes: w.inboxes, tokens: w.tokens, queue: w.queue}
	*w.receipts = receipts{
		screen: sc, settings: w.settings, dialogs: w.dialogs, inboxes: w.inboxes, totals: func() *totals { return w.queue.totals },
	}
	*w.issuing = issuing{screen: sc, inboxes: w.inboxes, practice: w.practice, copied: w.copied}
	*w.options = settingsView{screen: sc, settings: w.settings, inboxes: w.inboxes, setLanguage: w.setLanguage}
	*w.tray = trayView{
		screen: sc, settings: w.settings, sampler: w.sampler, intake: w.intake, tokens: w.tokens, commands: w.commands, quit: w.quitAsked,
	}
	*w.header = header{
		screen: sc, inboxes: w.inboxes, tokens: w.tokens, intake: w.intake, banner: w.banner, windowMenu: w.windowMenu,
	}
	*w.start = startView{screen: sc, inboxes: w.inboxes, tokens: w.tokens, intake: w.intake, begin: w.practice.begin}
	*w.queue = queueView{
		screen: sc, settings: w.settings, sampler: w.sampler, inboxes: w.inboxes, intake: w.intake, commands: w.commands,
		receipts: w.receipts, practice: w.practice, banner: w.banner, awake: w.awake,
	}
	*w.banner = banner{
		screen: sc, inboxes: w.inboxes, tokens: w.tokens, intake: w.intake, commands: w.commands, room: w.roomForBanner,
	}
	*w.practice = practiceView{
		screen: sc, inboxes: w.inboxes, tokens: w.tokens, reviews: w.reviews, issuing: w.issuing, start: w.start,
	}
}

// build arranges the window's parts from top to bottom.
func (w *Window) build() fyne.CanvasObject {
	w.header.build()
	w.banner.build()
	w.practice.build()
	w.start.build()
	w.queue.build()
	w.pages = container.NewStack(w.start.box, w.queue.box)
	w.tag("drop", w.pages)
	w.ownTip = newTip(w.screen)
	all := container.New(&watchedLayout{atLeast{smallest}, w.resized}, container.NewStack(
		column(0, 3, w.header.box, w.practice.box, w.banner.box, w.pages), w.ownTip.layer)) // Fyne paints the background
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
	w.tray.start() // Fyne takes it up when it starts, and no later
	w.app.Lifecycle().SetOnStarted(func() {
		w.shown = true
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
	w.app.Lifecycle().SetOnExitedForeground(w.settings.keepPlace) // and when Fyne itself ends the program on a signal
	w.app.Lifecycle().SetOnEnteredForeground(w.issuing.find)      // it may be connected in a terminal meanwhile
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

// reveal shows the window after it was hidden.
func (t *trayView) reveal() {
	if t.hidden.Swap(false) {
		t.settings.takePlace()
	}
	t.window.Show()
	t.sampler.hasten()
}

// show puts what was read on the screen. It returns after how long the window has to look again even if nothing changed.
func (w *Window) show(s *sample) time.Duration {
	before := w.last
	w.last = *s
	w.queue.timeSending(s)
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
	w.practice.show()
	w.queue.show(s)
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

// timeSending keeps when sending began and how long it took.
func (v *queueView) timeSending(s *sample) {
	going := s.status.Scanning || going(&s.status) > 0
	switch {
	case going && (v.begun.IsZero() || v.took > 0):
		v.begun, v.took = s.now, 0
	case !going && !v.begun.IsZero() && v.took == 0:
		v.took = max(s.now.Sub(v.begun), time.Millisecond)
	}
}

// roomForBanner is how high the banner's words may be, so that something of the list stays in sight: the rest is scrolled to.
func (w *Window) roomForBanner() float32 {
	left := w.window.Canvas().Size().Height - w.header.box.MinSize().Height - w.queue.box.MinSize().Height - 8
	if w.practice.box.Visible() {
		left -= w.practice.box.MinSize().Height
	}
	return max(left, 56)
}

// resized is called when the window has another size.
func (w *Window) resized(size fyne.Size) {
	if w.queue != nil {
		w.header.fit(size)
		w.practice.fit(size)
		w.banner.fit(size)
		w.queue.totals.fit(size)
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
