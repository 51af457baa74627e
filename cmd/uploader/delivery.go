package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/manifest"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

// delivery is one run of a command that sends, from checking the flags to the summary.
type delivery struct {
	program *program
	flags   *sendFlags
	begun   time.Time
	log     *slog.Logger
	logPath string
	logFile io.Closer
	journal ledger.Journal

	// The documents to send when all files are delivered; if empty, those that each transfer names.
	manifest source.Hashes
	note     ledger.Note
	// additional counts the files skipped because a manifest does not name them.
	additional int64
	hashes     *manifest.Keeper

	// The function that gives the queue its work sets these.
	transfers []int64
	token     token.Token          // the one to send with; zero if there are several
	to        string               // the destination, for a person
	documents []documents.Document // sent with the files

	documentTransfers []int64 // the transfers of those documents
}

// beginDelivery makes sure, before anything is sent, that the receipt can be written. The caller
// calls discard at the end.
func (p *program) beginDelivery(f *sendFlags, begun time.Time) (*delivery, error) {
	if err := enoughFiles(); err != nil {
		return nil, err
	}
	if err := checkReceipt(f.receipt); err != nil {
		return nil, err
	}
	r := &delivery{program: p, flags: f, begun: begun, hashes: manifest.NewKeeper(p.documentsDir())}
	r.log, r.logPath, r.logFile = p.openLog()
	return r, nil
}

// failed returns the error of a delivery that failed before there was a summary. With --json it
// first prints the object.
func (p *program) failed(f *sendFlags, token token.Token, err error) error {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || !f.asJSON || exitCode(context.Background(), err) == exitUsage {
		return err
	}
	state := stateIncomplete
	if problem.ConcernsToken(e) {
		state = stateRefused
	}
	return errors.Join(p.printSummary(outcome{state: state, stopped: e, token: token}), err)
}

func (r *delivery) discard() {
	if r.journal != nil {
		if err := r.journal.Close(); err != nil {
			r.log.Error("close journal", "error", err)
		}
	}
	_ = r.hashes.Close()  // hashes that were not saved are computed again
	_ = r.logFile.Close() // the log never fails an upload
}

// send runs a queue on the journal: hand gives it its work, then send waits for it and reports the
// outcome.
func (r *delivery) send(ctx context.Context, hand func(q *uploader.Queue) error) error {
	p := r.program
	s := &shift{Hours: r.flags.between.Hours, now: p.now}
	if within, change := s.Until(p.now()); !within {
		p.say(waitsWords(change))
	}
	if err := s.await(ctx); err != nil {
		return err
	}
	// The queue outlives ctx: the summary after an interrupt needs it.
	config := r.flags.config(r.journal, r.log)
	config.Sums = r.hashes
	q, err := uploader.NewQueue(context.WithoutCancel(ctx), config)
	if err != nil {
		return err
	}
	if err := hand(q); err != nil {
		return errors.Join(err, q.Close())
	}
	if len(r.transfers) == 0 {
		return q.Close()
	}
	r.warnOfEnd(q)
	waiting, end := r.flags.giveUp.limit(ctx, func() uploader.Status { return s.status(q) })
	wait := func(to string) error {
		return p.watch(waiting, &watched{
			to: to, changed: q.Changed(),
			wait:   func(ctx context.Context) error { return s.wait(ctx, q) },
			status: func() uploader.Status { return q.StatusOf(r.transfers...) },
			object: r.progress(), words: progressParts,
		})
	}
	stopped := wait(r.to)
	if stopped == nil {
		stopped = r.sendDocuments(waiting, q, func() error { return wait("") })
	}
	end()
	young := r.lookAtYoung(ctx, q)
	closed := q.Close()
	if closed != nil {
		r.log.Error("close", "error", closed)
	}
	return r.conclude(context.WithoutCancel(ctx), q, stopped, young)
}

// progress returns the function that makes the objects of --json-progress; nil without that flag.
func (r *delivery) progress() func(uploader.Status) any {
	if !r.flags.jsonProgress {
		return nil
	}
	return func(s uploader.Status) any {
		return newProgress(outcome{
			status: s, token: r.token, to: r.to, took: r.program.now().Sub(r.begun),
		})
	}
}

