//go:build cgo && !nogui

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"inboxuploader/internal/desktop"
	"inboxuploader/internal/practice"
	"inboxuploader/internal/show"
	"inboxuploader/ui"
	"inboxuploader/uploader"
	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

// appID names the program to desktops. It is FyneApp.toml's.
const appID = "org.inboxuploader.desktop"

// open runs the window until it is quit, or hands the paths to the window that is open already. A
// hidden one stays in the tray, where there is one. It must be called on the program's first
// goroutine, which the window needs.
func (r *windowRun) open(ctx context.Context, paths []string) (err error) {
	if problem := r.displayProblem(); problem != "" {
		return noWindow(problem)
	}
	// Elsewhere Fyne panics if it can't draw, and this test takes half a second where the processor
	// draws. A person who started the program in a terminal is better served there.
	if runtime.GOOS == "windows" || r.mayGuide() {
		if problem := drawProblem(); problem != "" {
			return noWindow(problem)
		}
	}
	// A window runs for weeks beside other programs, and drawing leaves much garbage.
	debug.SetGCPercent(100)
	dir, err := r.openState()
	if err != nil {
		return err
	}
	var w *ui.Window
	ready := make(chan struct{})
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	instance, first, err := desktop.Claim(dir, func(paths []string) {
		<-ready
		w.Open(paths)
	}, quit)
	if err != nil {
		return err
	}
	if !first {
		if r.hidden && len(paths) == 0 {
			return nil // it is there already, and nobody asked to see it
		}
		err := desktop.Hand(dir, paths)
		if errors.Is(err, desktop.ErrNotReached) {
			return &usageError{"The window is already open but does not respond. Its uploads " +
				"continue. Bring it to the front and drop the files there."}
		}
		return err
	}
	defer func() { err = errors.Join(err, instance.Close()) }()

	log, logPath, logFile := r.openLog()
	defer func() { _ = logFile.Close() }()
	log.Info("window", "version", version())
	settingsPath := filepath.Join(dir, "settings.json")
	settings, err := ui.LoadSettings(settingsPath)
	j, records, notices := windowJournal(ctx, dir)
	if err != nil {
		log.Error("settings", "error", err)
		notices = append(notices, settingsUnreadable(settingsPath))
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	f, notice := windowFlags(settings, r.env)
	if notice != nil {
		notices = append(notices, notice)
	}
	queue := f.config(j, log)
	f.connections = uplink.MostConnections
	network := windowNetwork{env: r.env, flags: f}
	queue.Open = network.open
	hashes := manifest.NewKeeper(r.documentsDir())
	defer func() { _ = hashes.Close() }() // what was not kept is read again
	queue.Sums = hashes
	q, err := uploader.NewQueue(context.WithoutCancel(ctx), queue)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()

	// Fyne panics when it fails, for example without OpenGL.
	defer func() {
		if failed := recover(); failed != nil {
			log.Error("window", "panic", fmt.Sprint(failed), "stack", string(debug.Stack()))
			err = errors.Join(exit(exitCrash), &usageError{"The window could not be opened: the " +
				"display can't be reached, has no OpenGL, or something unexpected happened (see " +
				"the log). What was delivered stays delivered. " + withoutWindow})
		}
	}()
	hosts, trouble := allowedHosts()
	if trouble != (hostsProblem{}) {
		notices = append(notices, func(translate problem.Translate) problem.Explanation {
			return problem.Explanation{What: trouble.in(translate)}
		})
	}
	rules, err := readPolicy()
	if err != nil {
		return err
	}
	login := desktop.Login{Args: r.atLogin()}
	if on, _ := login.On(); on && rules.ForbidLogin { // an entry that was made before that rule
		log.Info("login", "removed", login.Set(false) == nil)
	}
	watched := windowWatch{lists: copyRun{program: r.program}, dir: dir, queue: q, log: log}
	config := ui.Config{
		Documents: &documents.Composer{
			Queue: q, Dir: r.documentsDir(), Now: r.now, Version: version(), Hashes: hashes,
		},
		HasSecret: carriesSecret,
		ReceiptOptions: func(ctx context.Context, ids []int64) ([]receipt.Option, func()) {
			return r.receiptOptions(ctx, q, ids)
		},
		Watch: watched.feed,
		Queue: q, Hosts: hosts, Notices: notices, Rules: rules.forWindow(),
		Inboxes: inboxes.Book{
			Records: records, Vault: inboxes.NewMemoryVault(openVault(r.env)), Hosts: hosts,
		},
		Settings: settings,
		Save:     func(s ui.Settings) error { return ui.SaveSettings(settingsPath, s) },
		Network:  func(s ui.Settings) ui.Notice { return network.change(s, q) },
		ProxySignIn: func(ctx context.Context, proxy, name, password string, keep bool) error {
			return network.signIn(ctx, q, proxy, name, password, keep)
		},
		CheckToken: func(ctx context.Context, t token.Token) (store.Checked, error) {
			st, err := network.open(t)
			if err != nil {
				return store.Checked{}, err
			}
			defer func() { _ = st.Close() }()
			return store.CheckToken(ctx, st, t)
		},
		TestConnection: func(ctx context.Context, t token.Token, translate problem.Translate,
			step func(ui.ConnectionStep),
		) ui.ConnectionResult {
			return network.test(ctx, r.program, t, translate, step)
		},
		Account: windowAccount{r.account()}, Person: whoami(),
		Practice: func(ctx context.Context) (ui.Practice, error) {
			inbox, err := practice.Start(ctx, r.now)
			if err != nil {
				return nil, err
			}
			return practiceInbox{inbox}, nil
		},
		IsPractice: func(in token.Inbox) bool { return practice.Is(in.Host, in.Account) },
		Desktop: ui.Desktop{
			HasTray: desktop.HasTray, StayAwake: desktop.StayAwake, Reveal: desktop.Reveal,
			Login:  login,
			Choose: desktop.Choose, Save: desktop.Save, Documents: desktop.Documents,
		},
		Stuck: func() {
			_ = errors.Join(q.Close(), j.Close()) // nobody is there to hear of it
			os.Exit(exitOK)
		},
		Hidden: r.hidden, MenuBar: runtime.GOOS == "darwin", Own: dir, Log: log, LogPath: logPath,
		Version: version(),
	}
	testing := r.env("UPLOADER_E2E") == "1"
	if testing {
		config.Events = r.stdout
	}
	// Fyne checks for calls on the wrong thread unless a program declares that it makes none.
	app.SetMetadata(
		fyne.AppMetadata{
			ID: appID, Name: ui.Title, Version: version(),
			Migrations: map[string]bool{"fyneDo": !testing},
		},
	)
	at := &place{}
	config.Place, config.Escape, config.LostDrop = at, at.onEscape, at.onLostDrop
	fyneStarted = true
	w = ui.New(app.NewWithID(appID), config)
	close(ready)
	if testing {
		stop := onWhereAsked(w.Where)
		defer stop()
	}
	w.Run(ctx, paths)
	return nil
}

// fyneStarted is whether Fyne has been started. A process can start it only once.
var fyneStarted bool

// ownBox shows words in a small window and returns when that is closed. It reports whether it
// could.
func (r *windowRun) ownBox(why func(problem.Translate) problem.Explanation) (shown bool) {
	if fyneStarted || r.displayProblem() != "" || drawProblem() != "" {
		return false
	}
	defer func() {
		if recover() != nil {
			shown = false
		}
	}()
	fyneStarted = true
	app.SetMetadata(
		fyne.AppMetadata{
			ID: appID, Name: ui.Title, Version: version(),
			Migrations: map[string]bool{"fyneDo": true},
		},
	)
	ui.ShowProblem(app.NewWithID(appID), why)
	return true
}

// displayProblem says why no display can show a window, or nothing.
func (r *windowRun) displayProblem() string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" || r.env("DISPLAY") != "" {
		return ""
	}
	display := r.env("WAYLAND_DISPLAY")
	if display == "" {
		return "There is no display for the window."
	}
	// Without a seat the graphics library crashes.
	usable, err := desktop.WaylandOffers(r.env("XDG_RUNTIME_DIR"), display, "wl_seat")
	switch {
	case err != nil:
		return "The Wayland display in WAYLAND_DISPLAY can't be reached."
	case !usable:
		return "This Wayland display has no mouse and no keyboard, so a window would be of no " +
			"use."
	}
	return ""
}

