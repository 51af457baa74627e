package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/documents"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// How a copy can end, as --json says it.
const (
	stateComplete    = "complete"
	stateIncomplete  = "incomplete"
	stateInterrupted = "interrupted"
	stateRefused     = "token_refused"
	stateGaveUp      = "gave_up"
	stateUnreadable  = "token_unreadable"
	stateDryRun      = "dry_run"
	stateNothing     = "nothing_matched"
)

const (
	mostNamed   = 20   // files that the summary in words names for one reason
	mostPending = 1000 // files that --json names of those not yet sent
)

// outcome is the result of an upload.
type outcome struct {
	state   string
	exit    int
	token   token.Token
	to      string // the destination, for a person
	status  uploader.Status
	stopped error // why it ended early; nil if it did not
	took    time.Duration
	log     string // path of the log; empty if there is none
	unkept  bool   // the upload list is not on the disk, or not any more
	// clock says that this computer's clock is wrong; empty if it is right or unknown.
	clock string

	problems []ledger.Job // not delivered: there already, or failed
	copies   []ledger.Job // the first files delivered under another name, as theirs was taken
	uncopied int64        // how many more of these there are
	waiting  []ledger.Job // the first of those not yet sent
	young    uploader.Young

	documents  []documents.Document
	additional int64 // files skipped because the manifest does not name them
}

// newOutcome reads the results of the transfers' jobs. The queue must be closed.
func newOutcome(
	ctx context.Context, q *uploader.Queue, transfers []int64, took time.Duration, stopped error,
) (outcome, error) {
	o, err := undelivered(ctx, q, transfers, took, stopped)
	for _, id := range transfers {
		if err == nil {
			err = o.findCopies(ctx, q, id)
		}
	}
	return o, err
}

// undelivered is newOutcome without a look at the delivered files, which may be many.
func undelivered(
	ctx context.Context, q *uploader.Queue, transfers []int64, took time.Duration, stopped error,
) (outcome, error) {
	o := outcome{status: q.StatusOf(transfers...), stopped: stopped, took: took}
	not := []ledger.JobState{ledger.LeftAlone, ledger.Attention, ledger.Failed, ledger.Cancelled}
	pending := []ledger.JobState{ledger.Waiting, ledger.Active, ledger.Paused}
	for _, id := range transfers {
		err := ledger.EachRow(ctx, q, ledger.Filter{States: not, Transfer: id}, func(j ledger.Job) error {
			o.problems = append(o.problems, j)
			return nil
		})
		if err != nil {
			return o, err
		}
		left, err := q.Rows(ctx, ledger.Filter{States: pending, Transfer: id}, 0,
			mostPending-len(o.waiting))
		if err != nil {
			return o, err
		}
		o.waiting = append(o.waiting, left...)
	}
	o.judge()
	return o, nil
}

// findCopies finds a transfer's files that were delivered under another name because theirs was
// taken. It skips the search if there can be none: for a transfer of this run without --keep-both.
func (o *outcome) findCopies(ctx context.Context, q *uploader.Queue, transfer int64) error {
	begun := time.Now().Add(-o.took)
	if !slices.ContainsFunc(o.status.Transfers, func(t ledger.TransferStatus) bool {
		return t.ID == transfer && (t.Options.KeepBoth || t.Created.Before(begun))
	}) {
		return nil
	}
	delivered := ledger.Filter{States: []ledger.JobState{ledger.Delivered}, Transfer: transfer}
	return ledger.EachRow(ctx, q, delivered, func(j ledger.Job) error {
		o.noteCopy(j)
		return nil
	})
}

// noteCopy notes a delivered file if it has another name in the inbox because its own was taken.
func (o *outcome) noteCopy(j ledger.Job) {
	switch {
	case j.Copy == 0:
	case len(o.copies) < ledger.MaxSkippedPaths:
		o.copies = append(o.copies, j)
	default:
		o.uncopied++
	}
}

// judge sets the state and the exit code.
func (o *outcome) judge() {
	switch code := exitCode(context.Background(), o.stopped); {
	case errors.Is(o.stopped, errInterrupted):
		o.state, o.exit = stateInterrupted, exitInterrupted
	case errors.Is(o.stopped, problem.ErrGaveUp):
		o.state, o.exit = stateGaveUp, exitToken
	case o.stopped != nil && code == exitToken:
		o.state, o.exit = stateRefused, exitToken
	case o.stopped != nil || o.failed() > 0 || o.leftAlone() > 0 || o.pending() > 0 ||
		len(o.young.Changed) > 0 || o.additional > 0 ||
		slices.ContainsFunc(o.documents, func(d documents.Document) bool { return d.Lacks() }):
		o.state, o.exit = stateIncomplete, exitNotDelivered
	case o.nothingMatched():
		o.state, o.exit = stateNothing, exitNotDelivered
	default:
		o.state, o.exit = stateComplete, exitOK
	}
}

// nothingMatched reports whether the sources were read and held nothing to send, now or later.
func (o *outcome) nothingMatched() bool {
	return len(o.status.Transfers) > 0 && o.scanned() &&
		o.status.FilesTotal()+o.unchanged()+o.leftOut()[scan.SkipTooYoung]+
			o.leftOut()[scan.SkipTooOld]+o.leftOut()[scan.SkipOtherShard] == 0
}

