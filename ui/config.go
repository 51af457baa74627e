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
	// Save saves the settings. It may block on the disk. It is never called on Fyne's thread, and
	// never by two goroutines at once. Nil saves nothing.
	Save func(Settings) error
	// Network applies the settings' proxy and certificates to every later request. It may block on
	// the disk. The notice, if any, names the settings that can't be used. Nil: they apply from the
	// next start.
	Network func(Settings) Notice
	// ProxySignIn uses a name and a password for a proxy, HOST:PORT, from then on, and in later runs
	// if keep is true. Requests that waited for them continue. It may block on the keyring; an error
	// means that they could not be saved. Nil hides the offer.
	ProxySignIn func(ctx context.Context, proxy, name, password string, keep bool) error
	// Inboxes saves named inboxes and their tokens for later runs. Nil saves neither.
	Inboxes Inboxes
	// CheckToken asks the storage whether it accepts a token, and leaves nothing there; see
	// [store.CheckToken]. It blocks on the network until ctx ends. Nil hides the offer.
	CheckToken func(ctx context.Context, t token.Token) (store.Checked, error)
	// TestConnection tests the connection to a token's storage step by step, asks about the token
	// and measures the speed; a token without a query is only the address of its storage. translate
	// translates the words; step is called with each step, on the caller's goroutine. It blocks on
	// the network until ctx ends. Nil hides the offer.
	TestConnection func(ctx context.Context, t token.Token, translate problem.Translate,
		step func(ConnectionStep)) ConnectionResult
	// Watch prepares to watch a folder with these options and to send each file once it has not
	// changed for the settle time. refused is called, on any goroutine, for each item in the folder
	// that can't be sent. Watch may block on the disk. Nil hides the offer.
	Watch func(f WatchedFolder, o ledger.AddOptions, settle time.Duration,
		refused func(scan.Found)) (Feed, error)
	// Documents writes the documents that go with a delivery, and adds them to the queue. Nil hides
	// the offers.
	Documents *documents.Composer
	// ReceiptOptions returns what else a receipt for these transfers states besides the delivered
	// files. It may block on the disk; call done when the receipt is written. Nil: nothing else.
	ReceiptOptions func(ctx context.Context, transfers []int64) (all []receipt.Option, done func())
	// HasSecret reports whether a text contains a token or a key, which must not be sent to others.
	// Nil: no text does.
	HasSecret func(text string) bool
	// Hosts are allowed besides the known storage addresses, see [token.AllowHost].
	Hosts []string
	// Rules are the administrator's.
	Rules Rules
	// Notices are shown at the start, such as that a damaged list was repaired.
	Notices []Notice
	// Account is the storage account of a data manager, who creates upload tokens for it. Nil: there
	// can be none.
	Account Account
	// Person is the user's name, as it appears in the table of upload tokens.
	Person string
	// Practice starts the practice inbox. It may block. Nil hides the offer.
	Practice func(context.Context) (Practice, error)
	// IsPractice reports whether an inbox is a practice inbox, of this run or of an earlier one.
	// Nil: none is.
	IsPractice func(token.Inbox) bool
	// Desktop is what the desktop offers. Its zero value offers nothing.
	Desktop Desktop
	// Place restores the window's position. Nil leaves that to the desktop.
	Place Place
	// Escape receives a function to call on Fyne's thread when Esc is pressed, before the focused
	// widget gets the key. The function reports whether it used the key. Nil: only their buttons
	// close Fyne's own file dialogs.
	Escape func(func() bool)
	// LostDrop receives a function to call on Fyne's thread when files were dropped on the window
	// and did not arrive. Nil: nobody notices.
	LostDrop func(func())
	// Do runs a function on Fyne's thread and does not wait for it. Default fyne.Do.
	Do func(func())
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// After runs a function once that time has passed, on a goroutine of its own. Default
	// time.AfterFunc.
	After func(time.Duration, func())
	// Log receives what support needs. Default: nothing is logged.
	Log *slog.Logger
	// Own is the program's own folder, which is never sent. Empty: there is none.
	Own string
	// LogPath is the file that Log writes to, to show to the person. Empty: there is none.
	LogPath string
	// MenuBar puts the menus into the system's menu bar, as on macOS, rather than behind a button.
	MenuBar bool
	// Hidden starts without the window, as at login, if a tray icon can bring it back.
	Hidden bool
	// Stuck ends the process. It is called when Fyne does not leave its loop after it was told to
	// quit. Fyne sometimes loses a function that it is given at that moment (the queue of Fyne
	// 2.8.1's glfw driver, loop.go, while it is drained), and then waits for it for ever. The next
	// start would hand its paths to a window that is not there. Nil waits too.
	Stuck func()
	// Version is the program's version, to show to the person.
	Version string
	// Events receives a line of JSON for each event in the window, for end-to-end tests. Nil: none.
	Events io.Writer
}

// Rules are what an administrator has decided for this computer. The window shows them and offers
// nothing that breaks them; enforcing them is not the window's work. The zero Rules decide nothing.
type Rules struct {
	NoHosts   bool   // the person can't allow storage addresses
	NoReplace bool   // no file in an inbox is replaced
	NoTokens  bool   // no upload tokens are created, except for practice
	NoLogin   bool   // the program does not start at login
	Rate      int64  // highest speed in bytes per second; 0: no limit
	Proxy     string // safe to show; empty: the person's
	CAFile    string // PEM file of further certificate authorities; empty: the person's
}

// Feed watches a folder and sends new files, as [feed.Feed] does. Any goroutine may call Of; the
// other methods belong to one goroutine.
type Feed interface {
	Of(t ledger.TransferStatus) bool
	Adopt(ctx context.Context) error
	Run(ctx context.Context, told func(now feed.State, begun []int64)) error
	Close() error
}

// Notice explains something to the person in their language.
type Notice func(problem.Translate) problem.Explanation

// Desktop is what the desktop may offer. Every field may be nil. The functions may block for as
// long as the desktop takes, and are never called on Fyne's thread.
type Desktop struct {
	// HasTray reports whether the desktop currently shows tray icons.
	HasTray func() bool
	// StayAwake keeps the computer awake until release is called.
	StayAwake func() (release func(), err error)
	// Choose lets the person pick files, or folders, in the desktop's own dialog, which has that
	// title and closes when ctx ends. parent identifies the window to the desktop, so that the
	// dialog opens in front of it; it is empty if the window has no such name. Picking nothing is
	// no error; an error means that there is no such dialog, and the window shows its own.
	Choose func(ctx context.Context, parent, title string, folders bool) ([]string, error)
	// Save lets the person choose, likewise, where to save a file. The dialog starts in that folder
	// and suggests that name. It has already asked whether to replace an existing file.
	Save func(ctx context.Context, parent, title, folder, name string) (string, error)
	// Documents returns the person's documents folder.
	Documents func() string
	// Login is the program's entry in the system's list of login items.
	Login Login
	// Reveal shows a file in the desktop's file manager.
	Reveal func(path string) error
}

// Login is whether the system starts the program at login. Its methods may block on the disk.
type Login interface {
	// On asks the system, where the person may have changed it.
	On() (bool, error)
	Set(on bool) error
}

// Place is the window's position on the screen, which Fyne does not know. Its methods belong to
// Fyne's thread.
type Place interface {
	// Mark is drawn with the window, invisibly; the other methods need it.
	Mark() fyne.CanvasObject
	// Where returns the window's top left corner; false if the desktop does not tell, or if the
	// window is maximised.
	Where() (image.Point, bool)
	// Move puts the window there once it is drawn, unless it would be out of sight there.
	Move(to image.Point)
}
