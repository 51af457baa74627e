package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/shards"
	"inboxuploader/uploader/token"
)

// planRun is one run of plan.
type planRun struct {
	*copyRun
	shards   int
	output   string
	division shards.Division
	found    ledger.TransferStatus
	failed   []ledger.Job
	base     string // the folder to which the lists' paths are relative
}

// planCommand divides an upload among several machines.
func planCommand(p *program) *cobra.Command {
	r := &planRun{copyRun: &copyRun{program: p, copyFlags: &copyFlags{recursive: true}}}
	c := &cobra.Command{
		Use:   "plan SOURCE... --shards N --output DIR",
		Short: "Divide files and folders into equal lists, for several machines to send",
		Long:  planHelp,
		Args:  cobra.ArbitraryArgs,
		RunE:  func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	s := c.Flags()
	s.SortFlags = false
	s.IntVar(&r.shards, "shards", 0, "number of lists `N`, one per machine or process")
	s.StringVar(&r.output, "output", "", "folder `DIR` for the lists")
	r.addPatterns(s)
	return c
}

const planHelp = `Divide files and folders, with everything in them, into lists for several machines or processes:
about the same number of bytes in each, and about the same number of files. Nothing is sent, and
neither a network nor a token is needed.

DIR gets shard-1.txt, shard-2.txt and so on, and plan.json, from which "uploader receipt --merge"
knows what should be delivered. It may exist, but nothing in it is replaced. Each machine sends one
list, from the same folder, with the line that is printed here, such as:
    uploader copy /data/run7 --files-from DIR/shard-1.txt --token-file FILE
The names in the inbox are those that "copy" gives without lists. Several sources must be in one
folder. A list has one path per line, or, if a name has a line break, NULs between its paths.

What "copy" skips is not in the lists. --include, --exclude, --no-default-excludes and
--follow-symlinks are those of copy. Without a plan, "copy --shard 1/4" sends the first of four
parts.

Exit codes:
    0    every file is in a list
    1    a file is not (its name is not possible, or it can't be read), or nothing matched
    2    wrong usage, or no lists could be written`

// run carries out the command.
func (r *planRun) run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 0:
		return &usageError{"Name what to divide. Use: uploader plan SOURCE... --shards N " +
			"--output DIR"}
	case r.shards < 1 || r.shards > shards.MaxShards:
		return usagef("--shards takes the number of lists, from 1 to %s. Nothing was written.", humanize.Comma(shards.MaxShards))
	case r.output == "":
		return &usageError{"--output takes the folder for the lists. Nothing was written."}
	}
	if err := checkSources(args, true); err != nil {
		return err
	}
	sources, err := absolute(args)
	if err != nil {
		return err
	}
	if err := r.look(ctx, sources); err != nil {
		return err
	}
	o := outcome{problems: r.failed}
	o.status.Transfers = []ledger.TransferStatus{r.found}
	r.sayLeftOut(&o)
	switch n := r.division.Files(); {
	case n == 0:
		r.say("Nothing matched: there are no files to send, so no list was written.")
		return exit(exitNotDelivered)
	case n < r.shards:
		return usagef("There are too few files for %s lists: %s. Nothing was written.",
			humanize.Comma(int64(r.shards)), fileCount(int64(n)))
	}
	plan, err := r.division.Write(r.output, r.shards, r.below(sources), r.now())
	if err != nil {
		return r.unwritten(err)
	}
	if err := r.print(r.words(plan, sources)); err != nil {
		return err
	}
	if len(r.failed) > 0 {
		return exit(exitNotDelivered)
	}
	return nil
}

// look finds the files to divide.
func (r *planRun) look(ctx context.Context, sources []string) error {
	o := r.scanOptions(token.Inbox{})
	o.Contents = r.isOneFolder(sources)
	r.found.Skipped = map[scan.SkipReason]int64{}
	_, err := scan.Files(ctx, sources, o, func(found []scan.Found) error {
		for i := range found {
			f := &found[i]
			r.found.Note(f)
			switch {
			case f.Skip != "":
				continue
			case f.Err != nil:
				r.failed = append(r.failed, ledger.Job{Source: f.Source, Problem: f.Err})
				continue
			}
			base := strings.TrimSuffix(filepath.ToSlash(f.Source), "/"+f.Rel)
			if r.base == "" {
				r.base = base
			}
			if base != r.base {
				return usagef("“%s” and “%s” are different folders, and a list covers one. "+
					"Nothing was written. Plan each on its own.", shownPath(r.base),
					shownPath(base))
			}
			r.division.Add(f.Rel, f.Size)
		}
		return nil
	})
	if err != nil && wrongUsage(err) {
		return &usageError{explain(err).String()}
	}
	return err
}

