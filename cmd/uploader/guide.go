package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/desktop"
	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// guideRun is one run of guide: copy and resume with questions instead of options.
type guideRun struct {
	*program
	sendFlags
	plain bool
}

// guideCommand asks for everything it needs.
func guideCommand(p *program) *cobra.Command {
	r := &guideRun{program: p, sendFlags: newSendFlags()}
	c := &cobra.Command{
		Use:   "guide [PATH...]",
		Short: "Send files by answering questions in the terminal, without a window",
		Long: `Send files by answering questions in the terminal: paste the token, or continue unfinished uploads;
name files or drag them in; review what would be sent; send it; save a receipt. Nothing is sent
before you agree. If no window can be opened, the program does the same without a command.

All questions and answers are lines of text. With --plain, or ACCESSIBLE=1 in the environment,
progress is too: nothing on the screen is redrawn, for screen readers.

The exit codes are those of "uploader copy"; 1 also if you left before anything was sent.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return r.run(c.Context(), localPaths(args))
		},
	}
	c.Flags().BoolVar(&r.plain, "plain", false, "write progress line by line, for screen readers")
	allowHostFlag(c, &r.hosts)
	c.Flags().StringVar(&r.caFile, "ca-file", "", "also trust the certificate authorities in "+
		"this PEM `FILE`")
	c.Flags().Var(&r.proxy, "proxy", "use this proxy, or none")
	return c
}

// run carries out the command.
func (r *guideRun) run(ctx context.Context, paths []string) error {
	if !r.isAsked() {
		return &usageError{"The guided mode asks questions, so it needs a terminal. Nothing was " +
			"sent. In a script, use “uploader copy”; see: uploader copy --help"}
	}
	if err := r.check(r.env); err != nil {
		return err
	}
	g := &guideRun{program: r.guided(), sendFlags: r.sendFlags}
	err := g.session(ctx, paths)
	if !desktop.IsRead() { // a console that closes with the program
		defer func() { _, _ = g.answer(ctx, "Press Enter to close this window. ") }()
	}
	if errors.Is(err, errLeft) {
		g.say("You left the guided mode. What was delivered stays delivered.")
		return exit(exitNotDelivered)
	}
	if err == nil {
		return nil
	}
	if words := sentence(ctx, err); words != "" { // in the words of this mode
		g.say(words)
	}
	return exit(exitCode(ctx, err))
}

// guided returns the program with messages that suit the guided mode.
func (r *guideRun) guided() *program {
	c := *r.console
	c.stderr = guidedText{r.stderr, func() int { return r.terminal().width }}
	if r.plain || r.env("ACCESSIBLE") != "" && r.env("ACCESSIBLE") != "0" {
		env := r.env
		c.env = func(name string) string {
			if name == "TERM" {
				return "dumb" // so that no line is redrawn
			}
			return env(name)
		}
	}
	p := newProgram(&c)
	p.flag, p.logTo, p.logLevel, p.now = r.flag, r.logTo, r.logLevel, r.now
	return p
}

// session goes through the steps once.
func (r *guideRun) session(ctx context.Context, paths []string) error {
	r.say("Inbox Uploader: guided mode")
	r.say("Answer each question and press Enter. Nothing is sent before you agree. Ctrl+C stops; " +
		"what is delivered stays delivered.")
	waiting, err := r.waiting(ctx)
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		r.say("")
		r.say("Waiting to be sent:")
		for _, w := range waiting {
			r.say("  " + fileCount(w.Files) + " to " + show.Text(w.Inbox.String()))
		}
		n, err := r.choose(ctx, "What do you want to do?", "Keep uploading", "Send other files",
			"Quit")
		switch {
		case err != nil:
			return err
		case n == 0:
			return r.keepUploading(ctx, waiting)
		case n == 2:
			return nil
		}
	}
	return r.sendFiles(ctx, paths)
}

// waiting returns the unfinished uploads, by inbox.
func (r *guideRun) waiting(ctx context.Context) (waiting []ledger.Backlog, err error) {
	err = r.withQueue(ctx, func(q *uploader.Queue) error {
		status := q.Status()
		waiting = status.Backlogs()
		return nil
	})
	return waiting, err
}

// keepUploading resumes unfinished uploads. It asks for the token of an inbox if none is saved.
func (r *guideRun) keepUploading(ctx context.Context, waiting []ledger.Backlog) error {
	kept, err := r.inboxes()
	if err != nil {
		return err
	}
	records, err := kept.List(ctx)
	if err != nil {
		return err
	}
	given := givenToken{}
	for _, w := range waiting {
		known := false
		for _, record := range records {
			known = known || record.Inbox.Key() == w.Inbox.Key() && record.Ref != "" &&
				record.ValidTo.After(r.now())
		}
		if known {
			continue
		}
		r.say("")
		r.say("To keep uploading to " + show.Text(w.Inbox.String()) + ", paste its token.")
		if given, _, err = r.askToken(ctx); err != nil {
			return err
		}
		break // one token a run; the next run asks for another inbox's
	}
	return r.again(ctx, (&resumeRun{program: r.program, sendFlags: r.sendFlags}).
		carryOn(ctx, given))
}

// again offers to continue with a new token each time one expires.
func (r *guideRun) again(ctx context.Context, err error) error {
	var code exit
	if !errors.As(err, &code) || code != exitToken || ctx.Err() != nil {
		return err
	}
	waiting, e := r.waiting(ctx)
	if e != nil || len(waiting) == 0 {
		return err
	}
	yes, e := r.agree(ctx, "Paste a new token and keep uploading?", true)
	if e != nil || !yes {
		return err
	}
	given, _, e := r.askToken(ctx)
	if e != nil {
		return e
	}
	return r.again(ctx, (&resumeRun{program: r.program, sendFlags: r.sendFlags}).
		carryOn(ctx, given))
}

// sendFiles asks for a token and files, shows what would be sent, and sends it.
func (r *guideRun) sendFiles(ctx context.Context, paths []string) error {
	tok, err := r.chooseToken(ctx)
	if err != nil {
		return err
	}
	c := &copyRun{
		program: r.program, copyFlags: &copyFlags{sendFlags: r.sendFlags, recursive: true},
	}
	for {
		sources, err := r.askPaths(ctx, paths)
		if err != nil {
			return err
		}
		paths = nil
		to := c.forOneFile(tok, sources)
		n, err := r.review(ctx, c, to, sources)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		yes, err := r.agree(ctx, "Send "+fileCount(n)+"?", true)
		switch {
		case err != nil:
			return err
		case !yes:
			r.say("Nothing was sent.")
			continue
		}
		err = c.send(ctx, to, sources, r.now())
		if asked := r.askReceipt(ctx, c); asked != nil && err == nil {
			err = asked
		}
		return r.again(ctx, err)
	}
}

// review says what would be sent and what not, asks what to do with files that are already in the
// inbox, and returns how many would be sent.
func (r *guideRun) review(
	ctx context.Context, c *copyRun, to token.Token, sources []string,
) (int64, error) {
	r.say("")
	r.say("Counting…")
	c.overwrite, c.keepBoth = false, false
	var refused []dryLine
	o, err := c.look(ctx, to, sources, r.now(), func(found []dryLine) error {
		for _, l := range found {
			if l.Action == "refuse" && len(refused) < mostNamed {
				refused = append(refused, l)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	n := o.pending()
	r.say(fmt.Sprintf("To send: %s (%s), to %s.", fileCount(n),
		humanize.Bytes(unsigned(o.status.Bytes[ledger.Waiting])), show.Text(to.Inbox.String())))
	if o.unchanged() > 0 {
		r.say(fmt.Sprintf("Unchanged since you sent them: %s.", fileCount(o.unchanged())))
	}
	if o.failed() > 0 {
		r.say(fmt.Sprintf("Can't be sent: %s.", fileCount(o.failed())))
		for _, l := range refused {
			r.say("  " + shownPath(l.Source) + " – " + show.Text(l.Message))
		}
		if more := o.failed() - int64(len(refused)); more > 0 {
			r.say(fmt.Sprintf("  and %s more", humanize.Comma(more)))
		}
	}
	for _, line := range lookedWords(&o) {
		r.say(line)
	}
	if n+o.unchanged() == 0 {
		r.say("There is nothing to send.")
		return 0, nil
	}
	options := []string{"Skip my file", "Keep both"}
	rules, err := readPolicy()
	if err != nil {
		return 0, err
	}
	// Other tokens permit new files only.
	if !rules.ForbidOverwrite && to.Rights.MayReplace() {
		options = append(options, "Replace the one in the inbox")
	}
	r.say("")
	choice, err := r.choose(ctx, "If a file of that name is already in the inbox:", options...)
	if err != nil {
		return 0, err
	}
	c.keepBoth, c.overwrite = choice == 1, choice == 2
	if c.overwrite {
		n += o.unchanged()
	}
	if n == 0 {
		r.say("Everything was sent before and has not changed.")
	}
	return n, nil
}

// askReceipt offers a receipt of what was delivered.
func (r *guideRun) askReceipt(ctx context.Context, c *copyRun) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.transfer == 0 {
		return nil
	}
	delivered := false
	err := r.withQueue(ctx, func(q *uploader.Queue) error {
		s := q.StatusOf(c.transfer)
		delivered = s.Files[ledger.Delivered] > 0
		return nil
	})
	if err != nil || !delivered {
		return err
	}
	r.say("")
	r.say("To save a receipt, name a file that ends in .html, .csv or .json. Otherwise press " +
		"Enter.")
	for {
		path, err := r.answer(ctx, "File for the receipt: ")
		if errors.Is(err, errLeft) { // everything is already sent
			path, err = "", nil
		}
		if path == "" {
			return err
		}
		path = strings.Join(droppedPaths(path, windowsPaths), " ")
		receipt := &receiptRun{program: r.program, output: "csv", toFile: path}
		err = receipt.run(ctx, []string{fmt.Sprint(c.transfer)})
		if words := sentence(ctx, err); words != "" {
			r.say(words)
			continue
		}
		if err == nil {
			r.say("Receipt:")
			r.say("  " + show.Text(path)) // unwrapped, so that you can copy it
		}
		return nil
	}
}