func (o *outcome) delivered() int64 { return o.status.Files[ledger.Delivered] }
func (o *outcome) unchanged() int64 { return o.status.Unchanged }
func (o *outcome) leftAlone() int64 { return o.status.Files[ledger.LeftAlone] }

func (o *outcome) failed() int64 {
	n := &o.status.Files
	return n[ledger.Attention] + n[ledger.Failed] + n[ledger.Cancelled]
}

func (o *outcome) pending() int64 {
	n := &o.status.Files
	return n[ledger.Waiting] + n[ledger.Active] + n[ledger.Paused]
}

// skipped counts the files that were already there or skipped on purpose. It counts neither
// folders, which could not have been delivered, nor what another shard delivers.
func (o *outcome) skipped() int64 {
	n := o.leftAlone()
	for reason, k := range o.leftOut() {
		if reason.IsCounted() {
			n += k
		}
	}
	return n
}

// total counts all that could have been delivered.
func (o *outcome) total() int64 {
	return o.delivered() + o.unchanged() + o.skipped() + o.failed() + o.pending()
}

func (o *outcome) leftOut() map[scan.SkipReason]int64 {
	all := map[scan.SkipReason]int64{}
	for _, t := range o.status.Transfers {
		for reason, n := range t.Skipped {
			all[reason] += n
		}
	}
	return all
}

// words returns the summary for a person, as lines.
func (o *outcome) words() []string {
	lines := append([]string{o.headline()}, o.inboxLines()...)
	if o.status.Checked() {
		lines = append(lines, "The storage compared every block with its checksum before "+
			"confirming it.")
	}
	if o.unchanged() > 0 {
		lines = append(lines, o.unchangedWords())
	}
	lines = append(lines, documentWords(o.documents)...)
	if o.stopped != nil && o.state != stateInterrupted {
		lines = append(lines, "", explain(o.stopped).String())
		if o.clock != "" &&
			(errors.Is(o.stopped, problem.ErrTokenExpired) ||
				errors.Is(o.stopped, problem.ErrTokenNotYetValid)) {
			lines = append(lines, o.clock)
		}
	}
	for _, g := range groupProblems(o.problems) {
		lines = append(lines, "",
			fmt.Sprintf("Not delivered, %s: %s", fileCount(int64(len(g.jobs))), g.words))
		for _, j := range g.jobs[:min(len(g.jobs), mostNamed)] {
			line := "  " + shownPath(j.Source)
			if g.values && j.Problem.Value != "" {
				line += " – " + show.Text(j.Problem.Value)
			}
			lines = append(lines, line)
		}
		if more := len(g.jobs) - mostNamed; more > 0 {
			lines = append(lines,
				fmt.Sprintf("  and %s more (--json lists all)", humanize.Comma(int64(more))))
		}
	}
	if n := o.pending(); n > 0 {
		more := ""
		if o.status.Scanning || !o.scanned() {
			more = ", and those not yet counted"
		}
		lines = append(lines, "",
			fmt.Sprintf("Not sent: %s%s. %s.", fileCount(n), more, o.againWords()))
	}
	lines = append(lines, youngWords(o.young)...)
	if left := o.leftOutWords(); left != "" {
		lines = append(lines, "", left)
		lines = append(lines, o.unfollowedWords()...)
	}
	if words := o.shardWords(); words != "" {
		lines = append(lines, "", words)
	}
	if words := o.outsideWords(); words != "" {
		lines = append(lines, "", words)
	}
	names := newNames(o)
	lines = append(lines, names.words()...)
	if o.log != "" && o.exit == exitNotDelivered && o.failed()+o.pending() > 0 {
		lines = append(lines, "", "Log: "+show.Text(o.log))
	}
	return lines
}

// againWords says how to send the rest.
func (o *outcome) againWords() string {
	switch refused := o.state == stateRefused; {
	case refused && o.unkept:
		return "Once that is solved, run the same command again"
	case refused:
		return "Once that is solved, “uploader resume” with a token continues where it stopped"
	case o.unkept:
		return "Run the same command again"
	default:
		return "Run the same command again, or “uploader resume” with a token, to continue " +
			"where it stopped"
	}
}

func (o *outcome) scanned() bool {
	for _, t := range o.status.Transfers {
		if !t.Scanned {
			return false
		}
	}
	return true
}

