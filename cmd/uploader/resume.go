package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// resumeRun is one run of resume.
type resumeRun struct {
	*program
	sendFlags
	to    string
	move  bool
	moved []string
}

// resumeCommand continues unfinished uploads.
func resumeCommand(p *program) *cobra.Command {
	r := &resumeRun{program: p, sendFlags: newSendFlags()}
	c := &cobra.Command{
		Use:   "resume [TOKEN|-]",
		Short: "Continue unfinished uploads",
		Long:  resumeHelp,
		Args:  func(_ *cobra.Command, args []string) error { return notSplit(args) },
		RunE: func(c *cobra.Command, args []string) error {
			return r.failed(&r.sendFlags, token.Token{}, r.run(c.Context(), args))
		},
	}
	takesToken(c, "0")
	c.Flags().SortFlags = false
	c.Flags().StringVar(&r.to, "to", "", "continue only uploads to the inbox saved under this `NAME`")
	c.Flags().BoolVar(&r.move, "move", false, "if the token leads to another container of the "+
		"same workspace, send what was not delivered there")
	c.Flags().StringArrayVar(&r.moved, "moved", nil, "files from the folder or drive OLD are in NEW "+
		"now: `OLD=NEW` (repeatable)")
	r.add(c)
	return c
}

const resumeHelp = `Continue all uploads that were interrupted, were paused or ran out of a token. You need not name
the files again, and of a large file only what the storage has not acknowledged is sent. A token
that permits writing is enough.

Give the token as an argument, with --token-file, on standard input with -, or in UPLOADER_TOKEN;
for inboxes saved with "uploader inbox add" it comes from the keyring. A newer token for the same
container continues with the blocks that are there. A token for another container of the same
workspace takes over what was not delivered if you agree, or with --move; half-sent files start
again.

If you moved a folder, or its drive has another letter now, say so with --moved OLD=NEW, for all
uploads from there: --moved E:=F: or --moved /data/run=/mnt/disk/run. Delivered files are not sent
again, and half-sent files are compared with what the storage has acknowledged.

The proxy is found as "uploader copy" does; see "uploader copy --help".

Uploads that another program is sending are left to it. --json and --json-progress print the same
objects as copy, about everything that is sent. If nothing is left to send but files need
attention, it says how many.

Exit codes:
    0    every file was delivered, or nothing was left to send
    1    a file was not delivered, or needs attention
    2    wrong usage, or no token
    3    you must act before anything more can be sent, as with copy
    130  interrupted`

// run carries out the command.
func (r *resumeRun) run(ctx context.Context, args []string) error {
	if err := r.check(r.env); err != nil {
		return err
	}
	given, err := r.givenToken(ctx, r.tokenFile, args)
	if err != nil {
		return err
	}
	return r.carryOn(ctx, given)
}

// carryOn sends what is waiting, with the token of the command line or with saved ones.
func (r *resumeRun) carryOn(ctx context.Context, given givenToken) error {
	d, err := r.beginDelivery(&r.sendFlags, r.now())
	if err != nil {
		return err
	}
	defer d.discard()
	j, err := r.openJournal(ctx)
	if err != nil {
		return err
	}
	d.journal = j
	d.log.Info("resume", "version", version())
	return d.send(ctx, func(q *uploader.Queue) error { return r.handOver(ctx, d, q, given) })
}