// isOneFolder reports whether the sources are one folder, named as such.
func (r *planRun) isOneFolder(sources []string) bool {
	if len(sources) != 1 {
		return false
	}
	info, err := os.Stat(sources[0])
	return err == nil && info.IsDir()
}

// below returns the folder names with which receipts may begin the listed paths: the name of the
// lists' folder and, for several sources, none, which is how they arrive without a list.
func (r *planRun) below(sources []string) []string {
	name := filepath.Base(r.base)
	if name == string(filepath.Separator) || name == "." {
		name = ""
	}
	if r.isOneFolder(sources) || name == "" {
		return []string{name}
	}
	return []string{name, ""}
}

// sayLeftOut says which files are in no list, and why.
func (r *planRun) sayLeftOut(o *outcome) {
	for _, g := range groupProblems(o.problems) {
		r.say(fmt.Sprintf("In no list, %s: %s", fileCount(int64(len(g.jobs))), g.words))
		for _, j := range g.jobs[:min(len(g.jobs), mostNamed)] {
			r.say("  " + shownPath(j.Source))
		}
		if more := len(g.jobs) - mostNamed; more > 0 {
			r.say(fmt.Sprintf("  and %s more", humanize.Comma(int64(more))))
		}
	}
	if words := o.leftOutWords(); words != "" {
		r.say(words)
	}
}

// words says what the plan wrote, and how to send it.
func (r *planRun) words(p *shards.Plan, sources []string) string {
	all, least, most := shards.List{}, p.Lists[0], p.Lists[0]
	for _, l := range p.Lists {
		all.Files, all.Bytes = all.Files+l.Files, all.Bytes+l.Bytes
		least.Files, least.Bytes = min(least.Files, l.Files), min(least.Bytes, l.Bytes)
		most.Files, most.Bytes = max(most.Files, l.Files), max(most.Bytes, l.Bytes)
	}
	size := func(n int64) string { return humanize.Bytes(unsigned(n)) }
	first, last := p.Lists[0].Name, p.Lists[len(p.Lists)-1].Name
	if first != last {
		first, last = "lists "+first, " to "+last
	} else {
		first, last = "list "+first, ""
	}
	line := "uploader copy " + shellWord(filepath.FromSlash(r.base))
	if !r.isOneFolder(sources) {
		line += " --contents"
	}
	if r.links.follow {
		line += " --follow-symlinks=" + r.links.String()
	}
	return fmt.Sprintf("%s (%s) in the %s%s in %s, each with %s and %s.\n"+
		"Each machine sends one, such as:\n  %s --files-from %s --token-file FILE\n",
		fileCount(all.Files), size(all.Bytes), first, last, shownPath(r.output),
		between(humanize.Comma(least.Files), fileCount(most.Files)),
		between(size(least.Bytes), size(most.Bytes)), line,
		shellWord(filepath.Join(r.output, p.Lists[0].Name)))
}

// between is a range, or a single value if both ends are the same.
func between(least, most string) string {
	if least == most || strings.HasPrefix(most, least+" ") {
		return most
	}
	return least + " to " + most
}

// shellWord is a path for a command line, quoted if a shell needs it.
func shellWord(path string) string {
	path = show.Text(path)
	if !strings.ContainsAny(path, " '\"$`&;()<>|*?[]{}!#~") {
		return path
	}
	return `"` + strings.NewReplacer(`"`, `\"`, "$", `\$`, "`", "\\`").Replace(path) + `"`
}

// unwritten says why there are no lists.
func (r *planRun) unwritten(err error) error {
	path := r.output
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		path = p.Path
	}
	if errors.Is(err, shards.ErrThere) {
		return usagef("“%s” already exists and was not replaced: a machine may be sending what "+
			"it lists. No list was written. Name another folder with --output, or remove the "+
			"plan.",
			shownPath(path))
	}
	return usagef("“%s” could not be written. No list was written. Check that it is in a folder "+
		"that you may write to and that has room.", shownPath(path))
}
