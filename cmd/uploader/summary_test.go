package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

func TestSummaryAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		skipped := map[scan.SkipReason]int64{}
		for _, r := range scan.SkipReasons() {
			if n := rapid.Int64Range(0, 9).Draw(t, string(r)); n > 0 {
				skipped[r] = n
			}
		}
		o := outcome{
			status: uploader.Status{
				Transfers: transfers(ledger.Transfer{Skipped: skipped},
					ledger.Transfer{Skipped: skipped}),
			},
		}
		for i := range o.status.Files {
			o.status.Files[i] = rapid.Int64Range(0, 9).Draw(t, "files")
		}
		o.status.Unchanged = rapid.Int64Range(0, 9).Draw(t, "unchanged")
		for i := range o.leftAlone() {
			reason := []problem.Reason{problem.AlreadyThere, problem.ChangedSinceSent}[i%2]
			o.problems = append(o.problems,
				ledger.Job{State: ledger.LeftAlone, Problem: problem.New("put", "", reason)})
		}
		o.stopped = rapid.SampledFrom([]error{nil, errInterrupted, errors.New("disk"), problem.New("put", "", problem.Expired)}).
			Draw(t, "stopped")
		o.judge()
		s := newSummary(&o)
		if s.Delivered+s.Unchanged+s.Skipped+s.Failed+s.Pending != s.FilesTotal {
			t.Errorf("%+v does not add up", s)
		}
		var by int64
		for reason, n := range s.SkippedBy {
			if scan.SkipReason(reason).IsCounted() {
				by += n
			}
		}
		if by != s.Skipped {
			t.Errorf("skipped_by has %d, skipped is %d", by, s.Skipped)
		}
		if all := s.Failed == 0 && s.Pending == 0 && o.leftAlone() == 0 && o.stopped == nil; (o.exit == exitOK) != all ||
			(s.State == stateComplete) != all {
			t.Errorf("exit %d, %+v", o.exit, s)
		}
	})
}

func TestSummaryInWords(t *testing.T) {
	inbox := token.Token{Inbox: token.Inbox{Host: "inbox.example", Container: "c"}}
	trouble := func(path string, r problem.Reason, value string) ledger.Job {
		e := problem.New("put", path, r)
		e.Value = value
		return ledger.Job{Source: path, Problem: e, State: ledger.Attention}
	}
	var many []ledger.Job
	for i := range 25 {
		many = append(many, trouble(fmt.Sprintf("/f%02d", i), problem.AlreadyThere, ""))
	}
	many = append(many, trouble("/x.", problem.NameTaken, "x"),
		trouble("/y\n.", problem.NameTaken, "y\n"))
	o := outcome{
		token: inbox, to: "inbox.example/c", took: 2 * time.Second, problems: many,
		log: "/state/log",
	}
	o.status.Files[ledger.Delivered], o.status.Bytes[ledger.Delivered] = 3, 4e6
	o.status.BytesSent = 4e6
	o.status.Files[ledger.LeftAlone], o.status.Files[ledger.Attention] = 25, 2
	o.status.Transfers = transfers(
		ledger.Transfer{
			Scanned: true, Checks: ledger.ChecksAll,
			Skipped: map[scan.SkipReason]int64{scan.SkipSymlink: 1, scan.SkipFIFO: 2},
		},
	)
	o.status.Transfers[0].Files[ledger.Delivered] = 3
	o.judge()
	lines := o.words()
	if diff := cmp.Diff([]string{
		"Delivered 3 of 30 files (4.0 MB) to inbox.example/c in 2 s, 2.0 MB/s.",
		"The storage compared every block with its checksum before confirming it.",
		"",
		"Not delivered, 25 files: " + explain(problem.New("", "", problem.AlreadyThere)).String(),
		"  /f00",
	}, lines[:5]); diff != "" {
		t.Error(diff)
	}
	taken := problem.New("", "", problem.NameTaken)
	taken.Value = "see below"
	if diff := cmp.Diff([]string{
		"  /f19",
		"  and 5 more (--json lists all)",
		"",
		"Not delivered, 2 files: " + explain(taken).String(),
		"  /x. – x",
		`  /y\u{a}. – y\u{a}`,
		"",
		"Skipped: 1 link, 2 named pipes. To follow links, add --follow-symlinks.",
		"",
		"Log: /state/log",
	}, lines[23:]); diff != "" {
		t.Error(diff)
	}
}

func TestSummaryOfOtherEndings(t *testing.T) {
	inbox := token.Token{Inbox: token.Inbox{Host: "inbox.example", Container: "c"}}
	expired := problem.New("put", "", problem.Expired)
	for name, c := range map[string]struct {
		delivered, waiting int64
		stopped            error
		state              string
		want               []string
	}{
		"one file": {delivered: 1, state: stateComplete, want: []string{"Delivered 1 file (0 B) " +
			"to inbox.example/c in 0.5 s."}},
		"several": {delivered: 2, state: stateComplete, want: []string{"Delivered both files"}},
		"nothing": {state: stateNothing, want: []string{"Nothing matched: there was no file to " +
			"send"}},
		"interrupted": {1, 2, errInterrupted, stateInterrupted, []string{"Interrupted after 0.5 " +
			"s. Delivered 1 of 3 files", "Not sent: 2 files. Run the same command again, or " +
			"“uploader resume” with a token, to continue where it stopped."}},
		"refused": {1, 2, expired, stateRefused, []string{"Delivered 1 of 3 files", explain(expired).String(), "Once that is solved, “uploader resume” with a token continues where it stopped."}},
	} {
		t.Run(name, func(t *testing.T) {
			o := outcome{
				token: inbox, to: "inbox.example/c", stopped: c.stopped,
				took: 500 * time.Millisecond,
			}
			o.status.Files[ledger.Delivered], o.status.Files[ledger.Waiting] = c.delivered, c.waiting
			o.status.Transfers = transfers(ledger.Transfer{Scanned: true})
			o.judge()
			if o.state != c.state {
				t.Errorf("state %q, want %q", o.state, c.state)
			}
			text := strings.Join(o.words(), "\n")
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in:\n%s", want, text)
				}
			}
		})
	}
}

func transfers(of ...ledger.Transfer) (all []ledger.TransferStatus) {
	for _, t := range of {
		all = append(all, ledger.TransferStatus{Transfer: t})
	}
	return all
}

func TestTookWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                             "less than 0.1 s",
		49 * time.Millisecond:         "less than 0.1 s",
		60 * time.Millisecond:         "0.1 s",
		1500 * time.Millisecond:       "1.5 s",
		2 * time.Second:               "2 s",
		9960 * time.Millisecond:       "10 s",
		59*time.Second + 600*1e6:      "1 min",
		185 * time.Second:             "3 min 5 s",
		25*time.Hour + 59*time.Minute: "1 d 1 h",
	} {
		if got := tookWords(d); got != want {
			t.Errorf("tookWords(%v) = %q, want %q", d, got, want)
		}
	}
}
