package main

import (
	"bufio"
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/uploader"
)

// dryLine is what would become of one file, as --dry-run --json says it.
type dryLine struct {
	Action string `json:"action"` // send, skip or refuse
	jsonSource
	Blob     string                 `json:"blob"`
	Size     int64                  `json:"size"`
	Renamed  bool                   `json:"renamed,omitempty"` // the storage would not take the name as it is
	Warnings []uploader.NameWarning `json:"name_warnings,omitempty"`
	Lately   bool                   `json:"modified_lately,omitempty"` // in the last minute
	Reason   string                 `json:"reason,omitempty"`
	Message  string                 `json:"message,omitempty"`
}

// dryRun lists on stdout what would be sent and what not, and sends nothing.
func (p *program) dryRun(ctx context.Context, f *copyFlags, token uploader.Token, sources []string, begun time.Time) error {
	o := outcome{token: token, state: stateDryRun}
	skipped := map[uploader.SkipReason]int64{}
	out := bufio.NewWriter(p.stdout)
	lines := *p
	lines.stdout = out
	totals, err := uploader.Scan(ctx, sources, p.scanOptions(f, token.Inbox), func(found []uploader.Found) error {
		for i := range found {
			x := &found[i]
			if x.Err == nil && x.Skip == "" {
				x.Err = token.Rights.Refuses(x.Source, x.Size)
			}
			line := dryLine{jsonSource: sourceInJSON(x.Source), Blob: x.Blob.Blob, Size: x.Size}
			switch {
			case x.Err != nil:
				o.status.Files[uploader.Attention]++
				o.status.Bytes[uploader.Attention] += x.Size
				line.Action, line.Reason, line.Message = "refuse", string(x.Err.Reason), uploader.Explain(x.Err).String()
			case x.Skip != "":
				skipped[x.Skip]++
				line.Action, line.Reason, line.Message = "skip", string(x.Skip), x.Skip.Why()
			default:
				o.status.Files[uploader.Waiting]++
				o.status.Bytes[uploader.Waiting] += x.Size
				line.Action, line.Renamed, line.Warnings = "send", x.Blob.Renamed, x.Blob.Warnings
				if line.Lately = uploader.ModifiedLately(x.ModTime, begun); line.Lately {
					o.young.Lately++
					if len(o.young.Named) < uploader.MostLately {
						o.young.Named = append(o.young.Named, uploader.Job{Source: x.Source, Blob: x.Blob.Blob})
					}
				}
			}
			if err := lines.printDry(f, line); err != nil {
				return err
			}
		}
		return out.Flush()
	})
	if err != nil {
		if asError(err).Reason == uploader.PatternInvalid {
			return &usageError{uploader.Explain(err).String()}
		}
		return err
	}
	o.took = p.now().Sub(begun)
	o.status.Transfers = []uploader.TransferStatus{{Files: o.status.Files, Bytes: o.status.Bytes, Transfer: uploader.Transfer{
		Inbox: token.Inbox.Key(), Options: uploader.AddOptions{Scan: uploader.ScanOptions{Inbox: token.Inbox}}, Scanned: true, Skipped: skipped,
		Unmatched: totals.Unmatched, Outside: totals.Outside,
	}}}
	p.say(fmt.Sprintf("Dry run, nothing was sent. Would send %s (%s) to %s.", fileCount(o.pending()),
		humanize.Bytes(unsigned(o.status.Bytes[uploader.Waiting])), shown(token.Inbox.String())))
	if n := o.failed(); n > 0 {
		p.say(fmt.Sprintf("Can't be sent: %s, named above.", fileCount(n)))
	}
	for _, line := range youngWords(o.young) {
		if line != "" {
			p.say(line)
		}
	}
	if left := o.leftOutWords(); left != "" {
		p.say(left)
	}
	names := newNames(o.status.Transfers)
	for _, line := range names.words() {
		if line != "" {
			p.say(line)
		}
	}
	if words := o.outsideWords(); words != "" {
		p.say(words)
	}
	if f.asJSON {
		if err := p.printSummary(o); err != nil {
			return err
		}
	}
	if o.failed() > 0 || o.nothingMatched() {
		return exit(exitNotDelivered)
	}
	return nil
}

// printDry writes one file's line.
func (p *program) printDry(f *copyFlags, l dryLine) error {
	if f.asJSON {
		return p.printJSON(l)
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
		_, err = fmt.Fprintf(p.stdout, "%s → %s  (%s%s)\n", source, shown(l.Blob), humanize.Bytes(unsigned(l.Size)), note)
	case "skip":
		_, err = fmt.Fprintf(p.stdout, "%s  left out: %s\n", source, l.Message)
	default:
		_, err = fmt.Fprintf(p.stdout, "%s  can't be sent: %s\n", source, shown(l.Message))
	}
	if err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}
