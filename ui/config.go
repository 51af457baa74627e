package ui

import (
	"context"
	"image"
	"io"
	"log/slog"
	"time"

	"fyne.io/fyne/v2"

	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/feed"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// Config says what a window works with. Queue is required.
type Config struct {
	Queue    Queue
	Settings Settings
	// Save keeps the settings. It may block on the disk, and is never called on Fyne's thread, nor
	// twice at once. Nil keeps nothing.
	Save func(Settings) error
	// Network takes the proxy and the certificates of the settings for all that is sent from then
	// on. It may block on the disk. The notice, if any, says what can't be used of them. Nil: they
	// hold from the next start on.
	Network func(Settings) Notice
	// ProxySignIn uses a name and a password for a proxy, HOST:PORT, from then on, and in later runs
	// where keep is true. What waited for them goes on. It may block on the keyring; its error is
	// that they could not be kept. Nil leaves the offer out.
	ProxySignIn func(ctx context.Context, proxy, name, password string, keep bool) error
	// Inboxes keeps inboxes under names and their tokens beyond the program's end. Nil keeps
	// neither.
	Inboxes Inboxes
	// CheckToken asks the storage whether it accepts a token, and leaves nothing there; see
	// [store.CheckToken]. It blocks on the network until ctx ends. Nil leaves the offer out.
	CheckToken func(ctx context.Context, t token.Token) (store.Checked, error)
	// TestConnection looks at the way to a token's storage step by step, asks about the token and
	// measures the speed; a token without a query is the address of its storage alone. translate
	// gives the words; step is called with each step, on the goroutine of the caller. It blocks on
	// the network until ctx ends. Nil leaves the offer out.
	TestConnection func(ctx context.Context, t token.Token, translate problem.Translate,
		step func(ConnectionStep)) ConnectionResult
	// Watch prepares to keep sending a folder, as these options say, once its files have been
	// unchanged for that time. refused hears, on any goroutine, of each thing below it that can't be
	// sent. It may block on the disk. Nil leaves the offer out.
	Watch func(f WatchedFolder, o ledger.AddOptions, settle time.Duration,
		refused func(scan.Found)) (Feed, error)
	// Documents writes what goes with a delivery, and hands it to the queue. Nil leaves the offers
	// out.
	Documents *documents.Composer
	// ReceiptOptions returns what a receipt about these transfers says besides what was delivered. It
	// may block on the disk; done is called when the receipt is written. Nil: nothing.
	ReceiptOptions func(ctx context.Context, transfers []int64) (all []receipt.Option, done func())
	// HasSecret reports whether a text holds a token or a key, which must not be sent to others. Nil:
	// none does.
	HasSecret func(text string) bool
	// Hosts are allowed besides the known storage addresses, see [token.AllowHost].
	Hosts []string
	// Rules is what the person's administrator has decided.
	Rules Rules
	// Notices is what a person should know from the start, such as that a damaged list was mended.
	Notices []Notice
	// Account is the storage account of those who run an inbox, for which upload tokens are issued.
	// Nil: there can be none.
	Account Account
	// Person is who uses the program, as the table of upload tokens names them.
	Person string
	// Practice starts the practice inbox. It may block. Nil leaves the offer out.
	Practice func(context.Context) (Practice, error)
	// IsPractice reports whether an inbox is a practice inbox, of this run or of an earlier one.
	// Nil: none is.
	IsPractice func(token.Inbox) bool
	// Desktop is what the desktop offers. Its zero value offers nothing.
	Desktop Desktop
	// Place moves the window to where it stood before. Nil leaves that to the desktop.
	Place Place
	// Escape is handed a function that is to be called for Esc before the widget with the keyboard
	// hears of it, on Fyne's thread, and reports whether the key was for it. Nil: Fyne's own
	// dialogs for files close by their buttons alone.
	Escape func(func() bool)
	// LostDrop is handed a function that is to be called, on Fyne's thread, when something was let
	// go over the window and did not arrive. Nil: nobody notices.
	LostDrop func(func())
	// Do runs a function on Fyne's thread and does not wait for it. Default fyne.Do.
	Do func(func())
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// After runs a function once that time has passed, on a goroutine of its own. Default
	// time.AfterFunc.
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
	// Stuck ends the process. It is called where Fyne does not come back from its loop when it is
	// told to: what it is asked to do just then is sometimes lost (the queue of Fyne 2.8.1's glfw
	// driver, loop.go, as it is drained), and it waits for it for ever. The next start would hand
	// its paths to a window that is not there. Nil waits with it.
	Stuck func()
	// Version is the program's, for the person.
	Version string
	// Events gets a line of JSON for what happens in the window, for end-to-end tests. Nil: none.
	Events io.Writer
}

// Rules is what an administrator has decided for this computer. The window shows it and offers
// nothing against it; that it holds is not the window's work. The zero Rules decide nothing.
type Rules struct {
	NoHosts   bool   // the person allows no storage addresses
	NoReplace bool   // no file in an inbox is replaced
	NoTokens  bool   // no upload tokens are created, but for practice
	NoLogin   bool   // the program is not started at login
	Rate      int64  // highest speed in bytes per second; 0: no limit
	Proxy     string // safe to show; empty: the person's
	CAFile    string // PEM file of further certificate authorities; empty: the person's
}

// Feed keeps sending a folder, which [feed.Feed] does. But for Of, which any goroutine may call, its
// methods belong to one.
type Feed interface {
	Of(t ledger.TransferStatus) bool
	Adopt(ctx context.Context) error
	Run(ctx context.Context, told func(now feed.State, begun []int64)) error
	Close() error
}

// Notice says in the person's language what they should know.
type Notice func(problem.Translate) problem.Explanation

// Desktop is what the desktop may offer. Every field may be nil. The functions may block for as
// long as the desktop takes, and are never called on Fyne's thread.
type Desktop struct {
	// HasTray reports whether something shows tray icons at this moment.
	HasTray func() bool
	// StayAwake keeps the computer from falling asleep until release is called.
	StayAwake func() (release func(), err error)
	// Choose lets the person pick files, or folders, in the desktop's own dialog, which has that
	// title and closes when ctx ends. parent names the window to the desktop, so that the dialog
	// opens in front of it; it is empty where the window has no such name. Nothing picked is no
	// error; an error says that there is no such dialog, and the window shows one of its own.
	Choose func(ctx context.Context, parent, title string, folders bool) ([]string, error)
	// Save lets the person say, likewise, where a file is to be written. The dialog begins in that
	// folder and suggests that name; it has asked already whether a file that is there may be
	// replaced.
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

// Place is where the window stands on the screen, which Fyne does not know. Its methods belong to
// Fyne's thread.
type Place interface {
	// Mark is drawn with the window, unseen; the others need that.
	Mark() fyne.CanvasObject
	// Where returns the window's top left corner; false where the desktop does not tell, or the
	// window is maximised.
	Where() (image.Point, bool)
	// Move puts the window there, once it is drawn, unless it could not be seen there.
	Move(to image.Point)
}
