package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/plan"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// dryLine is one file in the output of --dry-run --json, with what would happen to it.
type dryLine struct {
	Action string `json:"action"` // send, skip or refuse
	jsonSource
	Blob string `json:"blob"`
	Size int64  `json:"size"`
	// Renamed is that the storage would not accept the name as it is.
	Renamed  bool               `json:"renamed,omitempty"`
	Warnings []scan.NameWarning `json:"name_warnings,omitempty"`
	Lately   bool               `json:"modified_lately,omitempty"` // in the last minute
	Reason   string             `json:"reason,omitempty"`
	Message  string             `json:"message,omitempty"`
}

// rehearsal is one dry run.
type rehearsal struct {
	*copyRun
	token token.Token
	begun time.Time
	sent  *ledger.Sent // what needs no request; nil where all is sent, or nothing is known
	found ledger.TransferStatus
	young uploader.Young
	lines []dryLine // of one batch
}

// rehearse lists on stdout which files copy would send and which not, and sends nothing.
func (r *copyRun) rehearse(
	ctx context.Context, token token.Token, sources []string, begun time.Time,
) error {
	out := bufio.NewWriter(r.stdout)
	lines := *r.console
	lines.stdout = out
	o, err := r.look(ctx, token, sources, begun, func(found []dryLine) error {
		for i := range found {
			if err := r.printLine(&lines, &found[i]); err != nil {
				return err
			}
		}
		return out.Flush()
	})
	if err != nil {
		return err
	}
	for _, line := range rehearsedWords(&o) {
		r.say(line)
	}
	if r.asJSON {
		if err := r.printSummary(o); err != nil {
			return err
		}
	}
	if o.failed() > 0 || o.nothingMatched() {
		return exit(exitNotDelivered)
	}
	return nil
}

// look finds out which files copy would send and which not, and sends nothing. It calls each with
// some files at a time, which are valid until each returns. An error from each ends the look.
func (r *copyRun) look(
	ctx context.Context, token token.Token, sources []string, begun time.Time,
	each func([]dryLine) error,
) (outcome, error) {
	find := func(sent *ledger.Sent) (outcome, error) {
		d := &rehearsal{copyRun: r, token: token, begun: begun, sent: sent}
		d.found.Inbox, d.found.Options.Scan.Inbox = token.Inbox.Key(), token.Inbox
		d.found.Options.Scan.Shard = r.selection.shard.Shard
		d.found.Scanned = true
		d.found.Skipped = map[scan.SkipReason]int64{}
		return d.run(ctx, sources, each)
	}
	if dir, err := r.stateDir(); err != nil || bool(r.overwrite) || !journal.Exists(dir) {
		return find(nil)
	}
	known := false
	var o outcome
	err := r.withQueue(ctx, func(q *uploader.Queue) error {
		sent, err := q.Sent(ctx, token.Inbox.Key())
		if err != nil {
			return err
		}
		known = true
		o, err = find(sent)
		return err
	})
	if err != nil && !known { // copy sends without a list, too
		return find(nil)
	}
	return o, err
}

func (r *rehearsal) run(
	ctx context.Context, sources []string, each func([]dryLine) error,
) (outcome, error) {
	options := r.scanOptions(r.token.Inbox)
	options.Receipt = r.receipt
	totals, err := scan.Files(ctx, sources, options, func(found []scan.Found) error {
		r.lines = r.lines[:0]
		for i := range found {
			if found[i].Skip == scan.SkipOtherShard {
				r.found.Note(&found[i]) // these may far outnumber the rest
				continue
			}
			line, err := r.lineOf(ctx, &found[i])
			if err != nil {
				return err
			}
			r.lines = append(r.lines, line)
		}
		return each(r.lines)
	})
	if err != nil {
		if wrongUsage(err) {
			return outcome{}, &usageError{explain(err).String()}
		}
		return outcome{}, err
	}
	r.found.Unmatched, r.found.Outside = totals.Unmatched, totals.Outside
	o := outcome{token: r.token, state: stateDryRun, took: r.now().Sub(r.begun), young: r.young}
	o.status.Files, o.status.Bytes = r.found.Files, r.found.Bytes
	o.status.Unchanged = r.found.UnchangedFiles()
	o.status.Transfers = []ledger.TransferStatus{r.found}
	return o, nil
}

