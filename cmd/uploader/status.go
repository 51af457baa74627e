package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

// statusRun is one run of status.
type statusRun struct {
	*program
	asJSON, files, wait bool
	states              []string
}

// statusCommand shows what is in the list.
func statusCommand(p *program) *cobra.Command {
	r := &statusRun{program: p}
	c := &cobra.Command{
		Use:   "status",
		Short: "Show uploads: what was sent, is being sent, and is waiting",
		Long:  statusHelp,
		Args:  noArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return r.run(c.Context()) },
	}
	c.Flags().BoolVar(&r.asJSON, "json", false, "print one JSON object")
	c.Flags().BoolVar(&r.files, "files", false, "show each file with its number, for “uploader "+
		"queue”")
	c.Flags().BoolVar(&r.wait, "wait", false, "wait until no other program is sending; the exit "+
		"code then tells the result")
	c.Flags().StringSliceVar(&r.states, "state", nil, "with --files: only files in this `STATE` "+
		"(repeatable): waiting, paused, delivered, skipped, attention, failed or cancelled")
	return c
}

const statusHelp = `Show what was sent, is being sent and is waiting, in all programs that share the state folder. A
transfer is what one copy or one drop started; --files shows the files of each.

With --json one object is printed: transfers, a list of objects with transfer (its number), state
(sending, waiting, paused, finished), inbox, roots, shard (such as 1/4, if there is one), created,
scanned (all files have been found), files (how many are in each state), unchanged, bytes_total,
bytes_done and valid_to; if known also bytes_per_second, fits, seconds_to_spare and more_tokens
(whether the rest can be sent before the token expires). With --files also files, a list of objects
with job (its number), transfer, state, source, source_base64 (its bytes, if they are not UTF-8),
blob, size, done, reason and message.

--wait waits until no other program is sending, or waiting to send: the window, "uploader copy", or
one in another job. It does not wait for paused files, for files that no program is handling, or
for a program whose token has expired.

Exit codes:
    0    shown
    1    the list can't be read
    2    wrong usage
    130  interrupted
With --wait they tell the result of everything in the list:
    0    every file was delivered
    1    a file was not (it failed, was cancelled, or was already there and skipped)
    3    files are left that no program is sending: "uploader resume" continues them`

// statusTransfer is a transfer in JSON.
type statusTransfer struct {
	Transfer int64            `json:"transfer"`
	State    string           `json:"state"` // sending, waiting, paused or finished
	Inbox    *summaryInbox    `json:"inbox"`
	Roots    []string         `json:"roots"`
	Shard    string           `json:"shard,omitempty"` // of the files, such as 1/4; empty for all
	Created  time.Time        `json:"created"`
	Scanned  bool             `json:"scanned"` // all files have been found
	Files    map[string]int64 `json:"files"`   // by state
	Bytes    int64            `json:"bytes_total"`
	Done     int64            `json:"bytes_done"` // acknowledged by the storage
	// As they were delivered before; not among Files.
	Unchanged int64 `json:"unchanged"`
	// Of the token it was last sent with; empty if unknown.
	ValidTo string  `json:"valid_to"`
	Speed   float64 `json:"bytes_per_second,omitempty"`
	// Whether the rest can be sent while that token is valid.
	Fits       *bool `json:"fits,omitempty"`
	Spare      int64 `json:"seconds_to_spare,omitempty"`
	More       int   `json:"more_tokens,omitempty"`
	fit        uplink.Fit
	unfinished bool
}

