package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/receipt"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/shards"
)

// merge merges several receipts into one.
func (r *receiptRun) merge(ctx context.Context, args []string) error {
	switch {
	case len(args) == 0:
		return &usageError{"Name the receipts to merge. Use: uploader receipt --merge FILE..."}
	case r.since != "":
		return &usageError{"--since is for this computer's uploads and --merge is for receipts. " +
			"Omit one of them."}
	case !isReceiptForm(r.output):
		return errOutput
	}
	if err := checkReceipt(r.toFile); err != nil {
		return err
	}
	var plan *shards.Plan
	var err error
	if r.plan != "" {
		if plan, err = shards.Read(r.plan); err != nil {
			return usagef("There is no complete plan in “%s”. Nothing was written. Name the "+
				"folder that “uploader plan” wrote.", shownPath(r.plan))
		}
	}
	paths := matches(args)
	merged, err := receipt.Merge(ctx, paths)
	if err != nil {
		return unmerged(ctx, err)
	}
	var missing receipt.Named
	planned := int64(0)
	if plan != nil {
		if missing, planned, err = r.missing(plan, merged); err != nil {
			return err
		}
	}
	if err := r.writeMerged(ctx, merged); err != nil {
		return err
	}
	r.say(fmt.Sprintf("Merged %s: %s, %s.", receiptCount(len(paths)), fileCount(merged.Files),
		humanize.Bytes(unsigned(merged.Bytes))))
	r.sayNamed(merged.Twice, "Listed more than once with the same content, and once in the "+
		"merged receipt")
	r.sayNamed(merged.Contrary, "Listed with different content, and twice in the merged "+
		"receipt; the inbox has what was delivered last, unless it was replaced since")
	r.sayNamed(missing, fmt.Sprintf("Of the plan's %s, these are in no receipt, so they may not "+
		"have been delivered", fileCount(planned)))
	if plan != nil && missing.Count == 0 {
		r.say(fmt.Sprintf("Nothing is missing: all %s of the plan are in the receipts.",
			fileCount(planned)))
	}
	if merged.Contrary.Count > 0 || missing.Count > 0 {
		return exit(exitNotDelivered)
	}
	return nil
}

// writeMerged writes the merged receipt to the destination that the flags name.
func (r *receiptRun) writeMerged(ctx context.Context, m *receipt.Merged) error {
	var err error
	if r.toFile != "" {
		err = m.Save(ctx, r.toFile)
	} else {
		err = m.Write(ctx, r.stdout, receipt.FormatOf("."+r.output))
	}
	if errors.Is(err, receipt.ErrKept) {
		r.say("The receipts list no files, so the existing receipt was not replaced: " +
			show.Text(r.toFile))
		return exit(exitNotDelivered)
	}
	if err != nil {
		return unmerged(ctx, err)
	}
	return nil
}

var errOutput = &usageError{"--output takes csv, json or html."}

// isReceiptForm reports whether form is a valid value of --output.
func isReceiptForm(form string) bool { return form == "csv" || form == "json" || form == "html" }

// missing finds the planned files that no receipt names, and counts the planned files.
func (r *receiptRun) missing(
	p *shards.Plan, m *receipt.Merged,
) (missing receipt.Named, planned int64, err error) {
	err = p.Files(func(names []string) error {
		planned++
		if !slices.ContainsFunc(names, m.Has) {
			missing.Add(names[0])
		}
		return nil
	})
	if err != nil {
		path := r.plan
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			path = e.Path
		}
		err = usagef("“%s” has changed since it was planned, or can't be read, so it is unknown "+
			"what is missing. Nothing was written.", shownPath(path))
	}
	return missing, planned, err
}

// sayNamed names some files, if there are any.
func (r *receiptRun) sayNamed(n receipt.Named, words string) {
	if n.Count == 0 {
		return
	}
	r.say(fmt.Sprintf("%s: %s.", words, fileCount(n.Count)))
	for _, name := range n.First {
		r.say("  " + show.Text(name))
	}
	if more := n.Count - int64(len(n.First)); more > 0 {
		r.say("  and " + humanize.Comma(more) + " more")
	}
}

func receiptCount(n int) string {
	if n == 1 {
		return "1 receipt"
	}
	return humanize.Comma(int64(n)) + " receipts"
}

// matches expands patterns, which some shells leave to the program.
func matches(args []string) (paths []string) {
	for _, a := range args {
		found, _ := filepath.Glob(a) // an invalid pattern is a name
		if !strings.ContainsAny(a, scan.Wildcards) || exists(a) || len(found) == 0 {
			found = []string{a}
		}
		paths = append(paths, found...)
	}
	return paths
}

// unmerged says why there is no merged receipt.
func unmerged(ctx context.Context, err error) error {
	path, ok := errors.AsType[*fs.PathError](err)
	not, isNot := errors.AsType[*receipt.NotReceiptError](err)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isNot:
		return usagef("“%s” is not a complete receipt from this program. Nothing was written. "+
			"Omit it, or write it again.", shownPath(not.Path))
	case errors.Is(err, receipt.ErrChanged):
		return usagef("One of the receipts changed while it was being read. The result can't be " +
			"used. Run the command again once they are finished.")
	case ok && errors.Is(err, fs.ErrNotExist):
		return usagef("“%s” does not exist. Nothing was written.", shownPath(path.Path))
	case ok:
		return usagef("“%s” can't be read or written. Check that it is a file, and that you "+
			"have the right to.",
			shownPath(path.Path))
	}
	return fmt.Errorf("merge receipts: %w", err)
}