// atLogin is the command line, behind the program's name, that starts the window as at login, with
// this one's state folder.
func (r *windowRun) atLogin() []string {
	var args []string
	if r.flag != "" || r.env("UPLOADER_HOME") != "" { // of which the system knows nothing
		if dir, err := r.stateDir(); err == nil {
			args = append(args, "--state-dir", dir)
		}
	}
	return append(args, "window", "--"+hiddenFlag)
}

// windowJournal opens the upload list and the records of saved inboxes, and returns what a person
// should know about them. If the list can't be opened, one in memory takes its place, which ends
// with the program.
func windowJournal(ctx context.Context, dir string) (ledger.Journal, inboxes.Records, []ui.Notice) {
	j, opened, err := journal.Open(ctx, dir, journal.Options{})
	if err != nil {
		return ledger.NewMemoryJournal(), inboxes.NewMemoryRecords(), []ui.Notice{
			func(translate problem.Translate) problem.Explanation {
				x := problem.ExplainIn(err, translate)
				x.Do += " " + translate("What is sent now is kept only until the program ends.")
				return x
			},
		}
	}
	if opened.Explain().String() != "" {
		return j, j, []ui.Notice{opened.ExplainIn}
	}
	return j, j, nil
}

// certificatesUnreadable says that a file of the settings can't be used.
func certificatesUnreadable(path string) ui.Notice {
	return func(translate problem.Translate) problem.Explanation {
		what := translate("The certificates in “{value}” can't be read; look at the settings.")
		return problem.Explanation{What: strings.ReplaceAll(what, "{value}", show.Text(path))}
	}
}