// conclude collects the outcome and reports it as [delivery.tell] does.
func (r *delivery) conclude(
	ctx context.Context, q *uploader.Queue, stopped error, young uploader.Young,
) error {
	p := r.program
	o, err := newOutcome(ctx, q, r.transfers, p.now().Sub(r.begun), stopped)
	if err != nil {
		return err
	}
	o.young, o.documents, o.additional = young, r.documents, r.additional
	o.judge()
	o.token, o.to, o.unkept = r.token, r.to, !r.kept()
	if exists(r.logPath) { // the state folder may have been removed
		o.log = r.logPath
	}
	for _, in := range q.Status().Inboxes {
		o.clock = cmp.Or(o.clock, clockWords(in.ClockAhead.Round(time.Minute)))
	}
	err = r.tell(&o, r.writeReceipt(ctx, q))
	r.tellOfOthers(q)
	return err
}

// tell reports the outcome in words and in the forms that the flags ask for. kept is the error of
// writing the receipt. tell returns how the program exits.
func (r *delivery) tell(o *outcome, kept error) error {
	p := r.program
	logOutcome(r.log, o)
	for _, line := range o.words() {
		for _, l := range wrap(line, p.terminal().width) {
			p.say(l)
		}
	}
	if r.flags.receipt != "" {
		p.say(receiptWords(r.flags.receipt, kept, o.unkept))
	}
	switch {
	case errors.Is(kept, receipt.ErrKept):
		kept = nil // as it should be
	case kept != nil:
		r.log.Error("receipt", "error", kept)
	}
	if r.flags.jsonProgress {
		p.sayJSON(lastProgress(o))
	}
	if r.flags.asJSON {
		if err := p.printSummary(*o); err != nil {
			return err
		}
	}
	if kept != nil && o.exit == exitOK {
		return exit(exitNotDelivered)
	}
	if o.exit == exitOK {
		return nil
	}
	return exit(o.exit)
}

// kept reports whether the upload list is on the disk, so that another command can continue it.
func (r *delivery) kept() bool {
	_, onDisk := r.journal.(*journal.Journal)
	dir, err := r.program.stateDir()
	return onDisk && err == nil && journal.Exists(dir)
}

// warnOfEnd warns before the start if the token is known to expire before everything is sent.
func (r *delivery) warnOfEnd(q *uploader.Queue) {
	s := q.StatusOf(r.transfers...)
	speed := float64(r.flags.rate.bytes)
	for _, in := range s.Inboxes {
		if in.Inbox == r.token.Inbox.Key() && in.Speed > 0 && (speed == 0 || in.Speed < speed) {
			speed = in.Speed
		}
	}
	if f := uplink.FitFor(r.token, s.BytesLeft(), speed, r.program.now()); f.Known && !f.Fits {
		r.program.say(fmt.Sprintf("At %s/s this takes about %s; the token expires first: it %s. "+
			"What is delivered by then stays delivered, and the rest continues with a new token.",
			humanize.Bytes(uint64(speed)), show.Duration(f.Needs), fitWords(f)))
	}
}

// fitWords says whether the rest can be sent before the token expires; empty if that is unknown.
func fitWords(f uplink.Fit) string {
	switch {
	case !f.Known:
		return ""
	case f.Fits && f.Needs == 0:
		return ""
	case f.Fits:
		return "fits, " + show.Duration(f.Spare).String() + " to spare"
	case f.More == 1:
		return "needs about 1 more token"
	default:
		return fmt.Sprintf("needs about %s more tokens", humanize.Comma(int64(f.More)))
	}
}

// tellOfOthers mentions what earlier runs left unsent and this one did not touch.
func (r *delivery) tellOfOthers(q *uploader.Queue) {
	var files int64
	for _, t := range q.Status().Transfers {
		if t.Owner == ledger.Nobody {
			files += t.Files[ledger.Waiting] + t.Files[ledger.Paused]
		}
	}
	if files > 0 {
		r.program.say(
			fmt.Sprintf("Left from earlier uploads: %s. To send them: uploader resume",
				fileCount(files)),
		)
	}
}
