package uploader

import (
	"context"
	"slices"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uplink"
)

// Status is the queue's totals at one moment. It is a value: it does not change after
// [Queue.Status] returned it.
type Status struct {
	Scanning bool          // folders are still being read, so the totals grow
	Files    ledger.Counts // by state
	Bytes    ledger.Counts // of those files, by state

	Unchanged   int64 // files unchanged since their delivery, which are not sent again; not in Files
	Cleared     int64 // delivered files that were removed from the list; not in Files
	BytesDone   int64 // acknowledged by the service, of files that are or will be delivered
	BytesSent   int64 // handed to the network, including bytes sent twice
	BytesResent int64 // of those, handed over again after a fault
	Requests    int64 // answered or given up
	Retries     int64 // of those, repeated after a fault

	Confirmed time.Time // when the service last confirmed something; zero before

	BytesOnWay  int64         // handed to the network by requests in flight, not acknowledged yet
	Speed       float64       // bytes per second that leave, over 10 to 30 s of sending; 0 while unknown
	Left        time.Duration // until all is delivered at that pace; 0 while unknown
	Busy        int           // requests in flight
	Connections int           // how many requests may be in flight now

	Transfers []ledger.TransferStatus // in the order of Add
	Inboxes   []InboxStatus           // those with a token or with jobs of this queue, in no order
	Journal   *problem.Error          // not nil: the journal can't be written, so nothing is sent
}

// InboxStatus is what the queue knows of an inbox.
type InboxStatus struct {
	Inbox      string         // its key
	Token      token.Token    // zero if it has none
	Unfinished int            // jobs of this queue that may be sent
	Hold       *problem.Error // not nil: its jobs wait for a person to bring another token
	Trouble    *problem.Error // not nil: its jobs wait for the network or the service, and go on by themselves
	Until      time.Time      // with Trouble: when they are retried; in the past during the retry

	// Speed is how fast bytes leave for the inbox, in bytes per second: now, or at the last
	// measurement of any run; 0 if there is none.
	Speed float64

	// ClockAhead is how far this computer's clock is ahead of the service's, to a second or two;
	// negative if it is behind. ClockKnown is false until the service has answered.
	ClockAhead time.Duration
	ClockKnown bool
}

// FilesTotal returns the number of files found so far, including those that can't be sent, without
// those removed from the list.
func (s Status) FilesTotal() int64 { return s.Files.Total() }

// Checked reports whether the service returned the right checksum for every block of every file
// delivered. It is false if nothing was delivered.
func (s Status) Checked() bool {
	delivered := false
	for i := range s.Transfers {
		t := &s.Transfers[i]
		if t.Files[ledger.Delivered] > 0 && t.Checks != ledger.ChecksAll {
			return false
		}
		delivered = delivered || t.Files[ledger.Delivered] > 0
	}
	return delivered
}

// BytesTotal returns the total size in bytes of the files that FilesTotal counts.
func (s Status) BytesTotal() int64 { return s.Bytes.Total() }

// BytesLeft returns how many bytes the service has yet to acknowledge.
func (s Status) BytesLeft() int64 {
	return max(s.Bytes[ledger.Waiting]+s.Bytes[ledger.Active]+s.Bytes[ledger.Paused]+s.Bytes[ledger.Delivered]-s.BytesDone, 0)
}

// FilesLeft returns how many files can still be delivered.
func (s Status) FilesLeft() int64 {
	return s.Files[ledger.Waiting] + s.Files[ledger.Active] + s.Files[ledger.Paused]
}

// sayingNothing is the average file size in bytes up to which Share counts files, not bytes.
const sayingNothing = 1 << 10

// Share returns how much is done, 0 to 1: the share of acknowledged bytes, or of ended files if the
// files are almost empty. It is 1 only when every file has ended: acknowledged bytes are not
// delivered before their commit.
func (s Status) Share() float64 {
	total, left := s.BytesDone+s.BytesLeft(), s.FilesLeft()
	switch files := s.FilesTotal(); {
	case files == 0:
		return 0
	case left == 0 && !s.Scanning:
		return 1
	case total <= files*sayingNothing:
		return min(float64(files-left)/float64(files), nearlyDone)
	}
	return min(float64(s.BytesDone)/float64(total), nearlyDone)
}

// nearlyDone is the most that Share returns before every file has ended.
const nearlyDone = 0.995

// Percent returns Share in percent, rounded down.
func (s Status) Percent() int { return int(s.Share() * 100) }