// settingsUnreadable sets unreadable settings aside, since the window's next change would overwrite
// them, and says so.
func settingsUnreadable(path string) ui.Notice {
	aside := path + ".damaged"
	if err := os.Rename(path, aside); err != nil {
		aside = path // nothing but its rights may be wrong
	}
	return func(translate problem.Translate) problem.Explanation {
		do := translate("The old settings are kept in “{value}”.")
		return problem.Explanation{
			What: translate(
				"Some settings could not be read and were reset.",
			), Safe: translate("Uploads and tokens are not affected."),
			Do: strings.ReplaceAll(do, "{value}", show.Text(aside)),
		}
	}
}

// windowFlags says how the window sends, by its settings and the environment. The notice, if any,
// is about a setting that can't be used; the window opens all the same, so that it can be mended.
func windowFlags(s ui.Settings, env func(string) string) (f sendFlags, notice ui.Notice) {
	f = newSendFlags()
	f.connections, f.rate.bytes = s.Connections, s.Rate
	if s.CAFile != "" {
		if _, err := azure.Authorities(s.CAFile); err != nil {
			notice = certificatesUnreadable(s.CAFile)
		} else {
			f.caFile = s.CAFile
		}
	}
	err := error(nil)
	if s.Proxy != "" {
		err = f.proxy.Set(s.Proxy)
	} else {
		err = f.proxy.orVariable(env)
	}
	if err != nil {
		notice = func(translate problem.Translate) problem.Explanation {
			what := translate("The proxy's address can't be used; look at the settings.")
			return problem.Explanation{What: what}
		}
	}
	return f, notice
}