// statusFile is a job in JSON.
type statusFile struct {
	Job      int64  `json:"job"`
	Transfer int64  `json:"transfer"`
	State    string `json:"state"`
	jsonSource
	Blob    string `json:"blob"`
	Size    int64  `json:"size"`
	Done    int64  `json:"done"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// run carries out the command.
func (r *statusRun) run(ctx context.Context) error {
	states, err := parseStates(r.states)
	if err != nil {
		return err
	}
	if states != nil && !r.files {
		return &usageError{"--state needs --files."}
	}
	return r.withQueue(ctx, func(q *uploader.Queue) error {
		if r.wait {
			if err := r.awaitOthers(ctx, q); err != nil {
				return err
			}
		}
		var transfers []statusTransfer
		for _, t := range q.Status().Transfers {
			transfers = append(transfers, describeTransfer(t, r.now()))
		}
		tell := r.words
		if r.asJSON {
			tell = r.json
		}
		if err := tell(ctx, q, states, transfers); err != nil || !r.wait {
			return err
		}
		return exitOf(transfers)
	})
}

func parseStates(words []string) (states []ledger.JobState, err error) {
	for _, w := range words {
		i := slices.IndexFunc(shownStates, func(s ledger.JobState) bool { return s.String() == w })
		if i < 0 {
			return nil, &usageError{"--state takes waiting, paused, delivered, skipped, " +
				"attention, failed or cancelled."}
		}
		states = append(states, shownStates[i])
	}
	return states, nil
}

// shownStates are the states in the order for showing them.
var shownStates = []ledger.JobState{
	ledger.Delivered, ledger.Active, ledger.Waiting, ledger.Paused, ledger.LeftAlone,
	ledger.Attention, ledger.Failed, ledger.Cancelled,
}

func describeTransfer(t ledger.TransferStatus, now time.Time) statusTransfer {
	in := token.Token{Inbox: t.Options.Scan.Inbox, ValidTo: t.ValidTo, ValidFrom: t.ValidFrom}
	fields := in.Fields(now)
	s := statusTransfer{
		Transfer: t.ID, Roots: t.Roots, Created: t.Created.UTC(), Scanned: t.Scanned, Done: t.Done,
		ValidTo: fields.ValidTo, Speed: t.Speed,
		Inbox: new(describeInbox(in.Inbox)),
		Shard: (&shardFlag{t.Options.Scan.Shard}).String(),
		Files: map[string]int64{}, Unchanged: t.UnchangedFiles(), unfinished: !t.Finished(),
	}
	for _, state := range shownStates {
		if n := t.Files[state]; n > 0 {
			s.Files[state.String()] = n
		}
		s.Bytes += t.Bytes[state]
	}
	switch {
	case t.Finished():
		s.State = "finished"
	case t.Owner == ledger.Elsewhere:
		s.State = "sending"
	case t.Paused:
		s.State = "paused"
	default:
		s.State = "waiting"
	}
	left := t.Bytes[ledger.Waiting] + t.Bytes[ledger.Active] + t.Bytes[ledger.Paused] +
		t.Bytes[ledger.Delivered] - t.Done
	if s.unfinished {
		if s.fit = uplink.FitFor(in, left, t.Speed, now); s.fit.Known {
			s.Fits, s.Spare, s.More = &s.fit.Fits, int64(s.fit.Spare.Seconds()), s.fit.More
		}
	}
	return s
}

func (r *statusRun) json(
	ctx context.Context, q *uploader.Queue, states []ledger.JobState, transfers []statusTransfer,
) error {
	object := struct {
		Transfers []statusTransfer `json:"transfers"`
		Files     *[]statusFile    `json:"files,omitempty"`
	}{Transfers: transfers}
	if transfers == nil {
		object.Transfers = []statusTransfer{}
	}
	if r.files {
		files := []statusFile{}
		if err := ledger.EachRow(ctx, q, ledger.Filter{States: states}, func(j ledger.Job) error {
			s := statusFile{
				Job: j.ID, Transfer: j.Transfer, State: j.State.String(),
				jsonSource: sourceInJSON(j.Source), Blob: j.Blob, Size: j.Size, Done: j.Done,
			}
			if j.Problem != nil {
				s.Reason, s.Message = string(j.Problem.Reason), explain(j.Problem).String()
			}
			files = append(files, s)
			return nil
		}); err != nil {
			return err
		}
		object.Files = &files
	}
	return r.printJSON(object)
}

func (r *statusRun) words(
	ctx context.Context, q *uploader.Queue, states []ledger.JobState, transfers []statusTransfer,
) error {
	var out strings.Builder
	known := q.Status().Cleared
	switch {
	case len(transfers) == 0 && known > 0:
		fmt.Fprintf(&out, "Nothing is waiting. Delivered earlier, and cleared from the list: %s "+
			"(uploader receipt).\n", fileCount(known))
	case len(transfers) == 0:
		out.WriteString("The list of uploads is empty.\n")
	}
	for i, t := range transfers {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(t.words(r.now()))
	}
	if r.files {
		out.WriteByte('\n')
		table := tabwriter.NewWriter(&out, 0, 1, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "job\ttransfer\tstate\tsize\tfile") // it writes into memory
		if err := ledger.EachRow(ctx, q, ledger.Filter{States: states}, func(j ledger.Job) error {
			_, err := fmt.Fprintf(table, "%d\t%d\t%s\t%s\t%s\n", j.ID, j.Transfer, jobWords(j),
				humanize.Bytes(unsigned(j.Size)), shownPath(j.Source))
			return err
		}); err != nil {
			return err
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(r.stdout, out.String())
	return err
}

// jobWords says where a file stands.
func jobWords(j ledger.Job) string {
	words := j.State.String()
	if j.Done > 0 && !j.State.Ended() && j.Size > 0 {
		words += ", " + show.PercentOf(j.Done, j.Size).String()
	}
	if j.Problem != nil {
		words += " (" + string(j.Problem.Reason) + ")"
	}
	return words
}

// words describes a transfer in a few lines.
func (t statusTransfer) words(now time.Time) string {
	var b strings.Builder
	to := token.Inbox{Host: t.Inbox.Storage, Container: t.Inbox.Container, Prefix: t.Inbox.Prefix}
	state := map[string]string{
		"finished": "finished", "sending": "being sent by another program", "paused": "paused",
		"waiting": "waiting for “uploader resume”",
	}[t.State]
	fmt.Fprintf(&b, "Transfer %d to %s, started %s: %s\n", t.Transfer, show.Text(to.String()),
		t.Created.Local().Format("2 January 2006, 15:04"), state)
	for i, root := range t.Roots {
		if i == 3 {
			fmt.Fprintf(&b, "  and %d more\n", len(t.Roots)-i)
			break
		}
		fmt.Fprintf(&b, "  %s\n", shownPath(root))
	}
	if t.Shard != "" {
		fmt.Fprintf(&b, "  shard %s\n", t.Shard)
	}
	var counts []string
	for _, s := range shownStates {
		switch n := t.Files[s.String()]; {
		case n == 0:
		case s == ledger.Attention && n == 1:
			counts = append(counts, "1 needs attention")
		case s == ledger.Attention:
			counts = append(counts, humanize.Comma(n)+" need attention")
		default:
			counts = append(counts, humanize.Comma(n)+" "+s.String())
		}
	}
	if t.Unchanged > 0 {
		counts = append(counts, humanize.Comma(t.Unchanged)+" unchanged")
	}
	if !t.Scanned {
		counts = append(counts, "still counting")
	}
	if t.Bytes > 0 {
		counts = append(
			counts,
			humanize.Bytes(unsigned(t.Done))+" of "+humanize.Bytes(
				unsigned(t.Bytes))+" acknowledged",
		)
	}
	if len(counts) == 0 {
		counts = []string{"nothing to send"}
	}
	fmt.Fprintf(&b, "  %s\n", strings.Join(counts, ", "))
	if !t.unfinished {
		return b.String()
	}
	if valid, err := time.Parse(time.RFC3339, t.ValidTo); err == nil {
		line := "its token expired " + valid.Local().Format("2 January 2006, 15:04")
		if left := valid.Sub(now); left > 0 {
			line = "its token is valid for another " + show.Remaining(left).String()
		}
		if words := fitWords(t.fit); words != "" {
			line += "; " + words
		}
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}