// totals is the running part of Status. The queue's lock protects it.
type totals struct {
	sent, resent, requests, retries int64
	confirmed                       time.Time
}

// Status returns the totals of all transfers. It takes as long with ten jobs as with a million.
func (q *Queue) Status() Status { return q.StatusOf() }

// StatusOf is Status with only these transfers in Transfers, Files, Bytes, BytesDone and Left, or
// with all if ids is empty. Requests and speed are always the whole queue's.
func (q *Queue) StatusOf(ids ...int64) Status {
	t := q.ledger.Totals(ids)
	transfers := q.ledger.Statuses(ids)
	q.mu.Lock()
	defer q.mu.Unlock()
	pace := q.pacing.flow.PaceAt(time.Now(), uplink.TellingSeconds)
	s := Status{
		Scanning: q.scans > 0, Files: t.Files, Bytes: t.Bytes,
		BytesDone: t.Done + t.Bytes[ledger.Delivered],
		BytesSent: q.totals.sent, BytesResent: q.totals.resent,
		Requests: q.totals.requests, Retries: q.totals.retries, Confirmed: q.totals.confirmed,
		BytesOnWay: q.pacing.onWay.Load(), Speed: pace.Bytes, Busy: q.busy,
		Connections: q.conns.Limit,
		Transfers:   transfers, Journal: q.halt, Cleared: t.Files[ledger.Cleared],
	}
	if !s.Scanning {
		s.Left = pace.TimeFor(s.BytesLeft(), s.FilesLeft())
	}
	for i := range transfers {
		s.Unchanged += transfers[i].UnchangedFiles()
	}
	for _, in := range q.order {
		is := InboxStatus{
			Inbox: in.key, Token: in.token, Unfinished: q.ledger.Unfinished(in.key),
			Hold:  q.holdOf(in),
			Speed: q.pacing.speedTo(in.key, uplink.TellingSeconds), ClockAhead: -in.skew,
			ClockKnown: in.skewKnown,
		}
		if in.failures >= troubleInARow {
			is.Trouble, is.Until = in.trouble, in.retry
			if is.Until.Before(in.notBefore) {
				is.Until = in.notBefore
			}
		}
		s.Inboxes = append(s.Inboxes, is)
	}
	return s
}

// Rows returns up to n jobs that match the filter, starting at index from. It may block on the
// journal's disk.
func (q *Queue) Rows(ctx context.Context, f ledger.Filter, from, n int) ([]ledger.Job, error) {
	rows, err := q.ledger.Rows(ctx, f, from, n)
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range rows {
		if j := q.loaded[rows[i].ID]; j != nil && j.flying > 0 {
			rows[i].OnWay = min(j.onWay.Load(), rows[i].Size-rows[i].Done)
			rows[i].Stopping, rows[i].Becomes = j.steered, j.wish
			if j.flow != nil {
				rows[i].Speed = j.flow.PaceAt(now, uplink.TellingSeconds).Bytes
			}
		}
	}
	return rows, err
}

// Backlogs returns the waiting work by inbox, in the order of the transfers. [Queue.Resume]
// continues it.
func (s *Status) Backlogs() []ledger.Backlog {
	return ledger.BacklogsOf(s.Transfers, func(inbox string) bool {
		return slices.ContainsFunc(s.Inboxes, func(in InboxStatus) bool {
			return in.Inbox == inbox && in.Token.Inbox.Host != "" && (in.Hold == nil || in.Hold.Reason == problem.OutsideHours)
		})
	})
}

// Delivered is [ledger.Ledger.Delivered] of the queue's list.
func (q *Queue) Delivered(
	ctx context.Context, transfers []int64, visit func(t ledger.Transfer, j ledger.Job) error,
) error {
	return q.ledger.Delivered(ctx, transfers, visit)
}

// Hide is [ledger.Ledger.Hide] of the queue's list.
func (q *Queue) Hide(ctx context.Context, c ledger.Command) ([]int64, error) {
	return q.ledger.Hide(ctx, c)
}

// Keep writes the list to the disk, where it survives a power failure. It blocks on the disk.
func (q *Queue) Keep(ctx context.Context) error { return q.ledger.Commit(ctx, true) }

// Sent is [ledger.Ledger.Sent] of the queue's list.
func (q *Queue) Sent(ctx context.Context, inbox string) (*ledger.Sent, error) {
	return q.ledger.Sent(ctx, inbox)
}