// headline says how much was delivered.
func (o *outcome) headline() string {
	files := o.status.FilesTotal()
	bytes := humanize.Bytes(unsigned(o.status.Bytes[ledger.Delivered]))
	to := o.destination()
	took := tookWords(o.took)
	switch {
	case files == 0 && o.stopped == nil && o.unchanged() > 0:
		return fmt.Sprintf("There was nothing to send to %s.", to)
	case files == 0 && o.state == stateComplete && o.leftOut()[scan.SkipTooYoung] > 0:
		return "Nothing to send yet: all files found are younger than --min-age."
	case files == 0 && o.state == stateComplete && o.leftOut()[scan.SkipTooOld] > 0:
		return "Nothing to send: no file found is as new as --newer-than."
	case files == 0 && o.state == stateComplete && o.leftOut()[scan.SkipOtherShard] > 0:
		return "Nothing to send: all files found belong to other shards."
	case files == 0 && o.stopped == nil:
		return "Nothing matched: there was no file to send, so nothing was sent."
	case o.state == stateComplete:
		all := fileCount(files)
		switch {
		case o.unchanged() > 0:
		case files == 2:
			all = "both files"
		case files > 2:
			all = "all " + all
		}
		return fmt.Sprintf("Delivered %s (%s) to %s in %s%s.", all, bytes, to, took, o.speedWords())
	case o.state == stateInterrupted:
		return fmt.Sprintf("Interrupted after %s. Delivered %s of %s (%s) to %s; what is "+
			"delivered stays delivered.",
			took, humanize.Comma(o.delivered()), fileCount(files), bytes, to)
	case o.delivered() == 0:
		return fmt.Sprintf("Nothing was delivered to %s (%s).", to, fileCount(files))
	default:
		return fmt.Sprintf("Delivered %s of %s (%s) to %s in %s%s.", humanize.Comma(o.delivered()),
			fileCount(files), bytes, to, took, o.speedWords())
	}
}

// tookWords says how long something took, to a tenth of a second where that was short.
func tookWords(d time.Duration) string {
	switch tenths := d.Round(100 * time.Millisecond); {
	case tenths <= 0:
		return "less than 0.1 s"
	case tenths < 10*time.Second && tenths%time.Second != 0:
		return fmt.Sprintf("%.1f s", tenths.Seconds())
	default:
		return show.Duration(d).String()
	}
}

// unchangedWords says how many files were skipped because they are unchanged since an earlier
// delivery, and when that was.
func (o *outcome) unchangedWords() string {
	var u ledger.Unchanged
	for _, t := range o.status.Transfers {
		u.Join(t.Unchanged)
	}
	when := ""
	switch first, last := day(u.First), day(u.Last); {
	case u.First.IsZero():
	case first == last:
		when = " on " + last
	default:
		when = " between " + first + " and " + last
	}
	if o.unchanged() == 1 {
		return fmt.Sprintf("Unchanged since you sent it%s: 1 file. It was not sent again; "+
			"--overwrite=true sends it.", when)
	}
	return fmt.Sprintf("Unchanged since you sent them%s: %s. They were not sent again; "+
		"--overwrite=true sends them.", when, fileCount(o.unchanged()))
}

func day(t time.Time) string { return t.Local().Format("2 January 2006") }

// leastMeasured is how many bytes a run must have sent for its speed to mean something.
const leastMeasured = 1e6

// speedWords says the mean speed of this run, if it sent enough to measure one. What earlier runs
// sent does not count.
func (o *outcome) speedWords() string {
	if o.took < time.Second || o.status.BytesSent < leastMeasured {
		return ""
	}
	return ", " + humanize.Bytes(
		unsigned(int64(float64(o.status.BytesSent)/o.took.Seconds()))) + "/s"
}

// leftOutWords counts the files skipped on purpose, by kind.
func (o *outcome) leftOutWords() string {
	var kinds []string
	links := false
	out := o.leftOut()
	for _, reason := range scan.SkipReasons() {
		if n := out[reason]; n > 0 && reason != scan.SkipOtherShard {
			kinds = append(kinds, reason.Count(n))
			links = links || reason == scan.SkipSymlink
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	words := "Skipped: " + strings.Join(kinds, ", ") + "."
	if links {
		words += " To follow links, add --follow-symlinks."
	}
	return words
}

// problemGroup is files that were not delivered for one reason.
type problemGroup struct {
	reason problem.Reason
	words  string
	values bool // they differ in what the words are about, which then stands behind each file
	whens  bool // they differ in the moment that the words are about, which is then left out
	jobs   []ledger.Job
}

// groupProblems sorts jobs by reason, in the order in which the reasons first occurred.
func groupProblems(jobs []ledger.Job) []problemGroup {
	var groups []problemGroup
	at := map[problem.Reason]int{}
	for _, j := range jobs {
		if j.Problem == nil {
			j.Problem = problem.New("send", j.Source, problem.Unexpected)
		}
		i, ok := at[j.Problem.Reason]
		if !ok {
			i = len(groups)
			at[j.Problem.Reason] = i
			groups = append(groups, problemGroup{reason: j.Problem.Reason})
		}
		g := &groups[i]
		g.values = g.values || len(g.jobs) > 0 && g.jobs[0].Problem.Value != j.Problem.Value
		g.whens = g.whens || len(g.jobs) > 0 && !g.jobs[0].Problem.When.Equal(j.Problem.When)
		g.jobs = append(g.jobs, j)
	}
	for i := range groups {
		g := &groups[i]
		common := *g.jobs[0].Problem
		if g.values {
			common.Value = "see below"
		}
		if g.whens {
			common.When = time.Time{}
		}
		g.words = show.Text(explain(&common).String())
	}
	return groups
}