// handOver gives the queue the uploads that have a token.
func (r *resumeRun) handOver(
	ctx context.Context, d *delivery, q *uploader.Queue, given givenToken,
) error {
	if err := r.followMoves(ctx, q); err != nil {
		return err
	}
	waiting, err := r.waiting(ctx, q)
	if err != nil {
		return err
	}
	owed, err := r.owed(ctx, q)
	if err != nil {
		return err
	}
	waiting = withOwed(waiting, owed)
	if len(waiting) == 0 {
		return r.nothingWaits(ctx, q)
	}
	for _, w := range waiting {
		if err := keepReceiptHome(ctx, q, r.receipt, w.Transfers); err != nil {
			return err
		}
	}
	tok, err := given.parseGiven(r.hosts)
	if err != nil {
		return err
	}
	from, err := r.movesFrom(ctx, waiting, tok)
	if err != nil {
		return err
	}
	going, goals, lacking := []int64(nil), map[string]bool{}, error(nil)
	for _, w := range waiting {
		t := tok
		if key := w.Inbox.Key(); key != tok.Inbox.Key() && key != from {
			if t, err = r.keptToken(ctx, w); err != nil {
				lacking = err
				continue
			}
		}
		if goal := t.Inbox.Key(); !goals[goal] {
			goals[goal] = true
			if err := q.Use(t); err != nil {
				return err
			}
		}
		d.token, d.to = t, show.Text(t.Inbox.String())
		for i := range w.Transfers {
			going = append(going, w.Transfers[i].ID)
		}
	}
	if len(goals) == 0 {
		return lacking
	}
	if err := r.adopt(ctx, q, d, going); err != nil {
		return err
	}
	for i := range owed {
		if goals[owed[i].Inbox] {
			d.transfers = append(d.transfers, owed[i].ID)
		}
	}
	if from != "" {
		if err := r.takeOver(ctx, q, d, from, tok); err != nil {
			return err
		}
	}
	if len(goals) > 1 {
		d.token, d.to = token.Token{}, fmt.Sprintf("%d inboxes", len(goals))
		if r.receipt != "" {
			return &usageError{"A receipt covers one inbox, but these uploads go to several. " +
				"Nothing was sent. Choose one with --to."}
		}
	}
	if lacking != nil {
		r.say(sentence(ctx, lacking))
	}
	return nil
}

// owed returns the transfers whose manifest or note an earlier run could not send: all of them, or
// only those of the inbox of --to.
func (r *resumeRun) owed(
	ctx context.Context, q *uploader.Queue,
) (owed []ledger.TransferStatus, err error) {
	key, err := r.inboxKey(ctx, r.to)
	if err != nil {
		return nil, err
	}
	for _, t := range documents.Owed(q.Status().Transfers) {
		if key == "" || t.Inbox == key {
			owed = append(owed, t)
		}
	}
	return owed, nil
}

// withOwed adds one waiting file for each transfer that still owes a manifest or note.
func withOwed(waiting []ledger.Backlog, owed []ledger.TransferStatus) []ledger.Backlog {
	for i := range owed {
		t := &owed[i]
		at := slices.IndexFunc(waiting, func(w ledger.Backlog) bool { return w.Inbox.Key() == t.Inbox })
		if at < 0 {
			at = len(waiting)
			waiting = append(waiting, ledger.Backlog{Inbox: t.Options.Scan.Inbox})
		}
		waiting[at].Files++
	}
	return waiting
}

// adopt makes the queue resume transfers, including paused files.
func (r *resumeRun) adopt(ctx context.Context, q *uploader.Queue, d *delivery, ids []int64) error {
	got, err := q.Resume(ctx,
		func(t ledger.TransferStatus) bool { return slices.Contains(ids, t.ID) })
	for _, t := range got {
		d.transfers = append(d.transfers, t.ID)
	}
	return err
}

// waiting returns the unfinished uploads by inbox: all of them, or only those of the inbox of --to.
func (r *resumeRun) waiting(ctx context.Context, q *uploader.Queue) ([]ledger.Backlog, error) {
	key, err := r.inboxKey(ctx, r.to)
	if err != nil {
		return nil, err
	}
	status := q.Status()
	return slices.DeleteFunc(status.Backlogs(), func(w ledger.Backlog) bool {
		return key != "" && w.Inbox.Key() != key
	}), nil
}

