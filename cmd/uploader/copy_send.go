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

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
)

// clockDifference is how far off a clock may be before the program refuses a token without asking
// the service, as the service's documentation of SAS advises (storage-sas-overview).
const clockDifference = 15 * time.Minute

// run carries out the command.
func (r *copyRun) run(ctx context.Context, args []string) error {
	begun := r.now()
	given, sources, err := r.tokenAndSources(ctx, args)
	if err != nil {
		return err
	}
	token, err := r.token(ctx, given)
	if err != nil {
		if r.asJSON && ctx.Err() == nil {
			return errors.Join(r.printSummary(outcome{state: stateUnreadable, stopped: err}), err)
		}
		return err
	}
	if err := r.check(r.env); err != nil {
		return err
	}
	if err := r.checkConflict(); err != nil {
		return err
	}
	if r.stream.wanted() {
		return r.runStream(ctx, token, begun)
	}
	if err := r.checkList(sources); err != nil {
		return err
	}
	if err := checkSources(sources, r.recursive || r.selection.list != ""); err != nil {
		return err
	}
	if sources, err = absolute(sources); err != nil {
		return err
	}
	if err := r.keepList(ctx); err != nil {
		return err
	}
	if err := r.keepManifest(ctx, token, sources); err != nil {
		return err
	}
	token = r.forOneFile(token, sources)
	if err := r.documents.checkToken(token); err != nil {
		return err
	}
	for _, n := range r.allNotes() {
		r.say("Note: " + n)
	}
	if err := r.checkDates(token, begun); err != nil {
		return err
	}
	if r.dryRun {
		return r.rehearse(ctx, token, sources, begun)
	}
	return r.failed(&r.sendFlags, token, r.send(ctx, token, sources, begun))
}

// checkConflict refuses --keep-both together with --overwrite.
func (r *copyRun) checkConflict() error {
	if r.keepBoth && bool(r.overwrite) {
		return &usageError{"--overwrite=true replaces files in the inbox, --keep-both keeps " +
			"them. Nothing was sent. Choose one of them."}
	}
	return nil
}

// forOneFile returns the token for the sources. If the only source is a file, it gets the name at
// the end of the link.
func (r *copyRun) forOneFile(token token.Token, sources []string) token.Token {
	name := token.FileName()
	if r.to != "" || name == "" || !isOneFile(sources) {
		return token
	}
	r.notes = append(r.notes, "The link ends in a file name, so “"+
		show.Text(filepath.Base(sources[0]))+"” arrives as “"+show.Text(name)+
		"”. For a folder of that name, end the link's path with a slash.")
	return token.ForFile()
}

// checkDates refuses a token that has expired or is not yet valid, and shows its fields.
func (r *copyRun) checkDates(token token.Token, now time.Time) error {
	err := outOfTime(token, now)
	if err == nil {
		return nil
	}
	if _, werr := fmt.Fprint(r.stderr, describeToken(token, now)); werr != nil {
		return fmt.Errorf("print token: %w", werr)
	}
	if r.asJSON {
		return errors.Join(r.printSummary(outcome{state: stateRefused, stopped: err, token: token}),
			err)
	}
	return err
}

// send delivers the sources and reports the outcome.
func (r *copyRun) send(
	ctx context.Context, token token.Token, sources []string, begun time.Time,
) error {
	d, err := r.beginDelivery(&r.sendFlags, begun)
	if err != nil {
		return err
	}
	defer d.discard()
	d.manifest, d.note = r.documents.manifest.of, r.documents.note
	d.additional = r.documents.additional
	if d.journal, err = r.journalOrMemory(ctx); err != nil {
		return err
	}
	d.log.Info("copy", "inbox", token.Inbox.String(), "version", version(), "sources", len(sources))
	return d.send(ctx, func(q *uploader.Queue) error {
		d.token, d.to = token, show.Text(token.Inbox.String())
		if err := q.Use(token); err != nil {
			return err
		}
		o := ledger.AddOptions{
			Scan: r.scanOptions(token.Inbox), Replace: bool(r.overwrite), KeepBoth: r.keepBoth,
			KeepTimes: r.keepTimes, PutMD5: r.putMD5, Manifest: r.documents.manifest.of,
			Note: r.documents.note, Check: r.documents.check,
			CheckHashes: r.documents.hashes(),
		}
		id, err := r.continued(ctx, q, token, sources, o)
		if err != nil {
			return err
		}
		if id == 0 {
			if id, err = q.Add(ctx, token.Inbox, sources, o); err != nil {
				if wrongUsage(err) {
					return &usageError{explain(err).String()}
				}
				return err
			}
		}
		d.transfers = []int64{id}
		r.transfer = id
		return nil
	})
}

// continued resumes an unfinished copy of the same sources, if there is one, and returns its id, or
// 0. It reads the folders again: repeating a command means what is there now.
func (r *copyRun) continued(
	ctx context.Context, q *uploader.Queue, token token.Token, roots []string, o ledger.AddOptions,
) (int64, error) {
	same := func(t ledger.TransferStatus) bool { return t.Same(token.Inbox, roots, o) }
	earlier := slices.DeleteFunc(q.Status().Transfers,
		func(t ledger.TransferStatus) bool { return !same(t) })
	if err := keepReceiptHome(ctx, q, r.receipt, earlier); err != nil {
		return 0, err
	}
	got, err := q.Resume(ctx, same)
	if err != nil || len(got) == 0 {
		return 0, err
	}
	id := got[0].ID
	if _, err := q.Do(ctx, ledger.Command{Verb: ledger.Retry, Transfer: id}); err != nil {
		return 0, err
	}
	if got[0].Scanned {
		if err := q.Rescan(ctx, id); err != nil {
			return 0, err
		}
	}
	s := q.StatusOf(id)
	r.say(
		fmt.Sprintf(
			"Continuing the upload of %s. Delivered so far: %s of %s.",
			got[0].Created.Local().Format("2 January, 15:04"),
			humanize.Comma(s.Files[ledger.Delivered]),
			fileCount(s.FilesTotal()),
		),
	)
	return id, nil
}

// absolute returns the sources as absolute paths.
func absolute(sources []string) ([]string, error) {
	roots := make([]string, len(sources))
	for i, s := range sources {
		root, err := absolutePath(s)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(s, "/") || strings.HasSuffix(s, string(filepath.Separator)) {
			root += string(filepath.Separator) // marks a folder
		}
		roots[i] = root
	}
	return roots, nil
}

// absolutePath returns a path from the command line as an absolute path, or a usage error.
func absolutePath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil { // the working folder is unknown
		return "", &usageError{"“" + show.Text(path) + "” can't be found: the current folder no " +
			"longer exists. Nothing was sent. Change to another folder, or write the full path."}
	}
	return abs, nil
}

func logOutcome(log *slog.Logger, o *outcome) {
	args := []any{
		"state", o.state, "delivered", o.delivered(), "unchanged", o.unchanged(), "skipped",
		o.skipped(), "failed", o.failed(), "pending", o.pending(),
		"bytes", o.status.BytesSent, "requests", o.status.Requests, "retries", o.status.Retries,
		"took", o.took.String(),
	}
	if o.stopped != nil {
		args = append(args, "error", o.stopped)
	}
	log.Info("end", args...)
}

// shownPath is a source's path for display, relative if it is below the working folder.
func shownPath(path string) string {
	if here, err := filepath.Abs("."); err == nil {
		if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
			return show.Text(rel)
		}
	}
	return show.Text(path)
}
