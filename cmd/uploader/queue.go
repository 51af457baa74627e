package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// queueCommand changes the waiting uploads.
func queueCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "queue",
		Short: "Pause, resume, cancel, retry, reorder and clear uploads",
		Long: `Change uploads. A job is a file; a transfer is what one copy or one drop started. "uploader status
--files" shows their numbers. If another program is sending them, it makes the change within a
second.

With --json one object is printed: verb, files (how many were changed), left_to_others (how many
transfers other programs are sending; they were told).

Exit codes:
    0    done, or left to the program that is sending, even if no file was concerned
    1    the list can't be written
    2    wrong usage`,
		Args: noArguments,
		RunE: showHelp,
	}
	for _, v := range []struct {
		verb  ledger.Verb
		short string
		all   bool // may concern everything
	}{
		{ledger.Pause, "Pause files; blocks in transit are finished first", true},
		{ledger.Resume, "Continue paused files, as soon as a program sends them", true},
		{ledger.Cancel, "Cancel files; what was delivered stays delivered", true},
		{ledger.Retry, "Send files again that failed, needed attention or were cancelled", true},
		{ledger.Replace, "Send files again that were skipped, replacing those in the inbox", true},
		{ledger.Rename, "Send files again that were skipped or whose name is blocked, as “name " +
			"(2)”", true},
		{ledger.Remove, "Remove files from the list; what was not sent is cancelled", true},
		{ledger.Clear, "Clear delivered files from the list", true},
		{ledger.First, "Send files before all others", false},
		{ledger.Last, "Send files after all others", false},
	} {
		c.AddCommand(verbCommand(p, v.verb, v.short, v.all))
	}
	c.AddCommand(forgetCommand(p))
	return c
}

func verbCommand(p *program, verb ledger.Verb, short string, mayAll bool) *cobra.Command {
	var all, asJSON bool
	var transfer int64
	use := string(verb) + " JOB..."
	if mayAll {
		use = string(verb) + " JOB... | --transfer NUMBER | --all"
	}
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			jobs, err := jobNumbers(args)
			if err != nil {
				return err
			}
			if n := count(jobs != nil, all, transfer != 0); n != 1 {
				return usagef("“%s” needs file numbers%s. “uploader status --files” shows them.", c.CommandPath(),
					map[bool]string{true: ", or --transfer, or --all"}[mayAll])
			}
			return carryOut(c.Context(), p,
				ledger.Command{Verb: verb, Transfer: transfer, Jobs: jobs}, asJSON)
		},
	}
	if mayAll {
		c.Flags().BoolVar(&all, "all", false, "all transfers")
		c.Flags().Int64Var(&transfer, "transfer", 0, "the transfer with this `NUMBER`")
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func count(of ...bool) (n int) {
	for _, yes := range of {
		if yes {
			n++
		}
	}
	return n
}

// jobNumbers reads the numbers of jobs; nil if there are none.
func jobNumbers(args []string) ([]int64, error) {
	var jobs []int64
	for _, a := range args {
		n, err := strconv.ParseInt(a, 10, 64)
		if err != nil || n <= 0 {
			return nil, &usageError{"“" + show.Text(a) + "” is not a file number. See: uploader " +
				"status --files"}
		}
		jobs = append(jobs, n)
	}
	return jobs, nil
}

// carryOut applies a command to the upload list in the state folder, or leaves it to the program
// that is sending.
func carryOut(ctx context.Context, p *program, c ledger.Command, asJSON bool) error {
	var n, left int
	err := p.withQueue(ctx, func(q *uploader.Queue) (err error) {
		left = q.LeftToOthers(c)
		n, err = q.Do(ctx, c)
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return p.printJSON(struct {
			Verb  ledger.Verb `json:"verb"`
			Files int         `json:"files"` // concerned
			Left  int         `json:"left_to_others"`
		}{c.Verb, n, left})
	}
	words := map[ledger.Verb]string{
		ledger.Pause: "paused", ledger.Resume: "resumed", ledger.Cancel: "cancelled",
		ledger.Retry:   "will be sent again",
		ledger.Replace: "will be sent and replace what is there",
		ledger.Rename:  "will be sent under another name",
		ledger.Remove:  "removed from the list", ledger.Clear: "cleared",
		ledger.First: "moved", ledger.Last: "moved",
	}[c.Verb]
	switch {
	case n > 0:
		p.say(fmt.Sprintf("%s %s.", fileCount(int64(n)), words))
	case left > 0:
	case c.Verb == ledger.Rename:
		p.say("Nothing was changed: only a file that was skipped, or whose name is blocked, can " +
			"be sent under another name, and only if the token is not for that one name. See " +
			"“uploader status --files”, or replace the file in the inbox with “uploader queue " +
			"replace”.")
	default:
		p.say("Nothing was changed: there is no such file in the list. To see the list: " +
			"uploader status --files")
	}
	if left > 0 {
		p.say("The program that is sending them was told; it acts within a second.")
	}
	if n > 0 && left == 0 &&
		slices.Contains(
			[]ledger.Verb{ledger.Resume, ledger.Retry, ledger.Replace, ledger.Rename}, c.Verb) {
		p.say("To send them now: uploader resume")
	}
	return nil
}
