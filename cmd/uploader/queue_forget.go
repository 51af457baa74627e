package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// forgetCommand forgets what was delivered.
func forgetCommand(p *program) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "forget",
		Short: "Forget all uploads, including what was delivered",
		Long: `Forget everything in the list, including what was delivered: afterwards there is no receipt, and
the same files are sent again, or found to be already there. Files still waiting are cancelled;
confirm that on a terminal or with --yes. Nothing in an inbox is touched, and saved inboxes stay.

Exit codes:
    0    done, or left to the program that is sending
    1    not confirmed, or the list can't be written
    2    wrong usage, or files are waiting and nobody was there to confirm`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return forgetUploads(c.Context(), p, yes) },
	}
	yesFlag(c, &yes)
	return c
}

// forgetUploads carries out the command.
func forgetUploads(ctx context.Context, p *program, yes bool) error {
	return p.withQueue(ctx, func(q *uploader.Queue) error {
		waiting := int64(0)
		for _, t := range q.Status().Transfers {
			waiting += t.Files[ledger.Waiting] + t.Files[ledger.Active] + t.Files[ledger.Paused]
		}
		question := "Forget all uploads, including what was delivered? You can't get a receipt " +
			"afterwards."
		if waiting > 0 {
			question = fmt.Sprintf("Not sent yet, and cancelled by this: %s. %s", fileCount(waiting),
				question)
			if !yes && !p.isTyped() {
				return &usageError{fmt.Sprintf("Not sent yet: %s. Nothing was forgotten. Send "+
					"them with “uploader resume”, or cancel them with --yes.", fileCount(waiting))}
			}
		}
		if err := p.confirmed(ctx, yes, question); err != nil {
			return err
		}
		c := ledger.Command{Verb: ledger.Purge}
		left := q.LeftToOthers(c)
		if _, err := q.Do(ctx, c); err != nil {
			return err
		}
		p.say("All uploads are forgotten.")
		if left > 0 { // and may be among what goes with its files
			p.say("A program that is still sending forgets its uploads within a second.")
			return nil
		}
		if err := os.RemoveAll(p.documentsDir()); err != nil {
			p.say("Manifests and notes that were sent could not be removed from “" +
				show.Text(p.documentsDir()) + "”. Delete that folder yourself.")
			return exit(exitNotDelivered)
		}
		return nil
	})
}