// nothingWaits says that nothing is waiting, or that another program is sending it, and how many
// files need attention.
func (r *resumeRun) nothingWaits(ctx context.Context, q *uploader.Queue) error {
	words := "Nothing is waiting to be sent."
	if slices.ContainsFunc(
		q.Status().Transfers,
		func(t ledger.TransferStatus) bool { return t.Owner == ledger.Elsewhere && !t.Finished() },
	) {
		words = "Another program is already sending everything that is waiting: uploader status"
	}
	o, err := r.inNeed(ctx, q)
	if err != nil {
		return err
	}
	if n := o.status.Files[ledger.Attention] + o.status.Files[ledger.Failed]; n > 0 {
		words += " " + attentionWords(n)
	}
	r.say(words)
	if err := r.receiptOfAll(ctx, q); err != nil {
		return err
	}
	if r.asJSON {
		if err := r.printSummary(o); err != nil {
			return err
		}
	}
	if o.exit != exitOK {
		return exit(o.exit)
	}
	return nil
}

// inboxKey returns the key of the inbox saved under a name; "" for an empty name.
func (p *program) inboxKey(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	inboxes, err := p.inboxes()
	if err != nil {
		return "", err
	}
	r, err := inboxes.Find(ctx, name)
	return r.Inbox.Key(), err
}

// movesFrom returns the key of the inbox whose uploads the token is to take over, if a person
// agrees; "" for none.
func (r *resumeRun) movesFrom(
	ctx context.Context, waiting []ledger.Backlog, token token.Token,
) (string, error) {
	if token.Inbox.Container == "" {
		return "", nil // none was given
	}
	own, from := ledger.Takeover(waiting, token.Inbox)
	here := show.Text(token.Inbox.String())
	switch {
	case own && (len(from) == 0 || !r.move):
		return "", nil
	case len(from) == 0:
		return "", usagef("This token leads to %s, where nothing is waiting to be sent. Nothing "+
			"was sent. To see what is waiting: uploader status", here)
	case len(from) > 1:
		return "", &usageError{"This token leads to a new container of the workspace, but " +
			"uploads to several of its other containers are waiting. Nothing was sent. Choose " +
			"the one to move with --to."}
	}
	question := fmt.Sprintf("This token leads to another place in the workspace (%s) than the "+
		"waiting uploads (%s).", here, show.Text(from[0].Inbox.String()))
	if r.move || r.agrees(ctx, question+" Send what was not delivered there?") {
		return from[0].Inbox.Key(), nil
	}
	return "", &usageError{question + " Nothing was sent. To send what was not delivered there, " +
		"add --move."}
}

// takeOver lets the token's inbox take over from another one.
func (r *resumeRun) takeOver(
	ctx context.Context, q *uploader.Queue, d *delivery, from string, token token.Token,
) error {
	n, err := q.Redirect(ctx, from, token.Inbox)
	if err != nil {
		return err
	}
	r.say(fmt.Sprintf("Now going to %s: %s.", show.Text(token.Inbox.String()), fileCount(int64(n))))
	for _, t := range q.Status().Transfers {
		if t.Inbox == token.Inbox.Key() && t.Follows != 0 && t.Owner == ledger.Here &&
			!slices.Contains(d.transfers, t.ID) {
			d.transfers = append(d.transfers, t.ID)
		}
	}
	return nil
}

// keptToken returns the token of an inbox from the keyring.
func (r *resumeRun) keptToken(ctx context.Context, w ledger.Backlog) (token.Token, error) {
	inboxes, err := r.inboxes()
	if err != nil {
		return token.Token{}, err
	}
	all, err := inboxes.List(ctx)
	if err != nil {
		return token.Token{}, err
	}
	missing := usagef("There is no token for %s. Waiting for one: %s. Nothing was sent there. "+
		"Give it with --token-file, or on standard input with -.",
		show.Text(w.Inbox.String()), fileCount(w.Files))
	for _, record := range all {
		if record.Inbox.Key() == w.Inbox.Key() && record.Ref != "" {
			token, err := inboxes.Token(ctx, record, r.hosts...)
			if err == nil || !errors.Is(err, problem.ErrVault) {
				return token, err
			}
			return token, &usageError{explain(err).What + " " + missing.sentence}
		}
	}
	return token.Token{}, missing
}

// parseGiven parses the token; it returns the zero Token if there is none.
func (g givenToken) parseGiven(hosts []string) (token.Token, error) {
	if g.text == "" {
		return token.Token{}, nil
	}
	return g.parse(hosts)
}
