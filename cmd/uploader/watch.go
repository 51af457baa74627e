package main

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/feed"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/watch"
)

// defaultSettle is for how long a file must be unchanged before it is sent.
const defaultSettle = 2 * time.Minute

// watchGCPercent is how much a watch's heap may grow, in percent, before a collection. A watch runs
// for months beside other programs and is mostly idle.
const watchGCPercent = 25

// watchRun is one run of watch: a copy that does not end.
type watchRun struct {
	*copyRun
	settle   age
	whenDone string
	after    afterFlag
}

// watchCommand sends what is in folders and what appears there.
func watchCommand(p *program) *cobra.Command {
	r := &watchRun{
		copyRun: &copyRun{program: p, copyFlags: &copyFlags{sendFlags: newSendFlags()}},
		settle:  age{defaultSettle},
	}
	c := &cobra.Command{
		Use:   "watch FOLDER... TOKEN|--to NAME",
		Short: "Keep sending what is in folders and what appears there",
		Long:  watchHelp,
		Args:  cobra.ArbitraryArgs,
		RunE:  func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	takesToken(c, "0")
	s := c.Flags()
	s.SortFlags = false
	s.Var(&r.settle, "settle", "send a file once its size and time have not changed for this long")
	s.StringVar(&r.whenDone, "when-done", "", "send a folder once a file of this `NAME` is in it, "+
		"such as RTAComplete.txt (* is any part); --settle then has no effect")
	r.addPatterns(s)
	r.selection.addPlace(s)
	s.Var(&r.overwrite, "overwrite", "true sends changed files again, and replaces files of the "+
		"same name in the inbox (default false)")
	s.BoolVar(&r.keepBoth, "keep-both", false, "send changed files, and files whose name is "+
		"taken, as “name (2)”")
	r.addBeside(s)
	r.addBetween(s)
	r.documents.addManifest(s)
	s.Var(&r.after, "after-delivery", "move delivered files to this folder, which must exist, on "+
		"the same disk and outside the watched folders; nothing in it is ever replaced")
	s.StringVar(&r.to, "to", "", "send to the inbox saved under this `NAME` (uploader inbox add); "+
		"all arguments are then folders")
	r.addWay(c)
	return c
}

const watchHelp = `Keep sending what is in folders and what appears there, until you stop it.

A file is sent once it is complete: when its size and modification time have not changed for
--settle (2 minutes by default), or, with --when-done NAME, as soon as a file of that name is in
its folder or in one above, up to FOLDER itself.

Give the token as with "uploader copy". With --token-file or --to you can replace it while this
runs: when it expires, a line on stderr and in the log says so once. What is left waits, and
continues with the next token. There is no other notice.

Nothing is ever deleted, and nothing is moved unless you ask for it. Started again, the program
continues where it was and sends nothing twice. A file that changes after delivery is named once
and skipped, unless you say --overwrite=true or --keep-both.

With --after-delivery move:/data/sent a file that the storage confirmed, and that has not changed
since, is moved to the same place below /data/sent/FOLDER, in one step on the disk. It is moved
once everything that was found with it is sent; if you stop the program before that, after the next
start. Files that are there already are never replaced, links are not followed, and folders stay. A
file that can't be moved stays and is named once, with the reason.

With --manifest, a list of what was delivered since the last one goes to the inbox whenever nothing
is left to send. Its name has the time in UTC, such as SHA256SUMS-20261103T090000Z.

With --between 18:00-06:00 nothing is started outside these hours by this computer's clock. Files
that become complete meanwhile are noted, and sent when the hours begin.

Where the system reports changes, new files are seen at once. Folders on network disks, and all
folders on macOS, are scanned repeatedly instead, with pauses a hundred times as long as a scan.

Messages go to stderr: a line for each delivery, and for each problem.

Exit codes:
    0    you stopped it (Ctrl-C, SIGTERM)
    1    it failed
    2    wrong usage, or no readable token
    3    the token was refused or had expired at the start`

func (r *watchRun) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return &usageError{"Name a folder. Nothing was sent. Use: uploader watch FOLDER... " +
			"\"TOKEN\""}
	}
	given, sources, err := r.tokenAndSources(ctx, args)
	if err != nil {
		return err
	}
	tok, err := r.token(ctx, given)
	if err != nil {
		return err
	}
	if err := r.checkFlags(); err != nil {
		return err
	}
	if err := checkSources(sources, true); err != nil {
		return err
	}
	for _, s := range sources {
		if info, err := os.Stat(s); err == nil && !info.IsDir() {
			return usagef("“%s” is not a folder. Nothing was sent. To send a file: uploader copy",
				show.Text(s))
		}
	}
	roots, err := absolute(sources)
	if err != nil {
		return err
	}
	var away *mover
	if r.after.text != "" {
		dir, err := r.after.check(roots)
		if err != nil {
			return err
		}
		away = &mover{dir: dir, roots: roots, say: r.say}
	}
	if err := r.documents.checkToken(tok); err != nil {
		return err
	}
	if err := r.checkDates(tok, r.now()); err != nil {
		return err
	}
	return r.keepSending(ctx, tok, given, roots, away)
}

