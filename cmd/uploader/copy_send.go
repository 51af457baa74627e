package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/azure"
)

// clockDifference is by how much a clock may be wrong before a token is refused without asking the service, as the
// service's documentation of SAS advises (storage-sas-overview).
const clockDifference = 15 * time.Minute

// copy carries out the command.
func (p *program) copy(ctx context.Context, f *copyFlags, args []string) error {
	begun := p.now()
	given, sources, err := p.tokenAndSources(ctx, f, args)
	if err != nil {
		return err
	}
	token, err := p.copyToken(ctx, f, given)
	if err != nil {
		if f.asJSON && ctx.Err() == nil {
			return errors.Join(p.printSummary(outcome{state: stateUnreadable, stopped: err}), err)
		}
		return err
	}
	if f.connections < 0 || f.connections > 512 {
		return &usageError{"--connections must be between 1 and 512, or 0 for the automatic number."}
	}
	if err := checkSources(sources, f.recursive); err != nil {
		return err
	}
	for _, n := range f.notes {
		p.say("Note: " + n)
	}
	if err := p.checkDates(f, token, begun); err != nil {
		return err
	}
	if f.dryRun {
		return p.dryRun(ctx, f, token, sources, begun)
	}
	return p.send(ctx, f, token, sources, begun)
}

// checkDates refuses a token whose time is over or has not begun, and shows its fields.
func (p *program) checkDates(f *copyFlags, token uploader.Token, now time.Time) error {
	var err *uploader.Error
	switch {
	case !token.ValidTo.IsZero() && now.Add(-clockDifference).After(token.ValidTo):
		err = uploader.NewError("check token", "", uploader.Expired)
		err.When = token.ValidTo
	case !token.ValidFrom.IsZero() && now.Add(clockDifference).Before(token.ValidFrom):
		err = uploader.NewError("check token", "", uploader.NotYetValid)
		err.When = token.ValidFrom
	default:
		return nil
	}
	if _, werr := fmt.Fprint(p.stderr, describeToken(token, now)); werr != nil {
		return fmt.Errorf("print token: %w", werr)
	}
	if f.asJSON {
		return errors.Join(p.printSummary(outcome{state: stateRefused, stopped: err, token: token}), err)
	}
	return err
}

// say writes a line to stderr. A stderr that can't be written stops no upload.
func (p *program) say(line string) { _, _ = fmt.Fprintln(p.stderr, line) }

// send delivers the sources and says what became of them.
func (p *program) send(ctx context.Context, f *copyFlags, token uploader.Token, sources []string, begun time.Time) error {
	receipt, err := openReceipt(f.receipt)
	if err != nil {
		return err
	}
	defer receipt.discard()
	log, logPath, logFile := p.openLog()
	defer func() { _ = logFile.Close() }() // the log never decides about an upload
	log.Info("copy", "inbox", token.Inbox.String(), "version", version(), "sources", len(sources))

	// The queue does not end with ctx: what it knows at an interrupt is for the summary.
	q, err := uploader.NewQueue(context.WithoutCancel(ctx), uploader.Config{
		Open:   func(t uploader.Token) (uploader.Store, error) { return openStore(f, t) },
		Memory: f.memory.bytes, Connections: f.connections, BlockSize: f.block.bytes, Rate: f.rate.bytes, Log: log,
	})
	if err != nil {
		return err
	}
	stopped, err := p.runQueue(ctx, f, q, token, sources)
	closed := q.Close()
	if err != nil {
		return errors.Join(err, closed)
	}
	o, err := newOutcome(context.WithoutCancel(ctx), q, token, p.now().Sub(begun), stopped)
	if err != nil {
		return err
	}
	o.log, o.replace = logPath, bool(f.overwrite)
	if closed != nil {
		log.Error("close", "error", closed)
	}
	logOutcome(log, &o)
	kept := receipt.write(context.WithoutCancel(ctx), q, token.Inbox, sources)
	for _, line := range o.words() {
		for _, l := range wrap(line, p.terminal().width) {
			p.say(l)
		}
	}
	switch {
	case kept != nil:
		log.Error("receipt", "error", kept)
		p.say("The receipt could not be written to “" + shown(f.receipt) + "”; what was delivered stays delivered.")
	case receipt != nil:
		p.say("Receipt: " + shown(f.receipt))
	}
	if f.asJSON {
		if err := p.printSummary(o); err != nil {
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

// runQueue hands the queue its work and waits until it is done or can't go on. stopped is why it ended early; err is about
// the settings.
func (p *program) runQueue(ctx context.Context, f *copyFlags, q *uploader.Queue, token uploader.Token, sources []string) (stopped, err error) {
	if err := q.Use(token); err != nil {
		return nil, err
	}
	if _, err := q.Add(ctx, token.Inbox, sources, uploader.AddOptions{Scan: f.scanOptions(token.Inbox), Replace: bool(f.overwrite)}); err != nil {
		return nil, &usageError{uploader.Explain(err).String()}
	}
	return p.watch(ctx, q, token), nil
}

func openStore(f *copyFlags, t uploader.Token) (uploader.Store, error) {
	o := azure.Options{Connections: f.connections, CAFile: f.caFile, UserAgent: "inbox-uploader/" + version()}
	if f.connections == 0 {
		o.Connections = 128 // the most that the queue comes to by itself
	}
	store, err := azure.Open(t, o)
	if _, known := errors.AsType[*uploader.Error](err); err != nil && !known {
		return nil, &usageError{"The certificate authorities in “" + shown(f.caFile) + "” can't be used. Nothing was sent. --ca-file names a PEM file."}
	}
	return store, err
}

func logOutcome(log *slog.Logger, o *outcome) {
	args := []any{
		"state", o.state, "delivered", o.delivered(), "skipped", o.skipped(), "failed", o.failed(), "pending", o.pending(),
		"bytes", o.status.BytesSent, "requests", o.status.Requests, "retries", o.status.Retries, "took", o.took.String(),
	}
	if o.stopped != nil {
		args = append(args, "error", o.stopped)
	}
	log.Info("end", args...)
}

// shownPath is a source's path for people: short where it lies below the working folder.
func shownPath(path string) string {
	if here, err := filepath.Abs("."); err == nil {
		if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
			return shown(rel)
		}
	}
	return shown(path)
}