// lineOf describes what would happen to a found file, and counts it.
func (r *rehearsal) lineOf(ctx context.Context, x *scan.Found) (dryLine, error) {
	if x.Err == nil && x.Skip == "" {
		if x.Err = plan.TooLarge(x.Source, x.Size, r.token.Rights); x.Err == nil {
			x.Err = x.MadeUp()
		}
	}
	l := dryLine{jsonSource: sourceInJSON(x.Source), Blob: x.Blob.Blob, Size: x.Size}
	same := false
	if r.sent != nil {
		var err error
		if same, err = r.sent.Has(ctx, x); err != nil {
			return l, err
		}
	}
	r.found.Note(x)
	switch {
	case x.Err != nil:
		r.found.Files[ledger.Attention]++
		r.found.Bytes[ledger.Attention] += x.Size
		l.Action, l.Reason, l.Message = "refuse", string(x.Err.Reason), explain(x.Err).String()
	case x.Skip != "":
		l.Action, l.Reason, l.Message = "skip", string(x.Skip), x.Skip.Why()
	case same:
		r.found.Unchanged.Files++
		r.found.Unchanged.Bytes += x.Size
		l.Action = "unchanged"
	default:
		r.found.Files[ledger.Waiting]++
		r.found.Bytes[ledger.Waiting] += x.Size
		l.Action, l.Renamed, l.Warnings = "send", x.Blob.Renamed, x.Blob.Warnings
		if l.Lately = x.ModifiedLately(r.begun); l.Lately {
			r.young.Lately++
			if len(r.young.Named) < uploader.MostLately {
				r.young.Named = append(r.young.Named,
					ledger.Job{Source: x.Source, Blob: x.Blob.Blob})
			}
		}
	}
	return l, nil
}

// rehearsedWords sums a dry run up, in lines.
func rehearsedWords(o *outcome) []string {
	lines := []string{
		fmt.Sprintf(
			"Dry run, nothing was sent. Would send %s (%s) to %s.",
			fileCount(o.pending()),
			humanize.Bytes(unsigned(o.status.Bytes[ledger.Waiting])),
			show.Text(o.token.Inbox.String()),
		),
	}
	if n := o.unchanged(); n > 0 {
		lines = append(lines,
			fmt.Sprintf("Unchanged since you sent them, so not sent again: %s.", fileCount(n)))
	}
	if n := o.failed(); n > 0 {
		lines = append(lines, fmt.Sprintf("Can't be sent: %s, named above.", fileCount(n)))
	}
	return append(lines, lookedWords(o)...)
}

// lookedWords returns, as lines, what else a person should know before sending.
func lookedWords(o *outcome) []string {
	names := newNames(o)
	lines := append(youngWords(o.young), o.leftOutWords(), o.shardWords())
	lines = append(append(lines, names.words()...), o.outsideWords())
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

// printLine writes one file's line.
func (r *copyRun) printLine(to *console, l *dryLine) error {
	if r.asJSON {
		return to.printJSON(l)
	}
	source := shownPath(l.Source)
	var err error
	switch l.Action {
	case "send":
		note := ""
		if l.Renamed {
			note = ", renamed"
		}
		if len(l.Warnings) > 0 {
			note += ", on Windows: " + warningWords(l.Warnings)
		}
		_, err = fmt.Fprintf(to.stdout, "%s → %s  (%s%s)\n", source, show.Text(l.Blob),
			humanize.Bytes(unsigned(l.Size)), note)
	case "unchanged":
		_, err = fmt.Fprintf(to.stdout, "%s  unchanged since you sent it\n", source)
	case "skip":
		_, err = fmt.Fprintf(to.stdout, "%s  skipped: %s\n", source, l.Message)
	default:
		_, err = fmt.Fprintf(to.stdout, "%s  can't be sent: %s\n", source,
			show.Text(l.Message))
	}
	if err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}
