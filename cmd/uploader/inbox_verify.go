package main

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// inboxVerify compares what arrived with what receipts, lists and notes state.
type inboxVerify struct {
	*program
	papers       papers
	keyFile      string
	deep, asJSON bool

	w       *workspace.Workspace
	tid     int
	unread  []string // papers in the inbox that could not be read
	arrived workspace.Arrived
	found   []foundJSON
}

func inboxVerifyCommand(p *program) *cobra.Command {
	o := inboxVerify{program: p}
	c := &cobra.Command{
		Use:   "verify NUMBER",
		Short: "Compare what arrived with an upload token with the sender's receipt or list",
		Long: `Compare what arrived with an upload token of your own storage account with the sender's receipt
(--receipt) or with checksums from sha256sum or md5sum (--manifest). Without either, it is compared
with what the senders put beside their files: delivery notes (delivery-….json) and lists
(SHA256SUMS,
MD5SUMS).

Only those notes and lists are downloaded. Names, sizes and ETags are compared, and MD5 if the
storage has it. The storage keeps no CRC-64 and no SHA-256, so these count as “not compared”,
unless --deep reads the files and compares all stated checksums. It keeps nothing of what it reads.

Each difference is a line: missing; additional; different size; different checksum; replaced (its
content differs, and the ETag says it was written since); touched (only the ETag differs, as after
an edit of metadata; --deep can tell whether the content is the same); contradictory (two receipts,
notes or lists disagree); not read.

With --json one object is printed: tid, wsid, container, as_stated, deep, compared_with, files,
bytes, stated, same, same_etag, checksums_agree, not_compared, no_checksum, touched_same_content,
bytes_read, papers, unread_papers, of_other_inboxes, differences (a number for each kind), found
(name, difference, bytes, stated_bytes, checksum_agrees, reason, message) and notes, as in
“uploader token list --arrived”.

Exit codes:
    0    everything compared is as stated (with --deep, also touched files with the same content)
    1    something differs or can't be read, or nothing states what should be there
    2    wrong usage, or a file holds no receipt or list
    3    the account's key is refused
    130  interrupted`,
		Args: oneNumber,
		RunE: func(c *cobra.Command, args []string) (err error) {
			if o.tid, err = number(args[0]); err != nil {
				return err
			}
			return o.run(c.Context())
		},
	}
	f := c.Flags()
	o.papers.add(f)
	f.BoolVar(&o.deep, "deep", false, "read the files and compare their checksums")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object")
	keyFileFlag(c, &o.keyFile)
	return c
}

func (o *inboxVerify) run(ctx context.Context) (err error) {
	if o.w, err = o.account().open(ctx, o.keyFile); err != nil {
		return err
	}
	defer func() { _ = o.w.Close() }() // idle connections, as the program ends
	if err := o.papers.read(fmt.Sprintf("%s-%d", o.w.ID(), o.tid)); err != nil {
		return err
	}
	if o.arrived, err = o.w.Arrived(ctx, o.tid); err != nil {
		return err
	}
	if !o.papers.given() {
		o.unread, err = o.w.State(ctx, o.tid, &o.arrived, &o.papers.stated)
		if err != nil {
			return err
		}
		o.unread = append(o.unread, o.arrived.Unread...)
	}
	for _, name := range o.arrived.Papers() {
		o.papers.stated.Paper(name)
	}
	if !o.asJSON {
		o.showNotes()
	}
	if o.papers.stated.Len() == 0 && len(o.unread) == 0 {
		return o.nothingStated()
	}
	before := o.w.Received()
	stop := o.sayNowAndThen(func() string {
		return fmt.Sprintf("Read so far: %s of %s.", humanize.Bytes(unsigned(o.w.Received()-before)),
			humanize.Bytes(unsigned(o.arrived.Bytes)))
	})
	v, err := o.w.Verify(ctx, o.tid, o.w.Files(ctx, o.tid), &o.papers.stated, o.deep, o.tell)
	stop()
	if err != nil {
		if !o.asJSON && v.Files > 0 {
			o.say("The comparison is not complete.")
		}
		return err
	}
	if o.asJSON {
		err = o.printJSONIndented(o.describe(&v), "  ")
	} else {
		o.sum(&v)
	}
	if err == nil && (v.Differs() || len(o.unread) > 0) {
		return exit(exitNotDelivered)
	}
	return err
}

// nothingStated ends a comparison for which no paper states anything.
func (o *inboxVerify) nothingStated() error {
	if o.asJSON {
		v := workspace.Verified{Files: o.arrived.Files, Bytes: o.arrived.Bytes}
		d := o.describe(&v)
		d.AsStated = false
		if err := o.printJSONIndented(d, "  "); err != nil {
			return err
		}
	}
	if o.papers.given() {
		o.say("Your receipt or list names no file, so nothing was compared.")
	} else {
		o.say(fmt.Sprintf("This inbox has no note or list of what should be there, so nothing "+
			"was compared. With the sender's receipt: uploader inbox verify %d --receipt FILE", o.tid))
	}
	return exit(exitNotDelivered)
}

// tell shows a difference.
func (o *inboxVerify) tell(f workspace.Finding) {
	if o.asJSON {
		o.found = append(o.found, describeFinding(f))
		return
	}
	o.printf("%-18s  %s%s\n", arrivedWords[f.Difference], show.Text(f.Name), findingWords(f, o.deep))
}
