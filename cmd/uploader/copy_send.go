package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
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
	if err := f.check(p.env); err != nil {
		return err
	}
	if f.keepBoth && bool(f.overwrite) {
		return &usageError{"--overwrite=true replaces what is in the inbox and --keep-both keeps it. Nothing was sent. Choose one of them."}
	}
	if err := checkSources(sources, f.recursive); err != nil {
		return err
	}
	if sources, err = absolute(sources); err != nil {
		return err
	}
	if name := token.FileName(); f.to == "" && name != "" && isOneFile(sources) {
		token = token.ForFile()
		f.notes = append(f.notes, "The link ends in a file's name, so “"+shown(filepath.Base(sources[0]))+"” arrives as “"+shown(name)+
			"”. For a folder of that name, end the link's path with a slash.")
	}
	for _, n := range f.allNotes() {
		p.say("Note: " + n)
	}
	if err := p.checkDates(f, token, begun); err != nil {
		return err
	}
	if f.dryRun {
		return p.dryRun(ctx, f, token, sources, begun)
	}
	return p.failed(&f.sendFlags, token, p.send(ctx, f, token, sources, begun))
}

// checkDates refuses a token whose time is over or has not begun, and shows its fields.
func (p *program) checkDates(f *copyFlags, token token.Token, now time.Time) error {
	var err *problem.Error
	switch {
	case !token.ValidTo.IsZero() && now.Add(-clockDifference).After(token.ValidTo):
		err = problem.New("check token", "", problem.Expired)
		err.When = token.ValidTo
	case !token.ValidFrom.IsZero() && now.Add(clockDifference).Before(token.ValidFrom):
		err = problem.New("check token", "", problem.NotYetValid)
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
func (p *program) send(ctx context.Context, f *copyFlags, token token.Token, sources []string, begun time.Time) error {
	r, err := p.beginDelivery(&f.sendFlags, begun)
	if err != nil {
		return err
	}
	defer r.discard()
	if r.journal, err = p.journalOrMemory(ctx); err != nil {
		return err
	}
	r.log.Info("copy", "inbox", token.Inbox.String(), "version", version(), "sources", len(sources))
	return r.send(ctx, func(q *uploader.Queue) error {
		r.token, r.to = token, shown(token.Inbox.String())
		if err := q.Use(token); err != nil {
			return err
		}
		o := ledger.AddOptions{Scan: p.scanOptions(f, token.Inbox), Replace: bool(f.overwrite), KeepBoth: f.keepBoth}
		id, err := p.continued(ctx, q, token, sources, o, f.receipt)
		if err != nil {
			return err
		}
		if id == 0 {
			if id, err = q.Add(ctx, token.Inbox, sources, o); err != nil {
				if asError(err).Reason == problem.PatternInvalid {
					return &usageError{explain(err).String()}
				}
				return err
			}
		}
		r.transfers = []int64{id}
		return nil
	})
}

// continued goes on with an unfinished copy of the same sources, if there is one, and returns its id or 0. Its folders are
// read again, since a person who repeats a command means what is there now.
func (p *program) continued(ctx context.Context, q *uploader.Queue, token token.Token, roots []string, o ledger.AddOptions, receipt string) (int64, error) {
	same := func(t ledger.TransferStatus) bool { return t.Same(token.Inbox, roots, o) }
	earlier := slices.DeleteFunc(q.Status().Transfers, func(t ledger.TransferStatus) bool { return !same(t) })
	if err := keepReceiptHome(ctx, q, receipt, earlier); err != nil {
		return 0, err
	}
	got, err := q.Adopt(ctx, same)
	if err != nil || len(got) == 0 {
		return 0, err
	}
	id := got[0].ID
	for _, verb := range []ledger.Verb{ledger.Resume, ledger.Retry} {
		if _, err := q.Do(ctx, ledger.Command{Verb: verb, Transfer: id}); err != nil {
			return 0, err
		}
	}
	if got[0].Scanned {
		if err := q.Rescan(ctx, id); err != nil {
			return 0, err
		}
	}
	s := q.StatusOf(id)
	p.say(fmt.Sprintf("Continuing the upload of %s. Delivered so far: %s of %s.", got[0].Created.Local().Format("2 January, 15:04"),
		humanize.Comma(s.Files[ledger.Delivered]), fileCount(s.FilesTotal())))
	return id, nil
}

// absolute returns the sources in a form that means the same whatever the working folder is.
func absolute(sources []string) ([]string, error) {
	roots := make([]string, len(sources))
	for i, s := range sources {
		root, err := absolutePath(s)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(s, "/") || strings.HasSuffix(s, string(filepath.Separator)) {
			root += string(filepath.Separator) // says that a folder is meant
		}
		roots[i] = root
	}
	return roots, nil
}

// absolutePath returns a path that a person named in a form that means the same whatever the working folder is.
func absolutePath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil { // the system does not say where this program is
		return "", &usageError{"“" + shown(path) + "” can't be found: the folder that this command was started in is no longer there. " +
			"Nothing was sent. Change to another folder, or write the whole path."}
	}
	return abs, nil
}

func logOutcome(log *slog.Logger, o *outcome) {
	args := []any{
		"state", o.state, "delivered", o.delivered(), "unchanged", o.unchanged(), "skipped", o.skipped(), "failed", o.failed(), "pending", o.pending(),
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