// checkFlags refuses what can't be wanted.
func (r *watchRun) checkFlags() error {
	if err := r.check(r.env); err != nil {
		return err
	}
	if err := r.checkConflict(); err != nil {
		return err
	}
	o := r.scanOptions(token.Inbox{})
	if err := o.Check(); err != nil {
		return &usageError{explain(err).String()}
	}
	if !doublestar.ValidatePattern(r.whenDone) || strings.Contains(r.whenDone, "/") {
		return &usageError{"The value of --when-done is not a valid name. Nothing was sent. It " +
			"looks like RTAComplete.txt or *.done."}
	}
	return nil
}

// keepSending opens the list and watches until ctx ends.
func (r *watchRun) keepSending(
	ctx context.Context, tok token.Token, given givenToken, roots []string, away *mover,
) (err error) {
	if err := enoughFiles(); err != nil {
		return err
	}
	debug.SetGCPercent(watchGCPercent)
	j, err := r.openJournal(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	dir, err := r.openState()
	if err != nil {
		return err
	}
	log, _, logFile := r.openLog()
	defer func() { _ = logFile.Close() }() // the log never decides about an upload
	log.Info("watch", "inbox", tok.Inbox.String(), "version", version(), "folders", len(roots))
	hashes := manifest.NewKeeper(r.documentsDir())
	defer func() { _ = hashes.Close() }() // what was not kept is read again
	config := r.config(j, log)
	config.Sums = hashes
	q, err := uploader.NewQueue(context.WithoutCancel(ctx), config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	if err := q.Use(tok); err != nil {
		return err
	}
	if err := r.between.Keep(q, r.now()); err != nil {
		return err
	}
	w := &watcher{
		watchRun: r, queue: q, roots: roots, first: tok.Inbox, token: tok, given: given,
		log: log, away: away,
	}
	if r.documents.manifest.of != 0 {
		w.manifests = &documents.Composer{
			Queue: q, Dir: r.documentsDir(), Now: r.now, Version: version(), Hashes: hashes,
			Dated: true,
		}
	}
	o := r.scanOptions(tok.Inbox)
	o.Recursive = true
	w.feed, err = feed.New(q, tok.Inbox, feed.Options{
		Roots: roots, List: r.writeList, Delivered: away.saw,
		Watch: watch.Options{
			Scan: o, Settle: r.settle.Duration, WhenDone: r.whenDone, Dir: dir,
			Refused: func(f *scan.Found) {
				r.say(shownPath(f.Source) + ": " + explain(f.Err).String())
			},
			Alone: func(why error) {
				log.Info("no notices of changes", "error", why)
				r.say("The system does not report changes here, so the folders are scanned " +
					"repeatedly.")
			},
		},
		Send: ledger.AddOptions{
			Scan: o, Replace: bool(r.overwrite), KeepBoth: r.keepBoth, KeepTimes: r.keepTimes,
			PutMD5: r.putMD5, Manifest: r.documents.manifest.of,
		},
	})
	if err != nil {
		return err
	}
	defer func() { _ = w.feed.Close() }() // a list of paths, whose removal may fail
	return w.run(ctx)
}
